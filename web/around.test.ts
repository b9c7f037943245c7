import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Analysis } from '../analyzer/model/analysis.ts';
import { cloudAnalysis, emptyAnalysis } from '../fixtures/analysis.ts';
import { pageUnderTest, type PageOptions, type PageUnderTest } from '../fixtures/browser-page.ts';

let web: PageUnderTest;
let page: Page;
let complaints: readonly string[];

beforeAll(async () => {
  web = await pageUnderTest(cloudAnalysis());
}, 600_000);

afterAll(() => web.close());

afterEach(async () => {
  await page.close();
  web.answers.analysis = cloudAnalysis();
  web.answers.before = undefined;
  web.answers.spanCount = 0;
});

async function open(query: string, options?: PageOptions): Promise<void> {
  ({ page, complaints } = await web.open(query, options));
}

/** Looks until it is so: under load a view may come later than the test asks. */
const patience = { timeout: 15_000 };

async function expectWords(selector: string, words: string): Promise<void> {
  await expect.poll(async () => (await page.locator(selector).first().textContent()) ?? '', patience).toContain(words);
}

async function expectCount(selector: string, count: number): Promise<void> {
  await expect.poll(() => page.locator(selector).count(), patience).toBe(count);
}

describe('coverage', () => {
  it('says what is missing, sorts by service, and answers why there is no edge', async () => {
    await open('?v=1&tab=coverage');
    await expectWords('.sentences', 'traces have a gap');
    const services = cloudAnalysis().coverage.services.length;
    await expectCount('.coverage-table tbody tr', services);
    await page.click('.coverage-table th >> nth=0 >> button');
    await expectCount('.coverage-table th[aria-sort=ascending]', 1);
    await expectWords('.coverage-table tbody tr', 'accounts');
    await page.fill('[name=why-from]', 'notifications');
    await page.fill('[name=why-to]', 'card-vault');
    await page.keyboard.press('Tab');
    await expectWords('.why-answer', 'No call from comms/notifications to cards/card-vault was seen');
    await expectWords('.why-verdict', 'no proof');
    expect(page.url()).toContain('wf=notifications&wt=card-vault');
    await page.click('[aria-label="Ask the other way round"]');
    await expectWords('.why-answer', 'No call from cards/card-vault to comms/notifications was seen');
    await page.goBack();
    await expectWords('.why-answer', 'No call from comms/notifications');
    expect(complaints).toEqual([]);
  });
});

describe('compare', () => {
  function withoutBilling(): Analysis {
    const whole = cloudAnalysis();
    return {
      ...whole,
      services: whole.services.filter(({ id }) => id !== 'money/billing'),
      dependencies: whole.dependencies.filter(
        (one) => one.caller !== 'money/billing' && one.callee !== 'money/billing',
      ),
      cycles: whole.cycles.filter(({ services }) => !services.includes('money/billing')),
    };
  }

  it('tells what came, shows it on the map, and comes back', async () => {
    web.answers.before = withoutBilling();
    await open('?v=1&tab=compare&w=1h');
    await expectWords('.compare-counts', 'Circles');
    await page.click('.compare-counts a:text-is("Calls")');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patience).toBe('compared-calls');
    expect(await page.evaluate(() => document.querySelector('.header')!.getBoundingClientRect().top)).toBe(0);
    await page.click('.compared .link-button:text-is("billing")');
    await expectWords('.service h2', 'billing');
    await page.goBack();
    await expectWords('.compared', 'billing');
    await page.click('.pick-spans summary');
    await page.fill('[name=b-from]', '2026-11-22T18:00');
    await page.fill('[name=b-to]', '2026-11-22T19:00');
    await page.click('.span-fields button');
    await expectWords('.sides', '22 Nov 18:00 – 19:00 UTC');
    expect(page.url()).toContain('ca=2026-11-22T18');
    expect(complaints).toEqual([]);
  });

  it('says so where nothing differs, and where nothing was there', async () => {
    await open('?v=1&tab=compare&w=1h');
    await expectWords('.compare .verdict', 'No difference');
    await page.close();
    web.answers.before = emptyAnalysis();
    await open('?v=1&tab=compare&w=24h');
    await expectWords('.compare .verdict', 'Nothing was seen in A');
  });
});

