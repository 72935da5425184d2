import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { seedOf } from './hash.js';

/** A seeded stream of random numbers: the same parts give the same stream on any machine. */
export interface Random {
  /** A whole number in [0, n). */
  below(n: number): number;
  /** A number in [0, 1) with 53 random bits. */
  unit(): number;
  /** The same items in random order; the argument is left as it is. */
  shuffle<T>(items: readonly T[]): T[];
}

export function randomStream(...parts: (string | number)[]): Random {
  const rng = xoroshiro128plus(seedOf(...parts));
  const below = (n: number): number => uniformInt(rng, 0, n - 1);
  return {
    below,
    unit: () => (below(2 ** 26) * 2 ** 27 + below(2 ** 27)) / 2 ** 53,
    shuffle: <T>(items: readonly T[]): T[] => {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [out[i], out[j]] = [out[j] as T, out[i] as T];
      }
      return out;
    },
  };
}
