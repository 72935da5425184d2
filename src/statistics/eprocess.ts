/**
 * Evidence against "the mean of D is at most delta" for draws D in [-range, range], as an e-value that depends on
 * the counts of the values alone: no order, safe under stopping and resuming.
 *
 *   W = sum_k w_k prod_v (1 + lambda_k (v - delta))^(n_v),   0 <= lambda_k < 1 / (range + delta)
 *
 * Why E W <= 1 under the null. Each factor is positive and has the mean 1 + lambda (E D - delta). For draws of a common
 * null distribution the product has a mean <= 1 at every time (Ville: it is a test martingale). For a fixed
 * number of draws whose means differ between questions, the mean of the product is the product of the means,
 * which by the inequality of the arithmetic and the geometric mean is at most (1 + lambda (mean - delta))^n <= 1.
 *
 * Sources: Waudby-Smith and Ramdas, JRSS B 86 (2024), sections 4-5 (betting); Shafer, JRSS A 184 (2021).
 */

/** How often each value was drawn. Values are whole multiples of `1 / scale`: the key is the numerator. */
export interface Draws {
  scale: number;
  counts: ReadonlyMap<number, number>;
}

/** The null: mean <= `delta`, for values in [-range, range]. 2 with a base beside the tuned model, 1 without. */
export interface Null {
  delta: number;
  range: number;
}

/**
 * Bets as shares of the largest one that can never lose everything, with their weights. The best bet is near
 * E D / E D^2, which is far above the cap for the effects looked for (rare without the cue): half the weight therefore lies at
 * 0.98 of the cap. The small bets are for noisy cells (a cue that moves the base too), where the cap would lose.
 * Mean draws to a claim, budget 800, 3000 runs each, at W >= 20 (one cue) and W >= 200 (ten cues):
 * 2% / 0: 448 and 693 (64% claimed); 5% / 1%: 271, 452; 10% / 1%: 111, 180; 40% / 5%: 28, 46; with a base of 40% / 30%
 * against 70% / 40%: 184, 302. Ten equal bets of equal weight: 541, 741 (46%); 306, 504; 127, 204; 32, 53; 165, 286.
 */
export const BETS: Bets = [
  { share: 0.03, weight: 0.06 },
  { share: 0.06, weight: 0.07 },
  { share: 0.12, weight: 0.08 },
  { share: 0.25, weight: 0.09 },
  { share: 0.5, weight: 0.2 },
  { share: 0.98, weight: 0.5 },
];

/** No e-value is reported above this: "at least 1e300" is a number that JSON can hold. */
export const LARGEST_E = 1e300;

/** One bet as a share of the largest that never loses everything, and its weight; the weights add up to 1. */
export type Bets = readonly { share: number; weight: number }[];

/** ln W. Finite for any counts; 0 without draws. `delta` may be negative, above -range. */
export function logWealth(draws: Draws, { delta, range }: Null, bets: Bets = BETS): number {
  const values = [...draws.counts].filter(([, n]) => n > 0).sort(([a], [b]) => a - b);
  for (const [numerator, n] of values) {
    if (!(Math.abs(numerator) <= range * draws.scale && Number.isInteger(n))) {
      throw new RangeError(
        `draw ${numerator}/${draws.scale} (${n} times) is outside of [-${range}, ${range}]`,
      );
    }
  }
  const logs = bets.map(({ share, weight }) => {
    const lambda = share / (range + delta);
    let sum = Math.log(weight);
    for (const [numerator, n] of values) sum += n * Math.log1p(lambda * (numerator / draws.scale - delta));
    return sum;
  });
  const top = Math.max(...logs);
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0));
}

/** W itself, at most `LARGEST_E`. */
export function eValue(draws: Draws, hypothesis: Null): number {
  return Math.min(LARGEST_E, Math.exp(logWealth(draws, hypothesis)));
}

/** Number of draws. */
export function drawCount(draws: Draws): number {
  let sum = 0;
  for (const n of draws.counts.values()) sum += n;
  return sum;
}

/** Mean of the draws, or null without any. */
export function drawMean(draws: Draws): number | null {
  const n = drawCount(draws);
  if (n === 0) return null;
  let sum = 0;
  for (const [numerator, count] of draws.counts) sum += numerator * count;
  return sum / draws.scale / n;
}

/**
 * About how many draws in all the wealth needs to pass `needed`, if the draws to come are like those so far: the wealth
 * of the counts blown up by a common factor. Null if more draws like these would never get there (below 10 million).
 */
export function drawsToReach(needed: number, draws: Draws, hypothesis: Null): number | null {
  const now = drawCount(draws);
  if (now === 0) return null;
  const reached = (factor: number): boolean => {
    const counts = new Map([...draws.counts].map(([v, n]) => [v, Math.round(n * factor)]));
    return logWealth({ scale: draws.scale, counts }, hypothesis) >= Math.log(needed);
  };
  let high = 1;
  while (!reached(high)) {
    high *= 2;
    if (high * now > 1e7) return null;
  }
  let low = high / 2;
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (reached(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high * now);
}