describe('a trace', () => {
  it('of 80,000 spans is searched, folded, narrowed to its path and walked by keys', async () => {
    web.answers.spanCount = 80_000;
    await open(`?v=1&t=${'ab'.repeat(16)}`);
    await expectWords('.trace-title', '80,000 spans');
    await page.keyboard.press('/');
    await page.keyboard.type('batch/79999');
    await expectWords('.trace-search', 'of 1');
    await page.keyboard.press('Enter');
    await expectWords('.span-row.is-match', 'GET /batch/79999');
    await expectWords('.trace-search', '1 of 1');
    await page.keyboard.press('Escape');
    await page.click('.trace-tools .chip');
    await expectCount('.span-row', 8);
    await page.click('.trace-tools .chip');
    const tree = page.locator('.waterfall');
    await tree.focus();
    await page.keyboard.press('Home');
    await expectWords('.span-row.is-active', 'bff');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowLeft');
    await expectCount('.span-row', 2);
    await expectWords('.span-row.is-active', '+79,998');
    expect(await page.locator('.span-row.is-active .span-section').count()).toBeGreaterThan(0);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await expectWords('.span-row.is-active', 'droplets');
    expect(complaints).toEqual([]);
  });

  it('says what nobody waited for', async () => {
    await open(`?v=1&t=${'ab'.repeat(16)}`);
    await expectWords('.trace-notes', '3 spans not waited for');
  });
});

describe('states', () => {
  it('says where to send traces, and what came before an empty window', async () => {
    web.answers.analysis = emptyAnalysis();
    await open('?v=1');
    await expectWords('.ports', 'http://127.0.0.1:4318');
    await expectWords('.ports', 'http://127.0.0.1:4317');
    await expectWords('.ports', 'http://127.0.0.1:9411/api/v2/spans');
    await expectWords('.placeholder h2', 'Waiting for the first trace');
    await page.close();
    web.answers.before = cloudAnalysis();
    await open('?v=1&w=15m');
    await expectWords('.placeholder h2', 'Nothing in the last 15 minutes');
    await expectWords('.placeholder', '4,812 traces came before that, the last at 22 Nov 19:00:00 UTC');
    await page.click('.primary');
    expect(page.url()).toContain('w=all');
  });

  it('says that the server is back', async () => {
    await open('?v=1');
    await page.waitForSelector('.live.is-live');
    for (const stream of web.streams) stream.destroy();
    await expectWords('.banner', 'Connection lost just now');
    await expectWords('.back-again', 'Connected again.');
    await expectCount('.back-again', 0);
  });

  it('prints what is looked at on light paper, whatever the screen is', async () => {
    await open('?v=1', { isDark: true });
    await page.waitForSelector('.map-count');
    await page.emulateMedia({ media: 'print' });
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    await expectWords('.print-title', 'last 24 hours (22 Nov 18:00:00 to 22 Nov 19:00:00 UTC)');
    await expectWords('.print-title', 'printed');
    expect(await page.locator('.print-title').isVisible()).toBe(true);
    expect(await page.locator('.header').isVisible()).toBe(false);
    const look = () =>
      page.evaluate(() => ({
        theme: document.documentElement.dataset['theme'],
        canvas: getComputedStyle(document.querySelector('.map canvas')!).filter,
      }));
    expect(await look()).toEqual({ theme: 'light', canvas: 'invert(1) hue-rotate(180deg)' });
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));
    expect(await look()).toEqual({ theme: 'dark', canvas: 'none' });
  });
});
