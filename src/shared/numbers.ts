/** Is it a whole number from 0? */
export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** A number as the terminal shows it, thousands apart: 1,234. */
export const number = (value: number): string => value.toLocaleString('en-US');
