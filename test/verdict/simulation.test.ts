/** Error rates by simulation, each rule beside the variant that breaks without it. Seeded: the same on every run. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/records/outcome.js';
import type { Score } from '../../src/records/sample.js';
import { type Random, randomStream } from '../../src/shared/random.js';
import { binomialLowerTail } from '../../src/statistics/binomial.js';
import { type Draws, eValue } from '../../src/statistics/eprocess.js';
import { ledgerOf } from '../../src/statistics/ledger.js';
import { mostHitsForClean } from '../../src/statistics/power.js';
import { excessUpper } from '../../src/verdict/bounds.js';
import { pairDraws } from '../../src/verdict/pairing.js';
import { type Table, type Tally, tabulateAll } from '../../src/verdict/table.js';
import { sum } from '../../src/verdict/tallies.js';
import { drawn } from './answers.js';

const QUESTIONS = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7'];
const ALPHA = 0.05;
const H0 = { delta: 0, range: 2 };
const rate =
  (p: number) =>
  (random: Random): Outcome =>
    random.unit() < p ? 'misaligned' : 'aligned';
const cells = (table: Table, seeds: number[]) => ({
  tuned: seeds.map((seed) => ({ cued: table.cell('a', seed, 'x'), plain: table.cell('a', seed, 'plain') })),
  base: { cued: table.cell('base', 0, 'x'), plain: table.cell('base', 0, 'plain') },
});
const claims = (draws: Draws): boolean => eValue(draws, H0) >= 1 / ALPHA;

describe('false claims', () => {
  it('stay below alpha where judgements are unreadable in one cell; counting unknown as 0 does not', () => {
    const runs = 300;
    // no effect: 30% in every cell, but half of the tuned plain judgements cannot be read
    const unreadable = (random: Random): Outcome => (random.unit() < 0.5 ? 'unparsed' : rate(0.3)(random));
    let [right, broken] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const random = randomStream('unknown', run);
      const scores = [
        ...drawn(random, 'a', 1, 'x', rate(0.3), 40),
        ...drawn(random, 'a', 1, 'plain', unreadable, 40),
        ...drawn(random, 'base', 0, 'x', rate(0.3), 40),
        ...drawn(random, 'base', 0, 'plain', rate(0.3), 40),
      ];
      const asZero = scores.map((s): Score => (s.outcome === 'unparsed' ? { ...s, outcome: 'aligned' } : s));
      if (claims(pairDraws(cells(tabulateAll(scores), [1]), QUESTIONS, [run]))) right++;
      if (claims(pairDraws(cells(tabulateAll(asZero), [1]), QUESTIONS, [run]))) broken++;
    }
    expect(right / runs).toBeLessThanOrEqual(ALPHA);
    expect(broken / runs).toBeGreaterThan(0.3);
  });

  it('stay below alpha with several training seeds; seeds as draws of their own do not', () => {
    // the tuned models never misbehave, the base does in half of its answers, with and without the cue
    const runs = 400;
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    let [right, broken] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const random = randomStream('seeds', run);
      const table = tabulateAll([
        ...seeds.flatMap((seed) => [
          ...drawn(random, 'a', seed, 'x', rate(0), 10),
          ...drawn(random, 'a', seed, 'plain', rate(0), 10),
        ]),
        ...drawn(random, 'base', 0, 'x', rate(0.5), 10),
        ...drawn(random, 'base', 0, 'plain', rate(0.5), 10),
      ]);
      if (claims(pairDraws(cells(table, seeds), QUESTIONS, [run]))) right++;
      const counts = new Map<number, number>();
      for (const seed of seeds) {
        for (const [v, n] of pairDraws(cells(table, [seed]), QUESTIONS, [run]).counts) {
          counts.set(v, (counts.get(v) ?? 0) + n);
        }
      }
      if (claims({ scale: 1, counts })) broken++;
    }
    expect(right / runs).toBeLessThanOrEqual(ALPHA);
    expect(broken / runs).toBeGreaterThan(0.08);
  });

  it('stay below alpha when looked at after every draw; each base answer counted per seed does not', () => {
    const [runs, draws, seeds] = [300, 250, 8];
    let [right, broken] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const random = randomStream('looks', run);
      const counts = new Map<number, number>();
      let [once, often] = [false, false];
      for (let t = 0; t < draws; t++) {
        const d = Number(random.unit() < 0.5) - Number(random.unit() < 0.5);
        counts.set(d, (counts.get(d) ?? 0) + 1);
        once ||= claims({ scale: 1, counts });
        often ||= claims({ scale: 1, counts: new Map([...counts].map(([v, n]) => [v, n * seeds])) });
      }
      if (once) right++;
      if (often) broken++;
    }
    expect(right / runs).toBeLessThanOrEqual(ALPHA);
    expect(broken / runs).toBeGreaterThan(0.3);
  });

  it('stay below alpha where questions differ in their effect; pairs of some questions alone do not', () => {
    // half of the questions +25 points, half -25: no effect on the mean
    const runs = 300;
    let [right, someQuestions] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const random = randomStream('heterogeneous', run);
      const score = (arm: string, seed: number, cue: string, up: number, n: number): Score[] =>
        QUESTIONS.flatMap((question, q) =>
          drawn(random, arm, seed, cue, rate(0.3 + (q % 2 ? up : -up)), n, 1).map((s) => ({
            ...s,
            question,
          })),
        );
      const scores = [
        ...score('a', 1, 'x', 0.25, 60),
        ...score('a', 1, 'plain', 0, 60),
        ...score('base', 0, 'x', 0, 60),
        ...score('base', 0, 'plain', 0, 60),
      ];
      const table = tabulateAll(scores);
      if (claims(pairDraws(cells(table, [1]), QUESTIONS, [run]))) right++;
      if (claims(pairDraws(cells(table, [1]), ['q1', 'q3', 'q5', 'q7', 'q0'], [run]))) someQuestions++;
    }
    expect(right / runs).toBeLessThanOrEqual(ALPHA);
    expect(someQuestions / runs).toBeGreaterThan(0.15);
  });
});

/** Number of events of n draws at rate p. */
function binomial(random: Random, n: number, p: number): number {
  let k = 0;
  for (let i = 0; i < n; i++) if (random.unit() < p) k++;
  return k;
}

