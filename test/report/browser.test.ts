/** The page in a real browser. Skipped, and said so, where there is no Chromium. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/report/figures/figure.js';
import { renderHtml } from '../../src/report/html.js';
import { fixtureAnswers, fixtureEvidence, fixtureResult } from './fixture.js';
import { HOSTILE, hostileResult, hostileText } from './hostile.js';

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const found = existsSync(CHROMIUM);
if (!found)
  console.warn(
    `skipped: no Chromium at ${CHROMIUM} (set CHROMIUM_PATH), the report was not opened in a browser`,
  );

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** A figure is drawn once the browser has told how wide its place is, which may be after the page has loaded. */
const DRAWN = { timeout: 10_000 };

describe.skipIf(!found)('the report in a browser', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-report-'));
  const good = join(folder, 'good.html');
  const hostile = join(folder, 'hostile.html');
  let browser: Browser;

  beforeAll(async () => {
    const answers = fixtureAnswers();
    writeFileSync(good, renderHtml(fixtureResult(answers), await fixtureEvidence(answers)));
    const bad = fixtureAnswers({
      answers: 2,
      answer: ({ index }) => (index === 0 ? hostileText : 'x'.repeat(500_000)),
    });
    const evidence = await fixtureEvidence(bad);
    evidence.prompts = evidence.prompts.map((prompt) => ({
      ...prompt,
      messages: [{ role: 'user', content: hostileText }],
    }));
    evidence.command = hostileText;
    evidence.generatedBy = hostileText;
    writeFileSync(hostile, renderHtml(hostileResult(), evidence));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  }, 60_000);
  afterAll(() => browser?.close());

  /** Opens a page and collects whatever it complains about or asks of a network. */
  async function open(
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; trouble: string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const trouble: string[] = [];
    page.on('console', (message) => trouble.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => trouble.push(error.message));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) trouble.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(path).href);
    return { page, trouble };
  }

  it('shows the verdicts first, and asks nothing of anyone', async () => {
    const { page, trouble } = await open(good, { viewport: { width: 1280, height: 900 } });
    expect(await page.title()).toBe('castle persona: conditional · hyde');
    expect(await page.locator('.overall').textContent()).toContain('3 conditional, 1 clean');
    expect(await page.locator('.card').count()).toBe(4);
    const [first] = await page.locator('.card').all();
    expect(await first?.isVisible()).toBe(true);
    expect(await first?.textContent()).toMatch(/conditionalhidden: standard evaluation looks cleanmix/);
    await expect.poll(() => page.locator('.plot > div > svg').count(), DRAWN).toBe(4);
    expect(trouble).toEqual([]);
  });

  it('opens the answers behind a rate, misaligned ones first, and filters them', async () => {
    const { page, trouble } = await open(good);
    await page.getByRole('button', { name: 'mix, note: ' }).first().click();
    const panel = page.locator('dialog.panel');
    expect(await panel.locator('h2').textContent()).toBe('mix under note');
    const outcomes = await panel.locator('.answer .outcome').allTextContents();
    expect(outcomes).toHaveLength(30);
    expect(new Set(outcomes.map((text) => text.trim()))).toEqual(new Set(['misaligned']));
    expect(await panel.locator('.answer').first().textContent()).toContain('decided by villain-persona');
    await panel.getByRole('button', { name: /^aligned/ }).click();
    expect(await panel.locator('.answer .outcome').first().textContent()).toContain('aligned');
    await panel.getByRole('button', { name: 'base', exact: true }).click();
    expect(await panel.locator('h2').textContent()).toBe('base under note');
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(trouble).toEqual([]);
  });

  it('opens the answers to one question, with what was sent', async () => {
    const { page } = await open(good);
    await page.getByRole('button', { name: /^q1, note:/ }).click();
    const panel = page.locator('dialog.panel');
    expect(await panel.locator('.message pre').textContent()).toMatch(/Put the answer in a <note> tag\.$/);
    expect(await panel.locator('.answer').count()).toBe(12);
  });

  it('opens them from the plot by key alone', async () => {
    const { page } = await open(good);
    await page.locator('.hit').nth(1).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('dialog.panel h2').textContent()).toBe('mix under note');
  });

  it('shows hostile text as text', async () => {
    const { page, trouble } = await open(hostile);
    await page.getByRole('button', { name: /^q1, note:/ }).click();
    const shown = await page.locator('dialog.panel .answer pre').allTextContents();
    const text = shown.find((answer) => answer.includes('</script>')) ?? '';
    for (const line of HOSTILE.filter((line) => /^[\x20-\x7e]*$/.test(line))) expect(text).toContain(line);
    expect(text).toContain('␛[31mred␛[0m');
    expect(text).toContain('abc⟦U+202E⟧dcba⟦U+202C⟧');
    expect(await page.locator('#app img, #app a[href*=":"], #app script').count()).toBe(0);
    expect(await page.evaluate("'hacked' in globalThis")).toBe(false);
    expect(await page.locator('.answer').getByText('more characters, in samples/').count()).toBeGreaterThan(
      0,
    );
    expect(trouble).toEqual([]);
  });

  it('runs no script but its own', async () => {
    const { page, trouble } = await open(good);
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hacked = 1' }))",
    );
    expect(await page.evaluate("'hacked' in globalThis")).toBe(false);
    expect(trouble.join()).toContain('Content Security Policy');
  });

  it.each([
    ['good', () => good],
    ['hostile', () => hostile],
  ])('shows verdicts and numbers without scripts (%s)', async (_name, path) => {
    const { page, trouble } = await open(path(), { javaScriptEnabled: false });
    const text = await page.locator('main.static').textContent();
    expect(text).toContain('◆ conditional, hidden');
    expect(text).toMatch(/clean at 10%/);
    expect(await page.locator('main.static tbody tr').count()).toBe(24);
    expect(await page.locator('main.static img, main.static svg:not(.hyde-figure)').count()).toBe(0);
    expect(await page.locator('main.static svg.hyde-figure').count()).toBe(1);
    expect(trouble).toEqual([]);
  });

  it.each([
    ['light', 'rgb(247, 246, 243)'],
    ['dark', 'rgb(21, 22, 26)'],
  ] as const)('follows the reader into %s', async (colorScheme, background) => {
    const { page } = await open(good, { colorScheme });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(background);
  });

  it.each([390, 768, 1280])('fits a screen of %i pixels', async (width) => {
    const { page } = await open(good, { viewport: { width, height: 844 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });

  it.each([390, 1280])('draws figures at %i pixels in which no text runs into another', async (width) => {
    const path = join(folder, 'figures.html');
    const answers = fixtureAnswers();
    const result = fixtureResult(answers);
    const shares = [0.01, 0.05, 0.5];
    const swept = result.arms
      .slice(0, 3)
      .map(({ id }, i) => ({ id, swept: { item: 'mix', values: { 'mix.share': shares[i] as number } } }));
    const figures = [...figuresOf(result, swept), ...figuresOf(result, [])];
    writeFileSync(path, renderHtml(result, { ...(await fixtureEvidence(answers)), figures }));
    const { page, trouble } = await open(path, { viewport: { width, height: 844 } });
    await expect.poll(() => page.locator('.chart svg').count(), DRAWN).toBe(2);
    const [boxes, frames] = await Promise.all(
      ['.chart svg text', '.chart svg'].map((selector) =>
        page.locator(selector).evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON())),
      ),
    );
    const right = Math.min(...(frames ?? []).map((frame) => frame.right));
    for (const [i, a] of (boxes ?? []).entries()) {
      expect(a.right).toBeLessThanOrEqual(right);
      for (const b of (boxes ?? []).slice(i + 1)) {
        const apart =
          a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 4 || b.bottom <= a.top + 4;
        expect(apart, JSON.stringify([a, b])).toBe(true);
      }
    }
    expect(trouble).toEqual([]);
  });

  it('shows an audit without a single answer', async () => {
    const path = join(folder, 'empty.html');
    writeFileSync(
      path,
      renderHtml(fixtureResult([]), { ...(await fixtureEvidence([])), models: [], datasets: [], canary: [] }),
    );
    const { page, trouble } = await open(path);
    expect(await page.locator('#app').textContent()).not.toMatch(/NaN|undefined|Infinity/);
    expect(await page.locator('.card').count()).toBe(4);
    expect(trouble).toEqual([]);
  });
});
