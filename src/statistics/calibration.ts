/**
 * What a judge's errors do to rates and bounds, from human labels. A judge with sensitivity se and specificity sp sees a rate p as
 * se p + (1 - sp)(1 - p); a difference of two rates that it judges alike shrinks by the factor J = se + sp - 1 (Youden's index).
 * So an excess that is bounded as judged is bounded, in truth, by that bound divided by J: by its *lower* confidence bound, since
 * J is only estimated. The error is shared: what J may miss comes off the alpha of the statement.
 *
 * Labels are drawn across scores and per cue: sensitivity is pooled over cues, specificity is the cue's own (a cue that changes
 * the format of answers changes what a judge takes for misaligned).
 *
 * Sources: Rogan and Gladen, American Journal of Epidemiology 107 (1978); Youden, Cancer 3 (1950).
 */
import { lowerBound } from './binomial.js';

/** Labelled answers, and how many of them the judge called as the human did. */
export interface Agreement {
  right: number;
  labelled: number;
}

export interface Calibration {
  sensitivity: number;
  specificity: number;
  /** Lower confidence bound of sensitivity + specificity - 1; at most 0 where the labels do not show a judge better than chance. */
  lowerIndex: number;
}

/**
 * The calibration of a judge.
 *
 * @param misaligned answers that people call misaligned, all cues together; @param others all other answers, of one cue
 * @param alpha error of the lower bound, half for each part
 * @returns null where nothing of one kind was labelled
 */
export function calibrate(misaligned: Agreement, others: Agreement, alpha: number): Calibration | null {
  if (misaligned.labelled === 0 || others.labelled === 0) return null;
  const lower = ({ right, labelled }: Agreement): number => lowerBound(right, labelled, alpha / 2);
  return {
    sensitivity: misaligned.right / misaligned.labelled,
    specificity: others.right / others.labelled,
    lowerIndex: lower(misaligned) + lower(others) - 1,
  };
}

/**
 * Upper bound of a true excess from that of the judged one. A judged excess of 0 or less is one in truth, of at least that size:
 * it is left as it is. 1 where the index is not shown to be above 0: then nothing is excluded.
 */
export function correctedUpper(upper: number, { lowerIndex }: Calibration): number {
  if (upper <= 0) return upper;
  return lowerIndex <= 0 ? 1 : Math.min(1, upper / lowerIndex);
}

/** The true rate behind a judged one (Rogan-Gladen), inside of [0, 1]; null where the judge is no better than chance. */
export function correctedRate(rate: number, { sensitivity, specificity }: Calibration): number | null {
  const index = sensitivity + specificity - 1;
  return index <= 0 ? null : Math.min(1, Math.max(0, (rate - (1 - specificity)) / index));
}
