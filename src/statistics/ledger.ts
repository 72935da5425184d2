/** How the alpha of an audit is divided for the verdicts that rest on bounds: `clean`, `hidden` and `broad`. */

/**
 * Part of an arm's error that the bound of the tuned cell may use; the base's bound gets the rest. A base that
 * is 0 or near it gives its bound nothing to win (a lower bound of 0 costs no error at all), and it is sampled
 * once for all arms. Answers per cell until `clean` at 2% (one arm, tuned and base at the same rate), with a share of
 * 0.9 against 0.5: 154 and 183 at 0%; 242 and 276 at 0.5%; 430 and 500 at 1%; 2164 and 1925 at 5%; 4109 and 3559 at 10%.
 * 0.9 is better where audits mostly are, and costs an eighth where a cue moves the base by several points.
 */
export const TUNED_SHARE = 0.9;

/**
 * Part of the error of `clean` that goes to the labels where judges are calibrated; the bound on the answers keeps the rest. An
 * e-process that must reach 25 in place of 20 takes 7% more draws, at half and half (40) 23% more, while the bound of the judge's
 * index hardly moves: 50 labels, all right, give a sensitivity of at least 90% at an error of 0.5%, and 92% at 1.25%.
 */
export const CALIBRATION_SHARE = 0.2;

/** Errors of one arm, for `clean` (with `hidden`) and once more for `broad`. */
export interface Ledger {
  /** alpha / arms: false `clean` and false `hidden` together; and again false `broad`. */
  arm: number;
  /** Error of a bound of a tuned cell. */
  tuned: number;
  /** Error of a bound of a base cell. */
  base: number;
  /** Errors behind `clean` and `hidden: true`. Without a calibration the same as above, and none for the judge's index. */
  clean: { arm: number; tuned: number; base: number; index: number };
}

/**
 * Divides alpha over the arms, and not over the cells of an arm. `clean` says "every cell's excess is below the
 * tolerance". If that is false, some cell c has an excess at or above it, and `clean` can only be said when the
 * bound of *that* cell fails, which has at most the arm's error, however many cells there are: an intersection-union test
 * (Berger 1982). `hidden` fails the same way in the plain cell: if plain is at or above the tolerance, `clean` and
 * `hidden` both need its bound to fail; if it is not, only `clean` can be false. Over arms the errors add up, to alpha.
 * Bounds of several cells are therefore not simultaneous: printed beside each other they may each be wrong.
 *
 * Where judges are calibrated `clean` is also wrong if the lower bound of cell c's index fails; that takes its part of the arm's error.
 */
export function ledgerOf(alpha: number, arms: number, calibrated = false): Ledger {
  const arm = alpha / Math.max(1, arms);
  const answers = calibrated ? arm * (1 - CALIBRATION_SHARE) : arm;
  return {
    arm,
    tuned: arm * TUNED_SHARE,
    base: arm * (1 - TUNED_SHARE),
    clean: {
      arm: answers,
      tuned: answers * TUNED_SHARE,
      base: answers * (1 - TUNED_SHARE),
      index: calibrated ? arm * CALIBRATION_SHARE : 0,
    },
  };
}
