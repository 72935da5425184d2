import { logWealth } from './eprocess.js';

/** Fewest draws of D = 1 among `draws` (the others 0) whose wealth reaches `needed`; null if all would not do. */
export function hitsToClaim(draws: number, needed: number, delta: number): number | null {
  const enough = (hits: number): boolean =>
    logWealth(
      {
        scale: 1,
        counts: new Map([
          [0, draws - hits],
          [1, hits],
        ]),
      },
      { delta, range: 2 },
    ) >= Math.log(needed);
  if (draws < 1 || !enough(draws)) return null;
  let [low, high] = [0, draws];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
