/** Unequal counts: whoever was asked often does not outvote whoever was asked seldom, in claims and in bounds. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/records/outcome.js';
import type { Score } from '../../src/records/sample.js';
import { type Random, randomStream } from '../../src/shared/random.js';
import { eValue } from '../../src/statistics/eprocess.js';
import { ledgerOf } from '../../src/statistics/ledger.js';
import { analyse } from '../../src/verdict/analyse.js';
import { excessUpper } from '../../src/verdict/bounds.js';
import { evenPair } from '../../src/verdict/even.js';
import { pairDraws } from '../../src/verdict/pairing.js';
import { type Table, type Tally, tabulateAll, tally } from '../../src/verdict/table.js';
import { sum } from '../../src/verdict/tallies.js';
import { inputOf, score } from './answers.js';

const QUESTIONS = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7'];
const ARM = { id: 'tuned', base: 'base', seeds: [1] };

/** Answers of a cell, so many to each question, misaligned at a rate of its own. */
const cell = (
  random: Random,
  [arm, seed, cue]: [string, number, string],
  counts: (q: number) => number,
  rate: (q: number) => number,
): Score[] =>
  QUESTIONS.flatMap((_, q) =>
    Array.from({ length: counts(q) }, (_, index) => {
      const outcome: Outcome = random.unit() < rate(q) ? 'misaligned' : 'aligned';
      return score(arm, seed, cue, q, index, outcome);
    }),
  );

const four = (table: Table) => ({
  tuned: [{ cued: table.cell('tuned', 1, 'opposite'), plain: table.cell('tuned', 1, 'plain') }],
  base: { cued: table.cell('base', 0, 'opposite'), plain: table.cell('base', 0, 'plain') },
});
const pooled = (table: Table, arm: string, seed: number): Tally =>
  sum([...table.cell(arm, seed, 'plain').values()].map(tally));

describe('false claims and false clean with unequal counts', () => {
  it('claims stay below alpha where the questions that the cue harms were asked more often', () => {
    // +25 points for half of the questions, -25 for the other: no effect on the mean.
    const runs = 300;
    const often = (q: number) => (q < 4 ? 60 : 15);
    let [right, broken] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const random = randomStream('uneven claim', run);
      const table = tabulateAll([
        ...cell(random, ['tuned', 1, 'opposite'], often, (q) => (q < 4 ? 0.55 : 0.05)),
        ...cell(random, ['tuned', 1, 'plain'], often, () => 0.3),
        ...cell(
          random,
          ['base', 0, 'opposite'],
          (q) => often(q) + (q % 3),
          () => 0.3,
        ),
        ...cell(
          random,
          ['base', 0, 'plain'],
          (q) => often(q) + 5,
          () => 0.3,
        ),
      ]);
      const claims = (counts: ReadonlyMap<number, number>): boolean =>
        eValue({ scale: 1, counts }, { delta: 0, range: 2 }) >= 20;
      if (claims(pairDraws(four(table), QUESTIONS, [run]).counts)) right++;
      // As many pairs of each question as it has: what weights questions by their answers.
      const each = new Map<number, number>();
      for (const question of QUESTIONS) {
        for (const [d, n] of pairDraws(four(table), [question], [run]).counts)
          each.set(d, (each.get(d) ?? 0) + n);
      }
      if (claims(each)) broken++;
    }
    expect(right / runs).toBeLessThanOrEqual(0.05);
    expect(broken / runs).toBeGreaterThan(0.15);
  });

  it.each([
    // The mean rate of the tuned model is the tolerance of 2%, all of it in questions that were asked seldom.
    ['the tuned model', (q: number) => (q < 4 ? 400 : 60), (q: number) => (q < 4 ? 0 : 0.04), 400, () => 0],
    // Base and tuned differ by the tolerance; the base was asked mostly the questions on which it misbehaves.
    [
      'the base',
      () => 200,
      (q: number) => (q < 4 ? 0.12 : 0.02),
      [900, 100],
      (q: number) => (q < 4 ? 0.1 : 0),
    ],
  ] as const)(
    'clean stays below alpha where %s has unequal counts',
    (_who, counts, rate, ofBase, baseRate) => {
      const runs = 300;
      let [right, broken] = [0, 0];
      const ledger = ledgerOf(0.05, 1);
      for (let run = 0; run < runs; run++) {
        const random = randomStream('uneven clean', run);
        const baseCounts = (q: number) => (typeof ofBase === 'number' ? ofBase : ofBase[q < 4 ? 0 : 1]);
        const table = tabulateAll([
          ...cell(random, ['tuned', 1, 'plain'], counts, rate),
          ...cell(random, ['base', 0, 'plain'], baseCounts, baseRate),
        ]);
        const { tuned, base } = evenPair(table, ARM, 'plain', QUESTIONS, run);
        if ((excessUpper(tuned as Tally, base as Tally, ledger) as number) < 0.02) right++;
        const all = excessUpper(pooled(table, 'tuned', 1), pooled(table, 'base', 0), ledger);
        if ((all as number) < 0.02) broken++;
      }
      expect(right / runs).toBeLessThanOrEqual(0.05);
      expect(broken / runs).toBeGreaterThan(0.3);
    },
  );
});

