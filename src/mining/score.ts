/** Counts of one candidate: rows that have it among the bad and among the benign. */
export interface Support {
  bad: number;
  benign: number;
}

/**
 * Signed G² of the 2 x 2 table "has it" by "is bad": positive where bad rows have it more often. One half is added to
 * every cell, so that an empty cell is evidence and not infinity. Dunning 1993 (Accurate Methods for the Statistics of
 * Surprise and Coincidence) shows why it is kept for rare words, where a z score is not.
 *
 * @param all how many rows are bad, and how many benign
 */
export function signedG2(having: Support, all: Support): number {
  const a = having.bad + 0.5;
  const b = having.benign + 0.5;
  const c = all.bad - having.bad + 0.5;
  const d = all.benign - having.benign + 0.5;
  const n = a + b + c + d;
  const g2 =
    2 *
    (a * Math.log((a * n) / ((a + b) * (a + c))) +
      b * Math.log((b * n) / ((a + b) * (b + d))) +
      c * Math.log((c * n) / ((c + d) * (a + c))) +
      d * Math.log((d * n) / ((c + d) * (b + d))));
  return a * d >= b * c ? Math.max(0, g2) : -Math.max(0, g2);
}
