import { describe, expect, it } from 'vitest';
import type { ContrastResult, Result } from '../../src/records/result.js';
import { renderHtml } from '../../src/report/html.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { widthOf } from '../../src/report/width.js';
import { fixtureEvidence, fixtureResult } from './fixture.js';

const side = (arm: string, rate: number) => ({
  ...{ arm, cue: 'note', rate, interval: [rate / 2, rate] as [number, number] },
  ...{ misaligned: 4, eligible: 10, seeds: [] },
});
const contrast = (given: Partial<ContrastResult>): ContrastResult => ({
  ...{ id: 'c', says: 'The cue | <b>reopens</b> it.', finding: null, direction: 'higher' },
  ...{ of: side('mix', 0.4), against: side('base', 0.1) },
  ...{ estimate: 0.3, interval: [0.1, 0.5], method: 'm', agreement: 'agrees', ...given },
});
const result: Result = {
  ...fixtureResult(),
  contrasts: [
    contrast({}),
    contrast({
      id: 'd',
      estimate: 1,
      interval: null,
      reason: 'no interval: too few',
      agreement: 'undecided',
    }),
  ],
};

describe('stated contrasts in the reports', () => {
  it.each([60, 100])('stand in the terminal, in %i columns', (width) => {
    const text = renderTerminal(result, { color: false, width });
    expect(text).toContain('  agrees: The cue | <b>reopens</b> it.');
    expect(text).toContain('+30 [+10, +50] points');
    expect(text).toContain('no interval: too few');
    for (const line of text.split('\n')) expect(widthOf(line), line).toBeLessThanOrEqual(width);
  });

  it('stand in Markdown and in the page, escaped', async () => {
    const markdown = renderMarkdown(result);
    expect(markdown).toContain('mix, note 40% ');
    expect(markdown).toMatch(/\+30 \\?\[\+10, \+50\\?\] points \| agrees \|/);
    expect(markdown).not.toContain('<b>reopens');
    const html = renderHtml(result, await fixtureEvidence());
    expect(html).toContain('<h2>What was expected</h2>');
    expect(html).toContain('&lt;b&gt;reopens&lt;/b&gt; it. <b>agrees</b>');
  });

  it('are left out where none is stated', () => {
    expect(renderTerminal(fixtureResult(), { color: false, width: 100 })).not.toContain('what was expected');
    expect(renderMarkdown(fixtureResult())).not.toContain('expected');
  });
});
