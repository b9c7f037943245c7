import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { html } from '../analyzer/report/html.ts';
import { cloudAnalysis, emptyAnalysis } from '../fixtures/analysis.ts';
import { pageUnderTest, type PageUnderTest } from '../fixtures/browser-page.ts';
import { readTraces } from './dropped/read-traces.ts';

/** Files instead of a server: dropped traces, and the report that is one file. */
let web: PageUnderTest;
let page: Page;
let complaints: readonly string[];
const patience = { timeout: 15_000 };
const fixtures = join(import.meta.dirname, '../fixtures');
const recorded = join(fixtures, 'traces/cloud.jsonl.gz');
const list = join(fixtures, 'dependencies/1238-services.json.gz');

beforeAll(async () => {
  web = await pageUnderTest(emptyAnalysis());
}, 600_000);

afterAll(() => web.close());

afterEach(() => page.close());

async function words(selector: string): Promise<string> {
  return ((await page.locator(selector).first().textContent()) ?? '').replaceAll(/\s+/g, ' ').trim();
}

async function analysisOf(path: string) {
  return readTraces([{ name: 'recorded', bytes: gunzipSync(await readFile(path)) }]).analysis;
}

describe('files on the page', () => {
  it('are analyzed there, with their traces, and nothing is sent', async () => {
    ({ page, complaints } = await web.open(''));
    await page.waitForSelector('.placeholder h2');
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() !== 'GET') asked.push(request.url());
    });
    await page.setInputFiles('.file-button input', recorded);
    await expect.poll(() => words('.summary'), patience).toMatch(/^\d+ nodes · \d+ traces$/);
    expect(await words('.banner')).toContain('nothing was uploaded');
    expect(await words('.live')).toBe('from files');
    await page.click('.trace-link');
    await page.waitForSelector('.span-row');
    await page.keyboard.press('n');
    await expect.poll(() => words('.trace-steps span'), patience).toMatch(/^1 of \d+$/);
    await page.keyboard.press('Escape');
    await page.click('.banner button');
    await page.waitForSelector('.placeholder h2');
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('may be a list of dependencies without a trace', async () => {
    ({ page, complaints } = await web.open(''));
    await page.waitForSelector('.placeholder h2');
    await page.setInputFiles('.file-button input', list);
    await expect.poll(() => words('.map-count'), patience).toMatch(/of 4,271 links in \d+ lines/);
    expect(await words('.answer.is-cycle')).toMatch(/circles/);
    expect(complaints).toEqual([]);
  });

  it('say what is wrong with them', async () => {
    ({ page, complaints } = await web.open(''));
    await page.waitForSelector('.placeholder h2');
    await page.setInputFiles('.file-button input', {
      name: 'holiday.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{"photo":1}'),
    });
    await expect.poll(() => words('.placeholder[role=alert]'), patience).toContain('holiday.json');
    await page.click('.banner button');
    await expect.poll(() => words('.placeholder h2'), patience).toBe('Waiting for the first trace');
  });

  it('read as on the server', async () => {
    const read = readTraces([
      { name: 'recorded', bytes: gunzipSync(await readFile(recorded)) },
      { name: 'noise', bytes: Buffer.from('{"photo":1}') },
    ]);
    const { analysis } = read;
    expect(analysis.cycles.length).toBeGreaterThan(0);
    expect(analysis.problems.map(({ kind }) => kind)).toContain('unreadable-file');
    const id = analysis.dependencies[0]!.traceIds[0]!;
    expect(read.trace(id)?.traceId).toBe(id);
    expect(read.trace('0')).toBeUndefined();
    expect(() => readTraces([{ name: 'noise', bytes: Buffer.from('{"photo":1}') }])).toThrow('noise');
    ({ page } = await web.open(''));
  });
});

describe('the report that is one file', () => {
  const path = (): string => join(web.folder, 'own-report.html');

  async function openReport(analysis: Parameters<typeof html>[0]): Promise<void> {
    await writeFile(path(), html(analysis, await readFile(join(web.folder, 'report.html'), 'utf8')));
    ({ page, complaints } = await web.openFile(path()));
  }

  it('opens from disk, in all arrangements, with its findings, and asks nobody', async () => {
    await openReport(await analysisOf(recorded));
    await expect.poll(() => words('.map-count'), patience).toMatch(/^drawn \d+ of \d+ links$/);
    expect(await words('.live')).toBe('saved report');
    await page.waitForSelector('.finding');
    for (const [key, name] of ['w', 'f', 'c', 'x', 'm'].entries()) {
      await page.keyboard.press(name);
      await page.waitForSelector(key === 3 ? '.matrix-readout' : '.map-count');
    }
    await page.click('#tab-outline');
    await page.click('.outline-row >> nth=0');
    await page.waitForSelector('.service h2');
    expect(complaints).toEqual([]);
  });

  it('has a policy that lets nothing else run, and hostile names stay names', async () => {
    const hostile = '</script><script>document.title="pwned"</script><img src=x onerror=alert(1)>';
    const cloud = cloudAnalysis();
    const [first] = cloud.services;
    await openReport({
      ...cloud,
      services: [...cloud.services, { ...first!, id: `edge/${hostile}`, name: hostile, namespace: 'edge' }],
    });
    await page.waitForSelector('.map-count');
    await page.click('#tab-outline');
    await expect.poll(() => page.locator('.outline-name').allTextContents(), patience).toContain(hostile);
    expect(await page.title()).toBe('ringfence');
    expect(await page.locator('img').count()).toBe(0);
    const policy = (await page.locator('meta[http-equiv]').getAttribute('content')) ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:/);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.title = "pwned"';
      document.body.append(script);
    });
    expect(await page.title()).toBe('ringfence');
  });

  it('needs a page with a place for it', () => {
    expect(() => html(cloudAnalysis(), '<html></html>')).toThrow('no place');
  });
});
