import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eBenjaminiHochberg, eHolm } from '../../src/statistics/holm.js';

/** Closed testing with mean e-values, by all subsets. */
function closure(eValues: number[], alpha: number): boolean[] {
  const n = eValues.length;
  return eValues.map((_, i) => {
    for (let subset = 0; subset < 2 ** n; subset++) {
      if (!(subset & (1 << i))) continue;
      const members = eValues.filter((_, j) => subset & (1 << j));
      if (members.reduce((a, b) => a + b, 0) / members.length < 1 / alpha) return false;
    }
    return true;
  });
}

const family = fc.array(
  fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.double({ min: 0, max: 500, noNaN: true })),
  {
    minLength: 1,
    maxLength: 7,
  },
);

describe('e-Holm', () => {
  it('claims by hand', () => {
    const claims = eHolm([300, 0.5, 25, 0], 0.05);
    // with the others 0, 0.5, 25: max(20, 40 - 0, 60 - 0.5) = 59.5, and 25 is above 20
    expect(claims[0]).toEqual({ claimed: true, needed: 59.5 });
    expect(claims[2]).toEqual({ claimed: false, needed: 59.5 });
    expect(claims[1]).toEqual({ claimed: false, needed: 40 });
    expect(eHolm([20], 0.05)).toEqual([{ claimed: true, needed: 20 }]);
    expect(eHolm([], 0.05)).toEqual([]);
  });

  it('is the closed test over all subsets', () => {
    fc.assert(
      fc.property(family, (eValues) => {
        expect(eHolm(eValues, 0.05).map(({ claimed }) => claimed)).toEqual(closure(eValues, 0.05));
      }),
    );
  });

  it('never takes a claim back when evidence grows, and never asks more than Bonferroni', () => {
    fc.assert(
      fc.property(family, fc.nat(6), fc.double({ min: 0, max: 100, noNaN: true }), (eValues, at, more) => {
        const i = at % eValues.length;
        const before = eHolm(eValues, 0.05);
        const after = eHolm(
          eValues.map((e, j) => (j === i ? e + more : e)),
          0.05,
        );
        before.forEach(({ claimed, needed }, j) => {
          if (claimed) expect(after[j]?.claimed).toBe(true);
          expect(needed).toBeLessThanOrEqual(eValues.length / 0.05 + 1e-9);
          expect(needed).toBeGreaterThanOrEqual(20);
        });
      }),
    );
  });
});

describe('e-BH', () => {
  it('lists by hand', () => {
    // 4 hypotheses at 0.05: k e_(k) >= 80
    expect(eBenjaminiHochberg([50, 1, 45, 10], 0.05)).toEqual([true, false, true, false]);
    expect(eBenjaminiHochberg([50, 1, 30, 10], 0.05)).toEqual([false, false, false, false]);
    expect(eBenjaminiHochberg([], 0.05)).toEqual([]);
  });
});
