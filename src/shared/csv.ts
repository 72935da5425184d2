/** One cell of a CSV file, for spreadsheets and for hyde's own reader. */

/** What a spreadsheet would run as a formula; some look past white space, and some know the full-width signs. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * One cell, quoted as RFC 4180 asks. A text that a spreadsheet would run as a formula gets an apostrophe in front; numbers are left alone.
 */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
