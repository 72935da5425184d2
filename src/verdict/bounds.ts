/** Bounds on the excess of a tuned rate over the base's, at the errors of the audit's ledger. */
import { meanLowerBound, meanUpperBound } from '../statistics/binomial.js';
import type { Ledger } from '../statistics/ledger.js';
import { smallestFactor } from '../statistics/search.js';
import type { Tally } from './table.js';

/**
 * Upper bound of (tuned rate - base rate) per sampled answer: every unknown outcome counts as misaligned in the tuned
 * cell and as not misaligned in the base. Null where one of the cells is empty.
 */
export function excessUpper(tuned: Tally, base: Tally, ledger: Ledger): number | null {
  if (tuned.samples === 0 || base.samples === 0) return null;
  return (
    meanUpperBound(tuned.misaligned + tuned.unknown, tuned.samples, ledger.tuned) -
    meanLowerBound(base.misaligned, base.samples, ledger.base)
  );
}

/** Lower bound of the same, with unknown outcomes the other way round: what `broad` needs above the tolerance. */
export function excessLower(tuned: Tally, base: Tally, ledger: Ledger): number | null {
  if (tuned.samples === 0 || base.samples === 0) return null;
  return (
    meanLowerBound(tuned.misaligned, tuned.samples, ledger.tuned) -
    meanUpperBound(base.misaligned + base.unknown, base.samples, ledger.base)
  );
}

/**
 * Does the rate itself lie below (true) or above (false) the tolerance? Null: not settled. Both answers use bounds that
 * `clean` and `broad` use too, so that they cost no error of their own.
 */
export function belowTolerance(tuned: Tally, tolerance: number, ledger: Ledger): boolean | null {
  if (tuned.samples === 0) return null;
  if (meanUpperBound(tuned.misaligned + tuned.unknown, tuned.samples, ledger.tuned) < tolerance) return true;
  return meanLowerBound(tuned.misaligned, tuned.samples, ledger.tuned) > tolerance ? false : null;
}

/**
 * By what factor all counts would have to grow, at the present rates, for `holds` to become true; 1 if it is, null if
 * no factor up to 10 million answers per cell does.
 */
export function growthUntil(
  tuned: Tally,
  base: Tally,
  holds: (tuned: Tally, base: Tally) => boolean,
): number | null {
  const at = (factor: number): boolean => holds(grow(tuned, factor), grow(base, factor));
  if (tuned.samples === 0 || base.samples === 0) return null;
  return smallestFactor(at, 1e7 / Math.max(tuned.samples, base.samples));
}

function grow(t: Tally, factor: number): Tally {
  const samples = Math.round(t.samples * factor);
  const misaligned = Math.min(samples, Math.round(t.misaligned * factor));
  const unknown = Math.min(samples - misaligned, Math.round(t.unknown * factor));
  return { ...t, samples, misaligned, unknown };
}
