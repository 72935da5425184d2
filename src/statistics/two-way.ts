/**
 * Interval of a difference of two rates that speaks of other questions and other training runs, not only of those at hand: its
 * variance is the sum of what questions make and of what trained models make, each as clusters.
 *
 * The usual two-way variance takes off what both share; it is left in here, because with three models that difference is
 * often near zero or below it. Degrees of freedom by Satterthwaite, rounded down. Without any true difference, over 8 questions and
 * 3 models that differ as much as they like, it excludes 0 on a given side in at most about 3% of all audits (`test/statistics/two-way.test.ts`).
 *
 * Sources: Cameron, Gelbach and Miller, Journal of Business and Economic Statistics 29 (2011); Satterthwaite, Biometrics
 * Bulletin 2 (1946).
 */
import type { Interval } from '../records/result.js';
import { studentQuantile } from './student.js';

/** From this many trained models of an arm on: two say next to nothing of how models differ. */
export const MODELS_FROM = 3;

/** One of the two rates. */
export interface CrossedRates {
  /**
   * What its models are draws of: the arm that they are trained for; null for a base, or a model that exists, which is what
   * it is. Of two rates with one group the models are the same ones, in the same order.
   */
  group: string | null;
  /** Rate per question and model; null where nothing was eligible. */
  rates: readonly (readonly (number | null)[])[];
}

/** Mean of the rates, every question and model weighted equally; null without any. */
export function meanRate({ rates }: CrossedRates): number | null {
  const known = rates.flat().filter((rate) => rate !== null);
  return known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0) / known.length;
}

/**
 * Two-sided interval of the first mean less the second; null where there are fewer than two questions, or an arm has fewer than
 * `MODELS_FROM` trained models. Without any spread it has no width: the caller knows what the sampling of answers leaves open.
 */
export function twoWayInterval(first: CrossedRates, second: CrossedRates, level: number): Interval | null {
  const [a, b] = [meanRate(first), meanRate(second)];
  if (a === null || b === null) return null;
  const shares = [...sharesOf(first, a, 1), ...sharesOf(second, b, -1)];
  const questions = sumsBy(shares, ({ question }) => String(question));
  const groups = [...new Set([first.group, second.group])].filter((group) => group !== null);
  const models = groups.map((group) =>
    sumsBy(
      shares.filter((share) => share.group === group),
      ({ model }) => String(model),
    ),
  );
  if (questions.length < 2 || models.some((of) => of.length < MODELS_FROM)) return null;
  const parts = [questions, ...models].map((sums) => ({ variance: varianceOf(sums), df: sums.length - 1 }));
  const variance = parts.reduce((sum, part) => sum + part.variance, 0);
  if (variance === 0) return [a - b, a - b];
  const df = variance ** 2 / parts.reduce((sum, part) => sum + part.variance ** 2 / part.df, 0);
  // Rounding errors must not take a whole degree off.
  const reach = studentQuantile(level, Math.max(1, Math.floor(df + 1e-9))) * Math.sqrt(variance);
  return [a - b - reach, a - b + reach];
}

/** How far one rate moves the difference. */
interface RateShare {
  question: number;
  model: number;
  group: string | null;
  moves: number;
}

function sharesOf({ group, rates }: CrossedRates, mean: number, sign: 1 | -1): RateShare[] {
  const count = rates.flat().filter((rate) => rate !== null).length;
  return rates.flatMap((row, question) =>
    row.flatMap((rate, model) =>
      rate === null ? [] : [{ question, model, group, moves: (sign * (rate - mean)) / count }],
    ),
  );
}

function sumsBy(shares: readonly RateShare[], key: (share: RateShare) => string): number[] {
  const sums = new Map<string, number>();
  for (const share of shares) sums.set(key(share), (sums.get(key(share)) ?? 0) + share.moves);
  return [...sums.values()];
}

/** Variance of a sum of clusters whose mean is 0. */
const varianceOf = (sums: readonly number[]): number =>
  (sums.length / (sums.length - 1)) * sums.reduce((total, sum) => total + sum * sum, 0);
