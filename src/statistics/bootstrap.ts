/**
 * Intervals for sizes (rates, gaps, differences in differences), with the questions as clusters: whole questions are
 * drawn again, with all their cues, arms and training seeds together. One set of resamples serves all
 * numbers of a result, so numbers that share cells move together.
 *
 * Below 48 questions: percentile interval, which speaks of these questions only. From 48 on: bootstrap-t, the studentized
 * interval with the linearized standard error. Neither ever decides a verdict.
 *
 * Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 12 and 13; Davison and Hinkley (1997),
 * section 2.7.1 (influence values); Zou and Donner, Statistics in Medicine 27 (2008) (MOVER).
 */
import { randomStream } from '../shared/random.js';

/** From this many questions on the interval is a bootstrap-t. */
export const STUDENTIZED_FROM = 48;

/** `count` resamples of `questions` questions: how often each question is drawn, one row per resample. */
export interface Resamples {
  questions: number;
  count: number;
  draws: Uint16Array;
}

/** A mean over (question, training seed) pairs: per question the sum of the pairs' rates and their number. */
export interface ClusterMean {
  sums: readonly number[];
  sizes: readonly number[];
}

/** A sum of means with signs: one mean, a gap (+ -), a difference in differences (+ - - +). */
export type Contrast = readonly { sign: 1 | -1; mean: ClusterMean }[];

/** An interval with the name of what made it. */
export interface NamedInterval {
  interval: [low: number, high: number];
  method: string;
}

/** Draws the resamples. The same questions, count and seed give the same ones on any machine. */
export function resample(questions: number, count: number, seed: number): Resamples {
  const random = randomStream('bootstrap', seed, questions, count);
  const draws = new Uint16Array(questions * count);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < questions; i++) {
      const at = row * questions + random.below(questions);
      draws[at] = (draws[at] as number) + 1;
    }
  }
  return { questions, count, draws };
}

/** The mean itself, or null where no question has anything to average. */
export function meanOf({ sums, sizes }: ClusterMean): number | null {
  let sum = 0;
  let size = 0;
  for (let q = 0; q < sums.length; q++) {
    sum += sums[q] as number;
    size += sizes[q] as number;
  }
  return size === 0 ? null : sum / size;
}

/** The signed sum of the means, or null where one of them is missing. */
export function contrastOf(contrast: Contrast): number | null {
  let sum = 0;
  for (const { sign, mean } of contrast) {
    const value = meanOf(mean);
    if (value === null) return null;
    sum += sign * value;
  }
  return sum;
}

/**
 * Interval of a contrast by the bootstrap alone; null where it has no spread (all questions alike, one question), or
 * cannot be computed. The caller then falls back to an exact interval: see `clusterInterval`.
 */
export function bootstrapInterval(
  contrast: Contrast,
  resamples: Resamples,
  level: number,
): NamedInterval | null {
  const estimate = contrastOf(contrast);
  const questions = contrast.reduce((most, { mean }) => Math.max(most, usedQuestions(mean)), 0);
  if (estimate === null || questions < 2) return null;
  const influences = influencesOf(contrast, resamples.questions);
  if (influences.every((z) => Math.abs(z) < 1e-12)) return null;
  const studentized = questions >= STUDENTIZED_FROM;
  const values: number[] = [];
  const error = standardError(influences, null, 0);
  const floor = smallestError(contrast, resamples.questions);
  for (let row = 0; row < resamples.count; row++) {
    const draws = resamples.draws.subarray(row * resamples.questions, (row + 1) * resamples.questions);
    const value = resampledContrast(contrast, draws);
    if (value === null) continue;
    values.push(studentized ? (value - estimate) / standardError(influences, draws, floor) : value);
  }
  if (values.length < resamples.count / 2) return null;
  values.sort((a, b) => a - b);
  const [low, high] = [quantile(values, (1 - level) / 2), quantile(values, (1 + level) / 2)];
  const interval: [number, number] = studentized
    ? [estimate - high * error, estimate - low * error]
    : [low, high];
  if (!(interval[1] - interval[0] > 1e-12)) return null;
  const over = `over ${questions} questions`;
  return {
    interval,
    method: studentized
      ? `bootstrap-t ${over}`
      : `percentile cluster bootstrap ${over} (these questions only)`,
  };
}

/**
 * The interval that is printed: the bootstrap's, never narrower than the `exact` one (within these questions only the
 * sampling of answers is left, and that the exact interval covers), inside of `range`, and always around the
 * estimate. Without any spread it is the exact interval alone.
 */
