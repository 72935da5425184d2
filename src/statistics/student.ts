/**
 * Student's t distribution for a whole number of degrees of freedom: its distribution function is a finite sum then.
 *
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 26.7.3 and 26.7.4.
 */

/** P(|T| <= t) with `df` degrees of freedom; `t` at least 0. */
export function studentWithin(t: number, df: number): number {
  const angle = Math.atan(t / Math.sqrt(df));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = df % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = df === 1 ? 0 : term;
  for (let k = odd ? 2 : 1; k <= df - 3; k += 2) {
    term *= (k / (k + 1)) * cosine ** 2;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

/** The t that |T| does not pass with probability `level`. */
export function studentQuantile(level: number, df: number): number {
  let [low, high] = [0, 1];
  while (studentWithin(high, df) < level) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentWithin(middle, df) < level) low = middle;
    else high = middle;
  }
  return high;
}
