/** Numbers in words, for reasons and methods. */
import { usd } from '../shared/prices.js';

/** A rate as a percentage: 39%, 4.2%, 0.35%; never rounded to 0% or 100% unless it is. */
export function percent(rate: number): string {
  return `${number(rate * 100)}%`;
}

/** A difference of rates in percentage points, with its sign. */
export function points(difference: number): string {
  const text = number(Math.abs(difference) * 100);
  const unit = text === '1' ? 'point' : 'points';
  return `${difference < 0 ? '-' : '+'}${text} ${unit}`;
}

/** An e-value: 12.3, 360, 3e14. */
export function evidence(e: number): string {
  if (e >= 1e6) return e.toExponential(0).replace('e+', 'e');
  return e >= 100 ? String(Math.round(e)) : number(e);
}

/** A count with thousands apart. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');

/** ", about USD 1.20" for so many answers; nothing where a price is not known. */
export const costText = (answers: number, usdPerAnswer: number | null): string =>
  usdPerAnswer === null ? '' : `, about ${usd(answers * usdPerAnswer)}`;

/** `a`, `a and b`, `a, b and c`. */
export function list(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** A cell by its cue: "without a cue", or "under 'x'". */
export const under = (cue: string): string => (cue === 'plain' ? 'without a cue' : `under '${cue}'`);

/** Two digits that count below 10, whole numbers from there on; 99.6 stays 99.6. */
function number(x: number): string {
  if (x === 0 || Number.isInteger(x)) return String(x);
  if (x > 99 && x < 100) return x >= 99.995 ? '>99.99' : String(Number(x.toFixed(2)));
  if (x >= 10) return String(Math.round(x));
  if (Math.abs(x) < 0.001) return x < 0 ? String(x) : '<0.001';
  return String(Number(x.toPrecision(2)));
}
