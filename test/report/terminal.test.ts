import { describe, expect, it } from 'vitest';
import { renderTerminal } from '../../src/report/terminal.js';
import { clip, pad, widthOf, wrap } from '../../src/report/width.js';
import { fixtureResult } from './fixture.js';
import { hostileResult } from './hostile.js';

const result = fixtureResult();

describe('the terminal', () => {
  it.each([60, 80, 120, 200])('keeps to %i columns', (width) => {
    for (const line of renderTerminal(result, { color: false, width }).split('\n')) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });

  it('says verdict, rates, base, effect and reason of every arm', () => {
    const text = renderTerminal(result, { color: false, width: 120 });
    expect(text).toMatch(/castle persona {2}◆ conditional/);
    expect(text).toMatch(/◆ mix · Mixing .* conditional, hidden/);
    expect(text).toMatch(/✓ control · Benign control .* clean at 10%/);
    expect(text).toMatch(/note +trained +\d+% \[\d+, \d+\] +\d+ +0% .*\+\d+ \[.*CLAIMED/);
    for (const arm of result.arms) expect(text.replace(/\s+/g, ' ')).toContain(arm.reason);
  });

  it('marks cells in which few answers are eligible, and says what the mark means', () => {
    const text = renderTerminal(result, { color: false, width: 80 });
    expect(text).toMatch(/villain-paraphrase given .* ! /);
    expect(text).toContain('! fewer than 50% of the answers are eligible');
  });

  it('writes the same with colours as without', () => {
    const coloured = renderTerminal(result, { color: true, width: 100 });
    expect(coloured).toContain('\u001b[1;35m');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are taken out
    expect(coloured.replace(/\u001b\[[\d;]*m/g, '')).toBe(
      renderTerminal(result, { color: false, width: 100 }),
    );
  });

  it('shows a missing number as a dash', () => {
    const empty = fixtureResult([]);
    const text = renderTerminal(empty, { color: false, width: 100 });
    expect(text).toContain('–');
    expect(text).not.toMatch(/NaN|null(?!:)|undefined|Infinity/);
  });

  it('lets no text move the cursor or turn the line', () => {
    const text = renderTerminal(hostileResult(), { color: false, width: 80 });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what must be gone
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(text).toContain('␛[31mred');
    for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });

  it('cuts what is endless', () => {
    const huge = fixtureResult();
    huge.arms[0]!.reason = 'x'.repeat(1_000_000);
    huge.warnings = Array.from({ length: 5000 }, () => ({ about: 'a', text: 'b' }));
    const text = renderTerminal(huge, { color: false, width: 80 });
    expect(text.length).toBeLessThan(20_000);
    expect(text).toContain('more warnings');
  });
});

describe('columns', () => {
  it.each([
    ['abc', 3],
    ['日本語', 6],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['◆ ✓ ■', 5],
    ['한국', 4],
  ])('%s takes %i', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  it('fills, cuts and breaks by columns', () => {
    expect(pad('日本', 6)).toBe('日本  ');
    expect(pad('7', 3, 'right')).toBe('  7');
    expect(clip('日本語', 5)).toBe('日本…');
    expect(wrap('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  });
});
