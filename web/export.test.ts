import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cloudAnalysis } from '../fixtures/analysis.ts';
import { pageUnderTest, type PageUnderTest } from '../fixtures/browser-page.ts';
import { arrangementNames } from './view/session.ts';

/** What is saved from the page, opened again. */
let web: PageUnderTest;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  const cloud = cloudAnalysis();
  const hostile = '<script>document.title="pwned"</script>&]]>';
  web = await pageUnderTest({
    ...cloud,
    services: [...cloud.services, { ...cloud.services[0]!, id: `edge/${hostile}`, namespace: 'edge' }],
  });
}, 600_000);

afterAll(() => web.close());

afterEach(() => page.close());

async function saved(button: string): Promise<{ readonly name: string; readonly bytes: Buffer }> {
  await page.keyboard.press('e');
  await page.waitForSelector('.export');
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

describe('an export', () => {
  it.each(arrangementNames.filter((name) => name !== 'matrix'))('of %s is SVG that any reader takes', async (name) => {
    ({ page, complaints } = await web.open(`?v=1&a=${name}`));
    await page.waitForSelector('.map-count');
    const { name: file, bytes } = await saved('SVG');
    expect(file).toBe('ringfence-map.svg');
    const svg = await page.evaluate((text) => {
      const { documentElement } = new DOMParser().parseFromString(text, 'image/svg+xml');
      const names = [...documentElement.querySelectorAll('*')].map(({ localName }) => localName);
      return {
        root: documentElement.localName,
        names: [...new Set(names)].sort(),
        words: documentElement.textContent,
      };
    }, bytes.toString());
    expect(svg.root).toBe('svg');
    expect(svg.names.filter((each) => !/^(?:circle|defs|g|path|pattern|rect|text|title)$/.test(each))).toEqual([]);
    expect(svg.words).toContain('Service dependencies');
    expect(svg.words).toMatch(/drawn \d+ of 27 links/);
    expect(await page.title()).toBe('ringfence');
    expect(complaints).toEqual([]);
  });

  it('is a picture, a table or the analysis as well', async () => {
    ({ page, complaints } = await web.open(''));
    await page.waitForSelector('.map-count');
    const png = await saved('PNG, 2×');
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(1000);
    expect((await saved('Links, CSV')).bytes.toString().split('\r\n')).toHaveLength(29);
    expect((await saved('Mermaid')).bytes.toString()).toMatch(/^flowchart TD/);
    const analysis = JSON.parse((await saved('Analysis, JSON')).bytes.toString()) as { schema: string };
    expect(analysis.schema).toBe('ringfence.analysis/1');
    expect(complaints).toEqual([]);
  });
});
