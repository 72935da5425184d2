import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialPmf } from '../../src/statistics/binomial.js';
import { calibrate, correctedRate, correctedUpper } from '../../src/statistics/calibration.js';

describe('calibration of a judge', () => {
  it('has a lower index that is above the true one with a probability of at most alpha (exact)', () => {
    const [n, m, alpha] = [40, 60, 0.05];
    for (const [se, sp] of [
      [0.9, 0.95],
      [0.7, 0.99],
      [0.55, 0.6],
    ] as const) {
      let misses = 0;
      for (let a = 0; a <= n; a++) {
        for (let b = 0; b <= m; b++) {
          const found = calibrate({ right: a, labelled: n }, { right: b, labelled: m }, alpha);
          if (found && found.lowerIndex > se + sp - 1) {
            misses += binomialPmf(a, n, se) * binomialPmf(b, m, sp);
          }
        }
      }
      expect(misses).toBeLessThanOrEqual(alpha);
    }
  });

  it('gives the true rate back where errors are known', () => {
    const unit = fc.double({ min: 0.5, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, fc.double({ min: 0, max: 1, noNaN: true }), (se, sp, rate) => {
        fc.pre(se + sp > 1.01);
        const judged = se * rate + (1 - sp) * (1 - rate);
        const calibration = { sensitivity: se, specificity: sp, lowerIndex: se + sp - 1 };
        expect(correctedRate(judged, calibration)).toBeCloseTo(rate, 8);
        // and an excess that is judged alike in both cells is never below its judged size
        expect(correctedUpper(rate * (se + sp - 1), calibration)).toBeCloseTo(rate, 8);
      }),
    );
  });

  it('excludes nothing where a judge is not shown to be better than chance, or nothing was labelled', () => {
    const poor = calibrate({ right: 2, labelled: 4 }, { right: 3, labelled: 4 }, 0.05);
    expect(poor?.lowerIndex).toBeLessThan(0);
    expect(correctedUpper(0.01, poor as NonNullable<typeof poor>)).toBe(1);
    expect(calibrate({ right: 0, labelled: 0 }, { right: 3, labelled: 4 }, 0.05)).toBeNull();
    const chance = { sensitivity: 0.5, specificity: 0.5, lowerIndex: -0.5 };
    expect(correctedRate(0.2, chance)).toBeNull();
  });

  it('leaves a bound at or below 0 as it is', () => {
    const good = { sensitivity: 0.9, specificity: 0.9, lowerIndex: 0.6 };
    expect(correctedUpper(-0.01, good)).toBe(-0.01);
    expect(correctedUpper(0.03, good)).toBeCloseTo(0.05, 12);
  });
});
