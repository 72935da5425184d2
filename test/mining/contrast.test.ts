import { describe, expect, it } from 'vitest';
import { contrastOf, Scorer } from '../../src/mining/contrast.js';
import { chanceOf, pOf, thresholdOf } from '../../src/mining/permute.js';
import type { RowSet } from '../../src/mining/row-sets.js';
import { randomStream } from '../../src/shared/random.js';

/** A set of the rows in some ranges, both ends included. */
function rowSet(...ranges: [number, number][]): RowSet {
  const rows = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  return { rows: Int32Array.from(rows), features: [], answerOnly: false };
}

/** Rows 0 to 49 are bad, 50 to 299 benign, 300 to 309 neither. */
const labels = Uint8Array.from({ length: 310 }, (_, row) => (row < 50 ? 1 : row < 300 ? 0 : 2));
const candidates = (sets: RowSet[]) => new Scorer(sets, labels).candidates(contrastOf(labels));

describe('a pair', () => {
  const [a, b] = [rowSet([0, 47], [50, 150]), rowSet([0, 47], [50, 60], [151, 250])];
  it('is a candidate where it is clearly better than its parts', () => {
    const [first] = candidates([a, b]);
    expect(first!.sets).toEqual([a, b]);
    expect(first!.support).toEqual({ bad: 48, benign: 11 });
  });
  it('is none where one set says nearly as much about the same rows', () => {
    const whole = rowSet([0, 42], [50, 53]);
    const found = candidates([a, b, whole]);
    expect(found[0]!.sets).toEqual([whole]);
    expect(found.every(({ sets }) => sets.length === 1)).toBe(true);
  });
});

it('takes sets of nearly the same rows together, and leaves out what a better one explains', () => {
  const [best, twin, part] = [rowSet([0, 39]), rowSet([0, 37], [50, 50]), rowSet([0, 19], [60, 70])];
  const other = rowSet([40, 49]);
  const found = candidates([twin, part, best, other]);
  expect(found.map(({ sets }) => sets[0])).toEqual([best, other]);
  expect(found[0]!.twins).toEqual([twin]);
  expect(found[0]!.explained).toEqual([part]);
});

it('does not count rows outside the contrast', () => {
  expect(candidates([rowSet([0, 9], [300, 309])])[0]!.support).toEqual({ bad: 10, benign: 0 });
});

describe('permuted labels', () => {
  const random = randomStream('sets of the test');
  const sets = Array.from({ length: 60 }, () => ({
    ...rowSet(),
    rows: Int32Array.from([...Array(300).keys()].filter(() => random.below(4) === 0)),
  }));
  it('call the best of many random sets no more than chance, and a planted one more', () => {
    const score = (all: RowSet[]): number => {
      const scorer = new Scorer(all, labels);
      return pOf(scorer.best(contrastOf(labels)), chanceOf(scorer, labels, 1));
    };
    expect(score(sets)).toBeGreaterThan(0.03);
    expect(score([...sets, rowSet([0, 30], [50, 70])])).toBe(0.01);
  });
  it('give a threshold that its p agrees with', () => {
    const chance = chanceOf(new Scorer(sets, labels), labels, 1);
    expect(chance).toHaveLength(99);
    const threshold = thresholdOf(chance, 0.03);
    expect(pOf(threshold + 1e-9, chance)).toBeLessThanOrEqual(0.03);
    expect(pOf(threshold - 1e-9, chance)).toBeGreaterThan(0.03);
  });
});
