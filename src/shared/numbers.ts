/** A number as the terminal shows it, thousands apart: 1,234. */
export const number = (value: number): string => value.toLocaleString('en-US');
