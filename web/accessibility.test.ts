import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cloudAnalysis, emptyAnalysis } from '../fixtures/analysis.ts';
import { pageUnderTest, type PageOptions, type PageUnderTest } from '../fixtures/browser-page.ts';

/** What axe finds wrong, and a walk without a pointer. */
let web: PageUnderTest;
let page: Page;
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
  ({ page } = await web.open(query, options));
}

async function words(selector: string): Promise<string> {
  return ((await page.locator(selector).first().textContent()) ?? '').replaceAll(/\s+/g, ' ').trim();
}

/** Rule, and where it is broken. */
async function violations(): Promise<string[]> {
  await page.evaluate(axe.source);
  const result = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    }),
  );
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} ${target.join(' ')}`));
}

const views: readonly (readonly [name: string, query: string, shown: string])[] = [
  ['the findings', '?v=1', '.finding'],
  ['the flow', '?v=1&a=flow&tab=paths', '.map-count'],
  ['a focus', '?v=1&a=focus&s=money%2Fbilling', '.service h2'],
  ['the scope', '?v=1&a=scope&tab=scope', '.scope table'],
  ['the matrix', '?v=1&a=matrix&tab=links', '.links tbody tr'],
  ['the outline', '?v=1&tab=outline', '.outline-row'],
  ['a dependency', '?v=1&from=edge%2Fbff&to=edge%2Fpublic-api', '.service h2'],
  ['the coverage', '?v=1&tab=coverage&wf=edge%2Fbff&wt=cards%2Fcard-vault', '.why-answer'],
  ['a comparison', '?v=1&tab=compare&w=1h', '.compare .verdict, .compare-counts'],
  ['a trace', '?v=1&t=abc', '.span-row'],
];

describe('axe finds nothing wrong with', () => {
  it.each(views)('%s, in light and dark', async (_, query, shown) => {
    for (const isDark of [false, true]) {
      if (isDark) await page.close();
      await open(query, { isDark });
      await page.waitForSelector(shown);
      expect(await violations()).toEqual([]);
    }
  });

  it('search and help', async () => {
    await open('');
    await page.waitForSelector('.map-count');
    await page.keyboard.press('/');
    await page.waitForSelector('.search li');
    expect(await violations()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.waitForSelector('.help dl');
    expect(await violations()).toEqual([]);
  });

  it('an empty store and a server in trouble', async () => {
    web.answers.analysis = emptyAnalysis();
    await open('');
    await page.waitForSelector('.placeholder h2');
    expect(await violations()).toEqual([]);
    web.answers.analysis = new Error('The data directory is locked.');
    await page.reload();
    await page.waitForSelector('.placeholder[role=alert]');
    expect(await violations()).toEqual([]);
  });

  // It would see it.
  it('but not with a button that says nothing', async () => {
    await open('');
    await page.waitForSelector('.map-count');
    await page.evaluate(() => document.body.append(document.createElement('button')));
    expect(await violations()).toContainEqual(expect.stringMatching(/^button-name/));
  });
});

describe('without a pointer', () => {
  it('the map, findings, a service and a trace are reached, opened and left again', async () => {
    await open('');
    await page.waitForSelector('.finding');
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    // The map: to a box, along a call, into it.
    await press('g', 'm');
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('map-ground');
    await press('ArrowDown', 'Shift+ArrowDown');
    await expect.poll(() => words('[role=status].visually-hidden'), patience).toMatch(/callers?, \d+ callees?/);
    await press('Enter');
    await page.waitForSelector('.service h2');
    await press('Escape');
    await page.waitForSelector('.service h2', { state: 'detached' });
    // The findings, one after the other.
    await press('n', 'n');
    await expect.poll(() => new URL(page.url()).searchParams.has('f'), patience).toBe(true);
    await press('g', 'f');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-findings');
    await press('ArrowRight');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-paths');
    // Search to a service, tab to its trace.
    await press('/');
    await page.waitForSelector('.search input');
    await page.keyboard.type('billing');
    await press('Enter');
    await expect.poll(() => words('.service h2'), patience).toBe('billing');
    await page.locator('.trace-link').first().focus();
    await press('Enter');
    await page.waitForSelector('.span-row');
    await press('n');
    await expect.poll(() => words('.trace-steps span'), patience).toMatch(/^1 of/);
    await press('Escape');
    await page.waitForSelector('.map-count');
  });

  it('every stop of Tab can be seen', async () => {
    await open('');
    await page.waitForSelector('.finding');
    for (let stop = 0; stop < 25; stop++) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const element = document.activeElement!;
        const { width, height, top, left } = element.getBoundingClientRect();
        const outline = getComputedStyle(element).outlineStyle;
        return { isInSight: width > 0 && height > 0 && top < innerHeight && left < innerWidth, outline };
      });
      expect(seen.isInSight).toBe(true);
      expect(seen.outline).not.toBe('none');
    }
  });
});