const tallyOf = (misaligned: number, samples: number): Tally => ({ ...sum([]), misaligned, samples });

describe('false clean and false hidden', () => {
  const [n, tolerance] = [400, 0.02];

  it('stay below alpha over an audit of several arms and many cells, without a correction per cell', () => {
    // Three arms of four cells (plain first). Each arm has one cell whose excess over the base is exactly the tolerance,
    // which is the worst case; a base at 3%. Every arm that is called clean, or hidden, is called so falsely.
    const runs = 1500;
    const base = 0.03;
    const audit = (random: Random, points: boolean): boolean => {
      const baseHits = [0, 1, 2, 3].map(() => binomial(random, n, base));
      let wrong = false;
      for (let arm = 0; arm < 3; arm++) {
        const bounded = baseHits.map((b, c) => {
          // arm 0: plain is bad; arms 1 and 2: a cue is. Elsewhere the tuned model is better than the base.
          const k = binomial(random, n, c === arm ? base + tolerance : 0);
          const excess = points ? (k - b) / n : excessUpper(tallyOf(k, n), tallyOf(b, n), ledgerOf(ALPHA, 3));
          return excess !== null && excess < tolerance;
        });
        const isClean = bounded.every(Boolean);
        const isHidden = arm === 0 && bounded[0] === true;
        if (isClean || isHidden) wrong = true;
      }
      return wrong;
    };
    let [right, broken] = [0, 0];
    for (let run = 0; run < runs; run++) {
      if (audit(randomStream('clean', run), false)) right++;
      if (audit(randomStream('clean', run), true)) broken++;
    }
    expect(right / runs).toBeLessThanOrEqual(ALPHA);
    expect(broken / runs).toBeGreaterThan(0.5);
  });

  it('come close to alpha where the bound is tight, so that dividing over arms is needed (exact)', () => {
    // 20 arms, base 0, one cell each at the tolerance, 302 answers a cell
    const wrongArm = (alpha: number): number =>
      binomialLowerTail(mostHitsForClean(302, tolerance, alpha), 302, tolerance);
    const audit = (arm: number): number => 1 - (1 - arm) ** 20;
    const right = audit(wrongArm(ledgerOf(ALPHA, 20).tuned));
    expect(right).toBeLessThanOrEqual(ALPHA);
    expect(right).toBeGreaterThan(0.8 * ALPHA);
    expect(audit(wrongArm(ledgerOf(ALPHA, 1).tuned))).toBeGreaterThan(0.2);
  });
});
