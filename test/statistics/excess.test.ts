import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EXCESS_BETS,
  excessLowerBound,
  excessUpperBound,
  logWealthAbove,
  logWealthBelow,
} from '../../src/statistics/excess.js';

const counts = fc.record({
  minus: fc.nat({ max: 300 }),
  zero: fc.nat({ max: 3000 }),
  plus: fc.nat({ max: 300 }),
});
const none = (zero: number) => ({ minus: 0, zero, plus: 0 });

/** Fewest draws without an event that bound the excess below the tolerance. */
function drawsToClean(tolerance: number, needed: number): number {
  let n = 1;
  while (logWealthBelow(none(n), tolerance) < Math.log(needed)) n++;
  return n;
}

describe('bounds of the excess by betting', () => {
  it('have bets with weights that add up to 1, none of which can lose everything', () => {
    expect(EXCESS_BETS.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    for (const { share } of EXCESS_BETS) expect(share).toBeLessThan(1);
  });

  it('never gain on average where the null is true, whatever the draws so far (one step, exact)', () => {
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0.005, max: 0.3, noNaN: true }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        (before, tolerance, base) => {
          // E X = tolerance: plus with base + tolerance, minus with base (any coupling has such marginals)
          const plus = Math.min(1 - base, base + tolerance);
          const minus = plus - tolerance;
          const wealth = (c: typeof before): number => Math.exp(logWealthBelow(c, tolerance) - logNow);
          const logNow = logWealthBelow(before, tolerance);
          const mean =
            plus * wealth({ ...before, plus: before.plus + 1 }) +
            minus * wealth({ ...before, minus: before.minus + 1 }) +
            (1 - plus - minus) * wealth({ ...before, zero: before.zero + 1 });
          expect(mean).toBeCloseTo(1, 6);
        },
      ),
    );
  });

  it('are ends of one confidence sequence: they agree with the tests, and lie around the mean', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 0.01, max: 0.3, noNaN: true }), (c, tolerance) => {
        const upper = excessUpperBound(c, 0.05);
        const lower = excessLowerBound(c, 0.05);
        const n = c.minus + c.zero + c.plus;
        expect(lower).toBeLessThan(upper);
        if (n > 0) {
          expect(lower).toBeLessThanOrEqual((c.plus - c.minus) / n);
          expect(upper).toBeGreaterThanOrEqual((c.plus - c.minus) / n);
        }
        expect(upper < tolerance).toBe(logWealthBelow(c, tolerance) >= Math.log(20));
        expect(lower > tolerance).toBe(logWealthAbove(c, tolerance) >= Math.log(20));
      }),
    );
  });

  it('say nothing without draws', () => {
    expect(excessUpperBound(none(0), 0.05)).toBe(1);
    expect(excessLowerBound(none(0), 0.05)).toBe(-1);
  });

  it('take 71, 179, 359 draws to clean at 5, 2, 1% without an event; with ten arms 118, 299, 602', () => {
    expect([0.05, 0.02, 0.01].map((tolerance) => drawsToClean(tolerance, 20))).toEqual([71, 179, 359]);
    expect([0.05, 0.02, 0.01].map((tolerance) => drawsToClean(tolerance, 200))).toEqual([118, 299, 602]);
  });
});
