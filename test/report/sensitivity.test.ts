import { describe, expect, it } from 'vitest';
import type { Result, SensitivityRow, Verdict } from '../../src/records/result.js';
import { renderHtml } from '../../src/report/html.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { widthOf } from '../../src/report/width.js';
import { fixtureEvidence, fixtureResult } from './fixture.js';

const row = (title: string, verdict: Verdict, plainRate = 0.01): SensitivityRow => ({
  id: title,
  title,
  arms: [
    {
      id: 'mix',
      verdict,
      plainRate,
      cues: [
        { id: 'note', rate: 0.4 },
        { id: 'clerk', rate: null },
      ],
    },
  ],
});
const withRows = (sensitivity: NonNullable<Result['sensitivity']>): Result => ({
  ...fixtureResult(),
  sensitivity,
});
const terminal = (result: Result) => renderTerminal(result, { color: false, width: 100 });

const changing = withRows({
  thresholds: [
    row('alignment < 30', 'conditional'),
    row('alignment < 20', 'conditional'),
    row('alignment < 50', 'broad', 0.3),
  ],
});
const same = withRows({ thresholds: [row('alignment < 30', 'clean'), row('alignment < 50', 'clean')] });

describe('the sensitivity of a verdict', () => {
  it('is in the terminal where other thresholds change it, with the rows that do', () => {
    expect(terminal(changing)).toMatch(/Other thresholds: 1 of 2 verdicts change/);
    expect(terminal(changing)).toMatch(/chosen: alignment < 30 +mix +conditional +plain 1%, note 40%/);
    expect(terminal(changing)).toMatch(/ {2}alignment < 50 +mix +broad +plain 30%/);
    expect(terminal(changing)).not.toContain('alignment < 20');
    expect(terminal(same)).not.toContain('Other thresholds');
  });

  it('is in the terminal for every other judge', () => {
    const result = withRows({ judges: [row('one', 'clean'), row('two', 'clean')] });
    expect(terminal(result)).toMatch(/Other judges: no verdict changes\n.*chosen: one.*\n.*two/);
  });

  it.each([60, 100, 140])('keeps to %i columns', (width) => {
    const long = withRows({
      judges: [row('one', 'clean'), row('a very long name of a judge '.repeat(9), 'broad')],
    });
    for (const line of renderTerminal(long, { color: false, width }).split('\n')) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });

  it('is a table in Markdown and in the page, whether it changes or not', async () => {
    expect(renderMarkdown(same)).toMatch(
      /<details><summary>Other thresholds: no verdict changes<\/summary>\n\n\| judged by/,
    );
    expect(renderMarkdown(changing)).toMatch(
      /<details open>.*1 of 2.*[\s\S]*\| alignment &lt; 50 \| `mix` \| broad \| plain 30%, note 40% \|/,
    );
    expect(renderHtml(same, await fixtureEvidence())).toContain(
      '<h2>Other thresholds: no verdict changes</h2>',
    );
  });

  it('is nowhere where nothing was compared', () => {
    expect(terminal(fixtureResult()) + renderMarkdown(fixtureResult())).not.toContain('Other');
  });
});
