import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cloudAnalysis, syntheticAnalysis } from '../fixtures/analysis.ts';
import { pageUnderTest, type PageOptions, type PageUnderTest } from '../fixtures/browser-page.ts';
import { arrangementNames } from './view/session.ts';

/** The five ways to look at one system, in a real browser. */
let web: PageUnderTest;
let page: Page;
let complaints: readonly string[];
const patience = { timeout: 15_000 };

beforeAll(async () => {
  web = await pageUnderTest(cloudAnalysis());
}, 600_000);

afterAll(() => web.close());

afterEach(async () => {
  await page.close();
  web.answers.analysis = cloudAnalysis();
});

async function open(query: string, options: PageOptions = {}): Promise<void> {
  ({ page, complaints } = await web.open(query, options));
}

async function words(selector: string): Promise<string> {
  return ((await page.locator(selector).first().textContent()) ?? '').replaceAll(/\s+/g, ' ').trim();
}

describe('the arrangements', () => {
  it.each([
    ['territory', 'drawn 27 of 27 links'],
    ['flow', 'drawn 27 of 27 links'],
    ['focus', 'drawn 2 of 27 links, 3 of 17 services'],
    ['scope', 'drawn 4 of 27 links'],
  ])('%s draws its links and says how many', async (name, count) => {
    await open(`?v=1&a=${name}`);
    await expect.poll(() => words('.map-count'), patience).toBe(count);
    await expect.poll(() => paintedShare(), patience).toBeGreaterThan(0.02);
    expect(await words(`.switch [aria-pressed=true]`)).toBe(`${name[0]!.toUpperCase()}${name.slice(1)}`);
    expect(complaints).toEqual([]);
  });

  it('are chosen by key and by click, and the back button goes back', async () => {
    await open('');
    await page.waitForSelector('.map-count');
    for (const [key, name] of [
      ['w', 'flow'],
      ['c', 'scope'],
      ['x', 'matrix'],
      ['f', 'focus'],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => new URL(page.url()).searchParams.get('a'), patience).toBe(name);
    }
    await page.click('.switch button:has-text("Territory")');
    await expect.poll(() => new URL(page.url()).searchParams.get('a'), patience).toBeNull();
    await page.goBack();
    await expect.poll(() => words('.switch [aria-pressed=true]'), patience).toBe('Focus');
    await page.keyboard.press('u');
    await expect.poll(() => words('.switch [aria-pressed=true]'), patience).toBe('Matrix');
  });

  it('focus stands around the selected service and widens by number keys', async () => {
    await open('?v=1&s=money%2Fbilling');
    await page.waitForSelector('.service h2');
    await page.keyboard.press('f');
    await expect.poll(() => words('.focus-bar b'), patience).toBe('billing');
    const shown = (): Promise<string> => words('.map-count');
    await expect.poll(shown, patience).toContain('6 of 17 services');
    await page.keyboard.press('2');
    await expect.poll(shown, patience).toContain('of 17 services');
    await expect.poll(() => new URL(page.url()).searchParams.get('h'), patience).toBe('2,2');
    const address = new URL(page.url()).search;
    await page.reload();
    await expect.poll(() => words('.focus-bar b'), patience).toBe('billing');
    expect(new URL(page.url()).search).toBe(address);
  });

  it('the matrix is walked by keys and opens a call', async () => {
    await open('?v=1&a=matrix');
    await page.waitForSelector('.matrix');
    expect(await words('.matrix-readout')).toContain('2 blocks');
    await page.locator('.matrix').focus();
    await page.keyboard.press('Shift+ArrowRight');
    const readout = await words('.matrix-readout');
    expect(readout).toMatch(/^bff → .*calls/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.service h2 .arrow');
    expect(new URL(page.url()).searchParams.get('from')).toBe('edge/bff');
    expect(complaints).toEqual([]);
  });

  it('known services stay where they are when others come, until asked to re-arrange', async () => {
    await open('?v=1&a=flow&s=money%2Fbilling');
    await page.waitForSelector('.map-count');
    const place = async () => {
      await page.locator('.map-ground').focus();
      return page.locator('.map-overlay .active').getAttribute('d', { timeout: 5000 });
    };
    const before = await place();
    const cloud = cloudAnalysis();
    const [model] = cloud.services;
    web.answers.analysis = {
      ...cloud,
      services: [...cloud.services, { ...model!, id: 'aa/fresh', name: 'fresh', namespace: 'aa' }],
      dependencies: [...cloud.dependencies, { ...cloud.dependencies[0]!, caller: 'aa/fresh', callee: 'edge/bff' }],
    };
    for (const stream of web.streams) stream.write('event: analysis\ndata: {}\n\n');
    await expect.poll(() => words('.map-count'), patience).toBe('drawn 28 of 28 links');
    expect(await place()).toBe(before);
    await page.click('.map-tools button:has-text("Re-arrange")');
    await expect.poll(place, patience).not.toBe(before);
  });

  it('opens and closes the groups of a large system in place, by keys', async () => {
    web.answers.analysis = syntheticAnalysis(600);
    await open('');
    await expect.poll(() => words('.map-count'), patience).toContain('lines');
    const count = await words('.map-count');
    await page.locator('.map-ground').focus();
    const outline = await page.locator('.map-overlay .active').getAttribute('d', { timeout: 5000 });
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.getAll('g').length, patience).toBe(1);
    await expect.poll(() => words('.map-count'), patience).not.toBe(count);
    // A box inside of it, and back by the group's key.
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('u');
    await expect.poll(() => words('.map-count'), patience).toBe(count);
    await page.locator('.map-ground').focus();
    expect(outline).not.toBeNull();
    await page.click('.map-count');
    await page.waitForSelector('.links tbody tr');
    expect(complaints).toEqual([]);
  });

  it.each(arrangementNames)('%s fits 390 pixels and draws a large system', async (name) => {
    web.answers.analysis = syntheticAnalysis(1000);
    await open(`?v=1&a=${name}`, { width: 390, height: 844, isDark: true });
    await page.waitForSelector('.map-count, .matrix-readout');
    await expect.poll(() => paintedShare(), patience).toBeGreaterThan(0.01);
    const { width, content } = await page.evaluate(() => ({
      width: document.documentElement.clientWidth,
      content: document.documentElement.scrollWidth,
    }));
    expect(content).toBeLessThanOrEqual(width);
    expect(complaints).toEqual([]);
  });
});

/** Of the canvas. */
function paintedShare(): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    if (canvas === null || canvas.width === 0) return 0;
    const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
    let painted = 0;
    for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 0) painted++;
    return painted / (pixels.length / 4);
  });
}