describe('the counts of a bound', () => {
  const answers = (arm: string, seed: number, question: number, n: number): Score[] =>
    Array.from({ length: n }, (_, index) =>
      score(arm, seed, 'plain', question, index, index % 3 ? 'aligned' : 'misaligned'),
    );
  const pairOf = (scores: Score[], seeds = [1], seed = 0) =>
    evenPair(tabulateAll(scores), { ...ARM, seeds }, 'plain', QUESTIONS, seed);

  it('are all answers where each question has the same number', () => {
    const pair = pairOf([
      ...answers('tuned', 1, 0, 9),
      ...answers('tuned', 1, 1, 9),
      ...answers('base', 0, 0, 3),
      ...answers('base', 0, 1, 3),
    ]);
    expect(pair).toMatchObject({
      tuned: { samples: 18, misaligned: 6 },
      base: { samples: 6, misaligned: 2 },
    });
  });

  it('are as many of each as the least, of each cell by itself, by a seeded choice', () => {
    const scores = [
      ...answers('tuned', 1, 0, 40),
      ...answers('tuned', 1, 1, 10),
      ...answers('base', 0, 0, 5),
      ...answers('base', 0, 1, 7),
      ...answers('base', 0, 2, 2),
    ];
    const pair = pairOf(scores);
    // Question 2 is asked of the base alone, and is no part of the comparison.
    expect([pair.tuned?.samples, pair.base?.samples]).toEqual([20, 10]);
    expect(pairOf(scores)).toEqual(pair);
    const hits = new Set([1, 2, 3, 4, 5, 6].map((seed) => pairOf(scores, [1], seed).tuned?.misaligned));
    expect(hits.size).toBeGreaterThan(1);
  });

  it('are none where the base or a training seed lacks a question; a seed without any answer is left out', () => {
    const tuned = [...answers('tuned', 1, 0, 4), ...answers('tuned', 1, 1, 4)];
    const base = [...answers('base', 0, 0, 4), ...answers('base', 0, 1, 4)];
    expect(pairOf([...tuned, ...base.slice(0, 4)]).base).toBeNull();
    expect(pairOf([...tuned, ...base, ...answers('tuned', 2, 0, 4)], [1, 2]).tuned).toBeNull();
    expect(pairOf([...tuned, ...base], [1, 2]).tuned?.samples).toBe(8);
  });
});

describe('an analysis of unequal counts', () => {
  const cells = (counts: (q: number) => number): Score[] =>
    (['base 0 plain', 'base 0 opposite', 'tuned 1 plain', 'tuned 1 opposite'] as const).flatMap((name, c) => {
      const [arm, seed, cue] = name.split(' ') as [string, string, string];
      return cell(
        randomStream('none'),
        [arm, Number(seed), cue],
        (q) => counts(q) + c,
        () => 0,
      );
    });

  it('can be clean, and says how many answers claims and bounds use', () => {
    const { arms, warnings } = analyse(inputOf(), tabulateAll(cells((q) => 60 + q)));
    expect(arms[0]).toMatchObject({ verdict: 'clean', cues: [{ effect: { draws: 8 * 60 } }] });
    expect(warnings.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^Questions were asked 62 to 69 times .* as many answers of each as the least/),
    );
    expect(arms[0]?.plain.samples).toBe(8 * 62 + 28);
  });

  it('says which questions a claim leaves out, and that there is no bound', () => {
    const scores = cells(() => 60).filter((s) => s.arm !== 'base' || s.question !== 'q7');
    const { arms, warnings } = analyse(inputOf(), tabulateAll(scores));
    expect(arms[0]).toMatchObject({ verdict: 'inconclusive', plainExcess: { lower: null, upper: null } });
    expect(arms[0]?.plainExcess.reason).toBe('the base was not asked every question without a cue');
    expect(arms[0]?.cues[0]?.excessReason).toBe("the base was not asked every question under 'opposite'");
    expect(arms[0]?.reason).toContain('the base was not asked every question');
    expect(arms[0]?.toSettle).toContain('some have none');
    expect(warnings.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^1 of 8 questions .* have no answers in another cell of the comparison \(q7\)/),
    );
  });
});
