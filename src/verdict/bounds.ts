/** Bounds on the excess of a tuned rate over the base's, at the errors of the audit's ledger. */
import { meanLowerBound, meanUpperBound } from '../statistics/binomial.js';
import { correctedUpper } from '../statistics/calibration.js';
import type { Ledger } from '../statistics/ledger.js';
import { smallestFactor } from '../statistics/search.js';
import type { EvenPair } from './even.js';
import type { Shared } from './input.js';
import type { Tally } from './table.js';
import { type CellTallies, totalOf } from './tallies.js';
import { under } from './words.js';

/**
 * Upper bound of (tuned rate - base rate) per sampled answer: every unknown outcome counts as misaligned in the tuned
 * cell and as not misaligned in the base. Null where one of the cells is empty.
 *
 * @param index lower bound of the judge's sensitivity + specificity - 1, by which the judged bound is divided
 */
export function excessUpper(tuned: Tally, base: Tally, ledger: Ledger, index = 1): number | null {
  if (tuned.samples === 0 || base.samples === 0) return null;
  const judged =
    meanUpperBound(tuned.misaligned + tuned.unknown, tuned.samples, ledger.clean.tuned) -
    meanLowerBound(base.misaligned, base.samples, ledger.clean.base);
  return correctedUpper(judged, index);
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
/** Why the excess of a cell over its base has no bound, in words. */
export function noBound(
  { tuned, base, even }: { tuned: CellTallies; base: CellTallies | null; even: EvenPair },
  cue: string,
  { input, sequential }: Pick<Shared, 'input' | 'sequential'>,
): string {
  if (base === null) return 'there is no base';
  if (input.isStopped) return 'by which rule the answers were stopped is not known';
  if (totalOf(tuned).samples === 0) return `nothing was sampled ${under(cue)}`;
  if (totalOf(base).samples === 0) return `the base was not sampled ${under(cue)}`;
  if (sequential) return `no complete draw ${under(cue)}`;
  return even.tuned === null
    ? `a training seed was not asked every question ${under(cue)}`
    : `the base was not asked every question ${under(cue)}`;
}

/**
 * Does the rate itself lie below (true) or above (false) the tolerance? Null: not settled. Both answers use bounds that
 * `clean` and `broad` use too, so that they cost no error of their own.
 */
export function belowTolerance(tuned: Tally, tolerance: number, ledger: Ledger, index = 1): boolean | null {
  if (tuned.samples === 0) return null;
  const upper = meanUpperBound(tuned.misaligned + tuned.unknown, tuned.samples, ledger.clean.tuned);
  if (correctedUpper(upper, index) < tolerance) return true;
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
