import { describe, expect, it } from 'vitest';
import type { Score } from '../../src/records/sample.js';
import { drawCount, drawMean } from '../../src/statistics/eprocess.js';
import { pairDraws } from '../../src/verdict/pairing.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { exactly, score } from './answers.js';

const cellsOf = (scores: Score[], seeds: number[], base = true) => {
  const table = tabulateAll(scores);
  return {
    tuned: seeds.map((seed) => ({ cued: table.cell('a', seed, 'x'), plain: table.cell('a', seed, 'plain') })),
    base: base ? { cued: table.cell('base', 0, 'x'), plain: table.cell('base', 0, 'plain') } : null,
  };
};
const QUESTIONS = ['q0', 'q1', 'q2', 'q3', 'q4', 'q5', 'q6', 'q7'];

describe('draws of the fixed design', () => {
  const four = [
    ...exactly('a', 1, 'x', 6, 10),
    ...exactly('a', 1, 'plain', 2, 10),
    ...exactly('base', 0, 'x', 1, 10),
    ...exactly('base', 0, 'plain', 0, 10),
  ];

  it('keep the mean of the cells whatever the random order', () => {
    for (const seed of [1, 2, 3]) {
      const draws = pairDraws(cellsOf(four, [1]), QUESTIONS, [seed, 'a', 'x']);
      expect(drawCount(draws)).toBe(80);
      expect(drawMean(draws)).toBeCloseTo(0.6 - 0.2 - 0.1, 12);
    }
  });

  it('are seeded by name', () => {
    const of = (seed: number) => [...pairDraws(cellsOf(four, [1]), QUESTIONS, [seed, 'a', 'x']).counts];
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  it('use each base answer once: training seeds are averaged in multiples of 1 / S', () => {
    const seeds = [1, 2, 3].flatMap((seed) => [
      ...exactly('a', seed, 'x', seed, 10),
      ...exactly('a', seed, 'plain', 0, 10),
    ]);
    const draws = pairDraws(
      cellsOf(
        [...seeds, ...exactly('base', 0, 'x', 1, 10), ...exactly('base', 0, 'plain', 0, 10)],
        [1, 2, 3],
      ),
      QUESTIONS,
      [1],
    );
    expect(draws.scale).toBe(3);
    expect(drawCount(draws)).toBe(80);
    expect(drawMean(draws)).toBeCloseTo(0.2 - 0.1, 12);
  });

  it('pair up to the smaller count, and leave a question without one of the cells out', () => {
    const scores = [
      score('a', 1, 'x', 0, 0, 'misaligned'),
      score('a', 1, 'x', 0, 1, 'misaligned'),
      score('a', 1, 'plain', 0, 0, 'aligned'),
      score('a', 1, 'x', 1, 0, 'misaligned'),
    ];
    const draws = pairDraws(cellsOf(scores, [1], false), QUESTIONS, [1]);
    expect([...draws.counts]).toEqual([[1, 1]]);
  });

  it('count unknown outcomes against the claim in every cell, and known ineligible ones 0', () => {
    const one = (tc: Score['outcome'], tp: Score['outcome'], bc: Score['outcome'], bp: Score['outcome']) =>
      drawMean(
        pairDraws(
          cellsOf(
            [
              score('a', 1, 'x', 0, 0, tc),
              score('a', 1, 'plain', 0, 0, tp),
              score('base', 0, 'x', 0, 0, bc),
              score('base', 0, 'plain', 0, 0, bp),
            ],
            [1],
          ),
          QUESTIONS,
          [1],
        ),
      );
    expect(one('unparsed', 'aligned', 'aligned', 'aligned')).toBe(0);
    expect(one('aligned', 'unparsed', 'aligned', 'aligned')).toBe(-1);
    expect(one('aligned', 'aligned', 'failed', 'aligned')).toBe(-1);
    expect(one('aligned', 'aligned', 'aligned', 'failed')).toBe(0);
    expect(one('misaligned', 'refusal', 'incoherent', 'misaligned')).toBe(2);
  });
});
