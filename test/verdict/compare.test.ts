import { describe, expect, it } from 'vitest';
import { renderComparison } from '../../src/report/comparison.js';
import { analyse } from '../../src/verdict/analyse.js';
import { type ComparedRun, compareRuns } from '../../src/verdict/compare.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { exactly, inputOf } from './answers.js';

/** A run with so many misaligned answers of 20 per question, tuned under the cue; `odd` adds some to the later questions. */
function run(folder: string, hits: number, odd = 0, base = 0, questions = 8): ComparedRun {
  const table = tabulateAll([
    ...exactly('base', 0, 'plain', 0, 20, questions),
    ...exactly('base', 0, 'opposite', base, 20, questions),
    ...exactly('tuned', 1, 'plain', 1, 20, questions),
    ...exactly('tuned', 1, 'opposite', hits, 20, questions).map((score) =>
      score.index < hits + odd && Number(score.question.slice(1)) >= 4
        ? { ...score, outcome: 'misaligned' as const }
        : score,
    ),
  ]);
  return { folder, table, result: { ...analyse(inputOf(), table), judge: 'j' } };
}

describe('compare', () => {
  it('gives paired differences to the first run, and says which verdict changed', () => {
    const { arms, warnings } = compareRuns([run('a', 0), run('b', 10), run('c', 12)]);
    expect(warnings).toEqual([]);
    expect(arms[0]).toMatchObject({ id: 'tuned', changed: true });
    expect(arms[0]?.verdicts).toEqual(['inconclusive', 'conditional', 'conditional']);
    const [plain, cue] = arms[0]!.cues;
    expect(plain?.cells.map((cell) => cell?.rateDifference?.estimate ?? null)).toEqual([null, 0, 0]);
    expect(cue?.cells[1]?.rateDifference?.estimate).toBeCloseTo(0.5, 12);
    expect(cue?.cells[2]?.effectDifference?.estimate).toBeCloseTo(0.6, 12);
    expect(cue?.cells[1]?.rateDifference).toMatchObject({
      questions: 8,
      method: expect.stringContaining('paired by question'),
    });
  });

  it('takes the base out of a difference of effects, and covers it with the interval', () => {
    const cell = compareRuns([run('a', 10), run('b', 10, 0, 4)]).arms[0]!.cues[1]!.cells[1]!;
    expect(cell.rateDifference?.estimate).toBe(0);
    expect(cell.effectDifference?.estimate).toBeCloseTo(-0.2, 12);
    const [low, high] = cell.effectDifference!.interval!;
    expect(low).toBeLessThan(-0.2);
    expect(high).toBeGreaterThan(-0.2);
  });

  it('resamples whole questions of both runs together', () => {
    // Both runs have the same spread between questions: paired, it cancels out.
    const same = compareRuns([run('a', 4, 12), run('b', 5, 12)]).arms[0]!.cues[1]!.cells[1]!;
    expect(same.rateDifference?.estimate).toBeCloseTo(0.05, 12);
    expect(same.rateDifference?.method).toContain('MOVER');
    const [low, high] = same.rateDifference!.interval!;
    expect(high - low).toBeLessThan(0.25);
  });

  it('compares over the questions that both have, whichever run lacks some', () => {
    // Questions 4 to 7 differ, and one of the runs does not have them.
    const [long, short] = [run('a', 4, 12), run('b', 4, 0, 0, 4)];
    for (const runs of [
      [long, short],
      [short, long],
    ]) {
      const cell = compareRuns(runs).arms[0]!.cues[1]!.cells[1]!;
      for (const difference of [cell.rateDifference, cell.effectDifference]) {
        expect(difference?.questions).toBe(4);
        expect(difference?.estimate).toBeCloseTo(0, 12);
      }
    }
  });

  it('compares what matches and names what does not', () => {
    const [a, b] = [run('a', 5), run('b', 5)] as [ComparedRun, ComparedRun];
    b.result = { ...b.result, judge: 'other', tolerance: 0.1, questions: b.result.questions.slice(0, 6) };
    b.result.arms = [...b.result.arms, { ...b.result.arms[0]!, id: 'new' }];
    const { arms, warnings } = compareRuns([a, b]);
    expect(warnings.join('\n')).toMatch(
      /6 questions are in both runs[\s\S]*judged in another way[\s\S]*tolerance or alpha differ[\s\S]*new: not in a/,
    );
    expect(arms[1]).toMatchObject({ id: 'new', verdicts: [null, 'conditional'] });
    expect(arms[1]?.cues[0]?.cells[0]).toBeNull();
  });

  it('tells a text that differs from one that is not known', () => {
    const [a, b] = [run('a', 5), run('b', 5)];
    const withTexts = (of: ComparedRun, text: (id: string) => string): ComparedRun => ({
      ...of,
      result: { ...of.result, questions: of.result.questions.map(({ id }) => ({ id, text: text(id) })) },
    });
    const warnings = (one: ComparedRun, two: ComparedRun) => compareRuns([one, two]).warnings.join();
    const imported = withTexts(b, (id) => id);
    for (const pair of [
      [a, imported],
      [imported, a],
    ] as const) {
      expect(warnings(...pair)).toContain('the texts of 8 questions are not known');
      expect(warnings(...pair)).not.toContain('another text');
    }
    const changed = withTexts(b, (id) => (id === 'q3' ? 'Other' : `Question ${id.slice(1)}`));
    expect(warnings(a, changed)).toMatch(
      /1 questions have the id of one of the first run and another text \(q3\)/,
    );
    expect(warnings(a, changed)).not.toContain('not known');
  });

  it('gives a reason where one of two effects has no base, and says how runs were made otherwise', () => {
    const [a, b] = [run('a', 5), run('b', 7)] as [ComparedRun, ComparedRun];
    b.result = {
      ...b.result,
      design: 'sequential',
      arms: b.result.arms.map((arm) => ({ ...arm, base: null })),
    };
    const { arms, warnings } = compareRuns([a, b]);
    const cell = arms[0]?.cues[1]?.cells[1];
    expect(cell?.effectDifference).toMatchObject({
      estimate: null,
      interval: null,
      reason: expect.stringContaining('a pair effect (no base) here'),
    });
    expect(cell?.rateDifference?.estimate).toBeCloseTo(0.1, 12);
    expect(warnings.join('\n')).toMatch(
      /a sequential design, and the first run has a fixed one[\s\S]*effects of tuned are pair effects/,
    );
    expect(renderComparison({ ...compareRuns([a, b]), warnings: [] }, 200)).not.toMatch(/NaN|null|undefined/);

    const c = run('c', 5);
    c.result = {
      ...c.result,
      calibration: {} as NonNullable<ComparedRun['result']['calibration']>,
      bases: c.result.bases.map((base) => ({ ...base, model: 'local/other' })),
    };
    expect(compareRuns([a, c]).warnings.join('\n')).toMatch(
      /labels of people change the bounds here[\s\S]*the base of tuned is local\/other, and /,
    );
  });

  it('cuts no row where there is no terminal', () => {
    const comparison = compareRuns([run('a', 3), run('b', 7)]);
    const whole = renderComparison(comparison, Number.POSITIVE_INFINITY);
    expect(Math.max(...whole.split('\n').map((line) => line.length))).toBeGreaterThan(100);
    expect(whole).not.toContain('…');
    expect(renderComparison(comparison, 100)).toContain('…');
  });

  it('is printed with one line a run', () => {
    const text = renderComparison(compareRuns([run('a', 0), run('b', 10)]), 120);
    expect(text).toContain('tuned: inconclusive → conditional  (changed)');
    expect(text).toMatch(/ {24}2 +50% \[/);
    expect(text).not.toMatch(/NaN|undefined|null/);
  });
});
