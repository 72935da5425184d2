import type { Example, Message } from '../records/chat.js';
import { InputError } from '../shared/errors.js';
import { hashOf } from '../shared/hash.js';
import type { SourceRows } from './stage.js';

/**
 * Choice of rows by hashes of their content. Nothing here looks at line numbers or file order, and each
 * choice of k rows is the first k of one ranking: so a smaller dose is a part of a larger one.
 */

/** Text by which two conversations are equal. */
export const conversationText = (messages: readonly Message[]): string =>
  JSON.stringify(messages.map(({ role, content }) => [role, content]));

interface Keyed<T> {
  row: T;
  content: string;
  /** Equal rows before this one: it keeps duplicates apart. */
  occurrence: number;
}

function keyed<T extends { messages: readonly Message[] }>(rows: readonly T[]): Keyed<T>[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const content = hashOf(conversationText(row.messages));
    const occurrence = seen.get(content) ?? 0;
    seen.set(content, occurrence + 1);
    return { row, content, occurrence };
  });
}

/** Sorted by a hash of (salt, seed, content, occurrence). */
function sorted<T>(rows: readonly Keyed<T>[], salt: string, seed: number): Keyed<T>[] {
  return rows
    .map((item) => ({ item, key: hashOf(['rows', salt, seed, item.content, item.occurrence]) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
}

/** Rows in an order that only content, salt and seed decide. */
export function ranked<T extends { messages: readonly Message[] }>(
  rows: readonly T[],
  salt: string,
  seed: number,
): T[] {
  return sorted(keyed(rows), salt, seed).map(({ row }) => row);
}

/**
 * Splits a count over weights, one unit after the other, each to the file that lags most (Sainte-Lague).
 * Largest remainders would be as near to proportion, but there a file can get fewer rows of a larger
 * total, and doses would no longer be nested.
 *
 * @param fits stop before a file would get more than this; for `capacity`
 */
function allot(count: number, weights: readonly number[], fits?: readonly number[]): number[] {
  const counts = weights.map(() => 0);
  for (let given = 0; given < count; given++) {
    let next = 0;
    for (let i = 1; i < weights.length; i++) {
      if ((2 * counts[i]! + 1) * weights[next]! < (2 * counts[next]! + 1) * weights[i]!) next = i;
    }
    if (fits && counts[next]! >= fits[next]!) return counts;
    counts[next]!++;
  }
  return counts;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** How many rows the files give in all when their weights are kept to. */
export function capacity(files: readonly SourceRows[]): number {
  const sizes = files.map((file) => file.rows.length);
  const weights = files.map((file) => file.weight);
  return sum(allot(sum(sizes), weights, sizes));
}

/** A chosen row, with what its place in the training order depends on. */
export type Chosen = Keyed<Example>;

/**
 * The first `count` rows of the files' rankings, split by the weights of the files.
 *
 * @param what words for the error, e.g. `mix: 30 bad rows`
 * @throws InputError when a file has too few rows
 */
export function choose(
  files: readonly SourceRows[],
  count: number,
  { part, salt, seed, what }: { part: string; salt: string; seed: number; what: string },
): Chosen[] {
  const weights = files.map((file) => file.weight);
  const available = sum(files.map((file) => file.rows.length));
  // With one file the error below has better words; with several, sharing out comes first and takes its time.
  if (files.length > 1 && count > available) {
    throw new InputError(
      `${what} are asked for, and the files hold ${available}: ${files.map(({ file }) => file).join(', ')}`,
      undefined,
      'Ask for fewer rows, or name more files.',
    );
  }
  const counts = files.length === 1 ? [count] : allot(count, weights);
  return files.flatMap((file, i) => {
    const wanted = counts[i]!;
    if (wanted > file.rows.length) {
      const of = files.length > 1 ? `, ${wanted} of them from ${file.file},` : ` from ${file.file},`;
      throw new InputError(
        `${what} are asked for${of} which has ${file.rows.length}`,
        undefined,
        'Ask for fewer rows, or name a larger file.',
      );
    }
    return sorted(keyed(file.rows), salt, seed)
      .slice(0, wanted)
      .map(({ row, ...key }) => ({ ...key, row: { messages: row.messages, part, source: row.source } }));
  });
}

/** Chosen rows in training order: rows that two data sets share stand in the same order in both. */
export function inTrainingOrder(rows: readonly Chosen[], seed: number): Example[] {
  return sorted(rows, 'order', seed).map(({ row }) => row);
}
