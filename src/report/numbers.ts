/** Numbers as the reports write them. A number that is not known is a dash, never 0. */
import type { Estimate, Interval } from '../records/result.js';

export const DASH = '–';

/** A rate as a percentage: 39%, 4.2%, 0.35%; never rounded to 0% or 100% unless it is. */
export const percent = (rate: number | null): string => (rate === null ? DASH : `${digits(rate * 100)}%`);

/** An interval of rates without the unit: [31, 60]. */
export const range = (interval: Interval | null): string =>
  interval === null ? '' : `[${digits(interval[0] * 100)}, ${digits(interval[1] * 100)}]`;

/** A difference of rates in percentage points, with its sign: +44, −0.5. */
export function points(difference: number | null): string {
  if (difference === null) return DASH;
  return signed(difference * 100);
}

/** An interval of differences in points: [+31, +56]. */
export const pointRange = (interval: Interval | null): string =>
  interval === null ? '' : `[${signed(interval[0] * 100)}, ${signed(interval[1] * 100)}]`;

/** A difference with its interval. */
export const pointsWithRange = ({ estimate, interval }: Estimate): string =>
  `${points(estimate)} ${pointRange(interval)}`.trim();

/** An e-value: 0.73, 12, 360, 3e14. */
export function evidence(e: number | null): string {
  if (e === null) return DASH;
  if (e >= 1e6) return e.toExponential(0).replace('e+', 'e');
  return e >= 100 ? String(Math.round(e)) : digits(e);
}

/** A count with thin spaces between thousands. */
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

function signed(x: number): string {
  const text = digits(Math.abs(x));
  if (text === '0') return '0';
  return `${x < 0 ? '\u2212' : '+'}${text}`;
}

/** Two digits that count below 10, whole numbers from there on; 99.6 stays 99.6. */
function digits(x: number): string {
  if (!Number.isFinite(x)) return DASH;
  const rounded = Math.round(x);
  if (Math.abs(x - rounded) < 1e-9) return String(rounded);
  if (x > 99 && x < 100) return x >= 99.995 ? '>99.99' : String(Number(x.toFixed(2)));
  if (x >= 10) return String(rounded);
  if (x > 0 && x < 0.001) return '<0.001';
  return String(Number(x.toPrecision(2)));
}
