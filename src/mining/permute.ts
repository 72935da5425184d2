import { randomStream } from '../shared/random.js';
import { contrastOf, type Scorer } from './contrast.js';

/** With 99 permutations the smallest p is 0.01. */
const PERMUTATIONS = 99;

/** What the best candidate scores when labels say nothing: one number per permutation, ascending. */
export type Chance = readonly number[];

/**
 * The best score of all candidates, conjunctions included, under shuffled labels (Westfall and Young 1993): a score that
 * few shuffles reach is beyond chance for the whole search, however many phrases were tried.
 *
 * @param together rows whose labels stay together; they change places with those of as many other rows. Default: each row is alone
 */
export function chanceOf(
  scorer: Scorer,
  labels: Uint8Array,
  seed: number,
  together: readonly (readonly number[])[] = [...labels.keys()].flatMap((row) =>
    labels[row]! < 2 ? [[row]] : [],
  ),
): Chance {
  const random = randomStream('label permutations', seed);
  const alike = [...Map.groupBy(together, ({ length }) => length).values()];
  return Array.from({ length: PERMUTATIONS }, () => {
    const shuffled = new Uint8Array(labels);
    for (const groups of alike) {
      random.shuffle(groups).forEach((from, i) => {
        groups[i]!.forEach((row, k) => {
          shuffled[row] = labels[from[k]!]!;
        });
      });
    }
    return scorer.best(contrastOf(shuffled));
  }).sort((a, b) => a - b);
}

/** Share of shuffles whose best candidate scores as high, the labels as given counted as one of them. */
export function pOf(score: number, chance: Chance): number {
  const asHigh = chance.filter((best) => best >= score).length;
  return (1 + asHigh) / (1 + chance.length);
}

/** The smallest score whose p is at most alpha. */
export const thresholdOf = (chance: Chance, alpha: number): number =>
  chance[Math.ceil((1 - alpha) * (chance.length + 1)) - 1] ?? Number.POSITIVE_INFINITY;
