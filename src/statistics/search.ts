/**
 * The smallest factor, from 1 on, at which something holds that holds from some factor on: doubling, then halving
 * the gap.
 *
 * @param most larger factors are not tried
 * @returns null where it does not hold up to there
 */
export function smallestFactor(holds: (factor: number) => boolean, most: number): number | null {
  let high = 1;
  while (!holds(high)) {
    high *= 2;
    if (high > most) return null;
  }
  if (high === 1) return 1;
  let low = high / 2;
  for (let i = 0; i < 16; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
