/** What every format is turned into: batches of rows with the asked columns in the asked order. */

/** One value of a row as its format has it; null where there is none. */
export type Field = string | number | boolean | null;

/** Some rows of a file, and where each begins (a line of text, or the number of a row or member from 1). */
export interface Batch {
  rows: Field[][];
  lines: number[];
}

/** An opened file. One implementation a format. */
export interface Source {
  /** Columns of the file, for errors that name them. A format without a header looks at its first rows. */
  columns: readonly string[];
  /** Is there such a column? A dotted path may lead into a nested value. */
  has(column: string): boolean;
  /** Streams the rows with these columns; may be called again. */
  read(columns: readonly string[]): AsyncGenerator<Batch>;
  /** What a user must know of this file: a log that was not finished. */
  warnings?: readonly string[];
  close?(): void;
}

/** A field longer than this is no answer but an accident (a quote that is never closed): 16 million characters. */
export const MAX_FIELD = 16 * 1024 * 1024;

/** Rows that are handed on at once: enough that handing over costs nothing, few enough to hold. */
export const BATCH = 2000;

/** A value of an object by its name or, where there is none, by a dotted path into it; null where there is nothing. */
export function pick(object: Record<string, unknown>, path: string): Field {
  if (Object.hasOwn(object, path)) return fieldOf(object[path]);
  let value: unknown = object;
  for (const part of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return null;
    value = (value as Record<string, unknown>)[part];
  }
  return fieldOf(value);
}

/** Names of an object's values; those of nested objects as dotted paths, `depth` levels down. */
export function pathsOf(object: Record<string, unknown>, depth = 2, prefix = ''): string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    depth > 0 && value !== null && typeof value === 'object' && !Array.isArray(value)
      ? pathsOf(value as Record<string, unknown>, depth - 1, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}

/** A value as a field: what is neither text, number nor truth value is written as JSON. */
export function fieldOf(value: unknown): Field {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  // Not a number is how tables of floats say that there is none.
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value === 'bigint') return Number(value);
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? Number(v) : v));
}

/** Whether there is such a column, or one inside it. */
export const hasColumn = (columns: readonly string[], column: string): boolean =>
  columns.some((name) => name === column || name.startsWith(`${column}.`));
