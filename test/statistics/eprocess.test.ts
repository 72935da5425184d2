import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BETS,
  type Draws,
  drawMean,
  drawsToReach,
  eValue,
  LARGEST_E,
  logWealth,
} from '../../src/statistics/eprocess.js';

const counted = (values: number[], scale = 1): Draws => {
  const counts = new Map<number, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return { scale, counts };
};
const H0 = { delta: 0, range: 2 };

/** Mean of W over all sequences of independent draws, the i-th from distribution i: exact, by enumeration. */
function expectedWealth(distributions: [value: number, p: number][][], scale: number, delta: number): number {
  const walk = (i: number, values: number[], probability: number): number => {
    const distribution = distributions[i];
    if (!distribution) return probability * Math.exp(logWealth(counted(values, scale), { delta, range: 2 }));
    return distribution.reduce((sum, [v, p]) => sum + walk(i + 1, [...values, v], probability * p), 0);
  };
  return walk(0, [], 1);
}

describe('wealth', () => {
  it('is the mixture written out by hand', () => {
    // one draw of 1, null 0: sum of w (1 + share / 2)
    const byHand = BETS.reduce((sum, { share, weight }) => sum + weight * (1 + share / 2), 0);
    expect(eValue(counted([1]), H0)).toBeCloseTo(byHand, 12);
    expect(eValue(counted([]), H0)).toBeCloseTo(1, 12);
    expect(BETS.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(BETS.every(({ share }) => share > 0 && share < 1)).toBe(true);
  });

  const draws = fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 200 });
  it('is the same for any order, to the last digit', () => {
    fc.assert(
      fc.property(draws, fc.double({ min: 0, max: 1, noNaN: true }), (values, delta) => {
        const forth = logWealth(counted(values, 3), { delta, range: 2 });
        const back = logWealth(counted([...values].reverse(), 3), { delta, range: 2 });
        return forth === back && Number.isFinite(forth);
      }),
    );
  });

  it('grows when a draw grows', () => {
    fc.assert(
      fc.property(draws, fc.integer({ min: -6, max: 5 }), (values, v) => {
        const less = logWealth(counted([...values, v], 3), H0);
        const more = logWealth(counted([...values, v + 1], 3), H0);
        return more > less;
      }),
    );
  });

  it('stays finite at the extremes', () => {
    expect(eValue({ scale: 1, counts: new Map([[2, 1e7]]) }, H0)).toBe(LARGEST_E);
    expect(logWealth({ scale: 1, counts: new Map([[-2, 1e7]]) }, H0)).toBeGreaterThan(-1e9);
    expect(() => logWealth(counted([3]), H0)).toThrow(RangeError);
    expect(() => logWealth(counted([2]), { delta: 0, range: 1 })).toThrow(RangeError);
  });

  const nulls: [string, [number, number][][], number, number][] = [
    [
      '+1 and -1 alike',
      Array(6).fill([
        [-1, 0.3],
        [0, 0.4],
        [1, 0.3],
      ]),
      1,
      0,
    ],
    [
      'a rare -2 against a frequent +1',
      Array(6).fill([
        [-2, 0.2],
        [0, 0.4],
        [1, 0.4],
      ]),
      1,
      0,
    ],
    ['always 0', Array(6).fill([[0, 1]]), 1, 0],
    [
      'a minimum effect of 0.2',
      Array(6).fill([
        [-1, 0.1],
        [0, 0.6],
        [1, 0.3],
      ]),
      1,
      0.2,
    ],
    [
      'thirds, as with three training seeds',
      Array(5).fill([
        [-3, 0.2],
        [-1, 0.2],
        [0, 0.2],
        [2, 0.4],
      ]),
      3,
      0,
    ],
    [
      'questions with unequal effects whose mean is 0',
      [
        ...Array(3).fill([
          [0, 0.2],
          [1, 0.8],
        ]),
        ...Array(3).fill([
          [-1, 0.8],
          [0, 0.2],
        ]),
      ],
      1,
      0,
    ],
  ];
  it.each(nulls)('has a mean of at most 1 under the null: %s', (_, distributions, scale, delta) => {
    expect(expectedWealth(distributions, scale, delta)).toBeLessThanOrEqual(1 + 1e-12);
  });

  it('has a mean above 1 where there is an effect', () => {
    expect(
      expectedWealth(
        Array(5).fill([
          [0, 0.8],
          [1, 0.2],
        ]),
        1,
        0,
      ),
    ).toBeGreaterThan(1.3);
  });
});

describe('draws to come', () => {
  it('finds how many draws like these reach a level', () => {
    const draws: Draws = {
      scale: 1,
      counts: new Map([
        [0, 90],
        [1, 10],
      ]),
    };
    const total = drawsToReach(200, draws, H0) as number;
    const at = (n: number): number =>
      eValue(
        {
          scale: 1,
          counts: new Map([
            [0, Math.round(0.9 * n)],
            [1, Math.round(0.1 * n)],
          ]),
        },
        H0,
      );
    expect(at(total)).toBeGreaterThanOrEqual(200);
    expect(at(total - 11)).toBeLessThan(200);
  });
  it('says null where more of the same leads nowhere', () => {
    expect(
      drawsToReach(
        20,
        {
          scale: 1,
          counts: new Map([
            [-1, 5],
            [1, 5],
          ]),
        },
        H0,
      ),
    ).toBeNull();
    expect(drawsToReach(20, { scale: 1, counts: new Map() }, H0)).toBeNull();
  });
  it('averages draws', () => {
    expect(
      drawMean({
        scale: 2,
        counts: new Map([
          [1, 2],
          [-2, 1],
        ]),
      }),
    ).toBeCloseTo(0, 12);
    expect(drawMean({ scale: 2, counts: new Map() })).toBeNull();
  });
});