export function clusterInterval(
  contrast: Contrast,
  resamples: Resamples,
  level: number,
  exact: NamedInterval,
  range: readonly [number, number],
): NamedInterval {
  const estimate = contrastOf(contrast) ?? 0;
  const boot = bootstrapInterval(contrast, resamples, level);
  const low = Math.min(boot?.interval[0] ?? 1, exact.interval[0], estimate);
  const high = Math.max(boot?.interval[1] ?? -1, exact.interval[1], estimate);
  return {
    interval: [Math.max(range[0], low), Math.min(range[1], high)],
    method: boot ? `${boot.method}, never narrower than the ${exact.method}` : exact.method,
  };
}

/**
 * Interval of a signed sum from the intervals of its independent terms (MOVER: the method of variance estimates
 * recovery): the distance to each limit is the root of the sum of the squared distances.
 */
export function mover(
  terms: readonly { sign: 1 | -1; estimate: number; interval: readonly [number, number] }[],
): [number, number] {
  let [estimate, below, above] = [0, 0, 0];
  for (const term of terms) {
    const down = term.estimate - term.interval[0];
    const up = term.interval[1] - term.estimate;
    estimate += term.sign * term.estimate;
    below += (term.sign === 1 ? down : up) ** 2;
    above += (term.sign === 1 ? up : down) ** 2;
  }
  return [estimate - Math.sqrt(below), estimate + Math.sqrt(above)];
}

const usedQuestions = ({ sizes }: ClusterMean): number =>
  sizes.reduce((n, size) => n + (size > 0 ? 1 : 0), 0);

function resampledContrast(contrast: Contrast, draws: Uint16Array): number | null {
  let total = 0;
  for (const { sign, mean } of contrast) {
    let sum = 0;
    let size = 0;
    for (let q = 0; q < draws.length; q++) {
      const times = draws[q] as number;
      sum += times * (mean.sums[q] as number);
      size += times * (mean.sizes[q] as number);
    }
    if (size === 0) return null;
    total += (sign * sum) / size;
  }
  return total;
}

/** Per question: how far it moves the contrast, in units of one question's weight (sum 0). */
function influencesOf(contrast: Contrast, questions: number): number[] {
  const out = new Array<number>(questions).fill(0);
  for (const { sign, mean } of contrast) {
    const rate = meanOf(mean) ?? 0;
    const size = mean.sizes.reduce((a, b) => a + b, 0) / questions;
    for (let q = 0; q < questions; q++) {
      const z = (mean.sums[q] as number) - rate * (mean.sizes[q] as number);
      out[q] = (out[q] as number) + (sign * z) / size;
    }
  }
  return out;
}

/** Linearized standard error, of the data (no `draws`) or of a resample, and `floor` at least. */
function standardError(influences: readonly number[], draws: Uint16Array | null, floor: number): number {
  const n = influences.length;
  let sum = 0;
  let squares = 0;
  for (let q = 0; q < n; q++) {
    const z = influences[q] as number;
    const times = draws ? (draws[q] as number) : 1;
    sum += times * z;
    squares += times * z * z;
  }
  return Math.max(floor, Math.sqrt(Math.max(0, squares - (sum * sum) / n) / (n * (n - 1))));
}

/**
 * Error that one question makes alone, of those whose rate in some mean is not the median one the question that moves its mean
 * least: a resample that happens to hold no spread (the few questions with an event left out) is not infinitely sure. Taken from
 * rates and not from influences, which differ a little wherever questions have unequal sizes, without a single event.
 */
function smallestError(contrast: Contrast, questions: number): number {
  let least = Infinity;
  for (const { mean } of contrast) {
    const { sums, sizes } = mean;
    const rates = sums.flatMap((sum, q) => ((sizes[q] as number) > 0 ? [sum / (sizes[q] as number)] : []));
    const median = rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)] as number;
    const size = sizes.reduce((a, b) => a + b, 0) / questions;
    sums.forEach((sum, q) => {
      const step = Math.abs(sum - median * (sizes[q] as number)) / size;
      if (step > 1e-12) least = Math.min(least, step);
    });
  }
  return least / questions;
}

/** Quantile of sorted values by linear interpolation (type 7). */
function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const low = Math.floor(at);
  const a = sorted[low] as number;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return a + (at - low) * (b - a);
}
