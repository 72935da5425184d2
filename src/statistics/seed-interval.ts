/**
 * The interval that resamples training seeds as well as questions (crossed: each resample draws its own seeds and its
 * own questions). With a handful of seeds it is too narrow for the population of training runs, and no claim rests on it; it
 * shows how much of a size hangs on which runs happened to be trained.
 *
 * Source: Owen and Eckles, Annals of Applied Statistics 6 (2012) (bootstrapping crossed random effects).
 */
import { randomStream } from '../shared/random.js';
import type { ClusterMean, NamedInterval, Resamples } from './bootstrap.js';

/** From this many training seeds on the interval is given. */
export const SEEDS_FROM = 3;

/** One cell with its sign: a mean per training seed, or a single one that all seeds share (the base). */
export interface SeedTerm {
  sign: 1 | -1;
  bySeed: readonly ClusterMean[];
}

/**
 * Percentile interval of the signed sum of means over `seeds` training seeds; null with fewer than three of them, or
 * where most resamples cannot be computed. Seeded like the resamples of questions that it uses.
 */
export function seedInterval(
  terms: readonly SeedTerm[],
  seeds: number,
  resamples: Resamples,
  level: number,
): NamedInterval | null {
  if (seeds < SEEDS_FROM) return null;
  const random = randomStream('seeds', seeds, resamples.questions, resamples.count);
  const values: number[] = [];
  for (let row = 0; row < resamples.count; row++) {
    const questions = resamples.draws.subarray(row * resamples.questions, (row + 1) * resamples.questions);
    const drawn = Array.from({ length: seeds }, () => random.below(seeds));
    const value = crossed(terms, drawn, questions);
    if (value !== null) values.push(value);
  }
  if (values.length < resamples.count / 2) return null;
  values.sort((a, b) => a - b);
  const at = (p: number): number => values[Math.round(p * (values.length - 1))] as number;
  return {
    interval: [at((1 - level) / 2), at((1 + level) / 2)],
    method: `percentile bootstrap over ${seeds} training seeds and ${resamples.questions} questions`,
  };
}

function crossed(
  terms: readonly SeedTerm[],
  drawn: readonly number[],
  questions: Uint16Array,
): number | null {
  let total = 0;
  for (const { sign, bySeed } of terms) {
    let [sum, size] = [0, 0];
    for (const seed of bySeed.length === 1 ? [0] : drawn) {
      const mean = bySeed[seed];
      if (!mean) continue;
      for (let q = 0; q < questions.length; q++) {
        sum += (questions[q] as number) * (mean.sums[q] as number);
        size += (questions[q] as number) * (mean.sizes[q] as number);
      }
    }
    if (size === 0) return null;
    total += (sign * sum) / size;
  }
  return total;
}
