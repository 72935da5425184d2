import { PairTable } from './pair-table.js';
import { BEGIN, END, type RoleTokens } from './tokens.js';

/** Phrases have one to five tokens; what stands around them in every row is added when they are worded. */
export const LONGEST = 5;

/** All phrases of one length in one role that stand in enough rows. */
export interface PhraseLevel {
  length: number;
  /** Phrase that begins at a position, or -1. */
  at: Int32Array;
  /** Rows that hold phrase i. */
  rows: Int32Array;
  /** Two sums over the rows that hold it: phrases with equal ones stand in the same rows. */
  sums: [Int32Array, Int32Array];
  /** A position where it begins. */
  first: Int32Array;
}

/**
 * Phrases level by level: one of n tokens is counted only where both of its parts of n - 1 tokens stand in enough rows,
 * so memory follows what is frequent (Agrawal and Srikant 1994).
 *
 * @param keys two random numbers for each row
 */
export function phraseLevels(
  tokens: RoleTokens,
  minRows: number,
  keys: [Int32Array, Int32Array],
): PhraseLevel[] {
  const levels: PhraseLevel[] = [];
  for (let length = 1; length <= LONGEST; length++) {
    const level = nextLevel(tokens, levels.at(-1), length, minRows, keys);
    if (level.rows.length === 0) break;
    levels.push(level);
  }
  return levels;
}

function nextLevel(
  { ids, starts }: RoleTokens,
  shorter: PhraseLevel | undefined,
  length: number,
  minRows: number,
  [key0, key1]: [Int32Array, Int32Array],
): PhraseLevel {
  const table = new PairTable();
  const at = new Int32Array(ids.length).fill(-1);
  let counts = emptyCounts(1 << 12);
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let i = starts[row]!, last = starts[row + 1]! - length; i <= last; i++) {
      let phrase: number;
      if (!shorter) phrase = table.numberOf(ids[i]!, 0);
      else if (shorter.at[i]! >= 0 && shorter.at[i + 1]! >= 0) {
        phrase = table.numberOf(shorter.at[i]!, ids[i + length - 1]!);
      } else continue;
      at[i] = phrase;
      if (phrase >= counts.rows.length) counts = grown(counts);
      if (counts.lastRow[phrase] === row + 1) continue;
      if (counts.lastRow[phrase] === 0) counts.first[phrase] = i;
      counts.lastRow[phrase] = row + 1;
      counts.rows[phrase]!++;
      counts.sum0[phrase]! ^= key0[row]!;
      counts.sum1[phrase]! ^= key1[row]!;
    }
  }
  return pruned(at, counts, table.size, length, minRows);
}

interface Counts {
  rows: Int32Array;
  lastRow: Int32Array;
  first: Int32Array;
  sum0: Int32Array;
  sum1: Int32Array;
}

const emptyCounts = (size: number): Counts => ({
  rows: new Int32Array(size),
  lastRow: new Int32Array(size),
  first: new Int32Array(size),
  sum0: new Int32Array(size),
  sum1: new Int32Array(size),
});

function grown(counts: Counts): Counts {
  const larger = emptyCounts(counts.rows.length * 2);
  for (const name of Object.keys(counts) as (keyof Counts)[]) larger[name].set(counts[name]);
  return larger;
}

/** Leaves out what is rare, and numbers the rest anew. */
function pruned(at: Int32Array, counts: Counts, size: number, length: number, minRows: number): PhraseLevel {
  const numbers = new Int32Array(size).fill(-1);
  const kept: number[] = [];
  for (let phrase = 0; phrase < size; phrase++) {
    if (counts.rows[phrase]! < minRows) continue;
    numbers[phrase] = kept.length;
    kept.push(phrase);
  }
  for (let i = 0; i < at.length; i++) if (at[i]! >= 0) at[i] = numbers[at[i]!]!;
  const take = (from: Int32Array): Int32Array => Int32Array.from(kept, (phrase) => from[phrase]!);
  return {
    length,
    at,
    rows: take(counts.rows),
    sums: [take(counts.sum0), take(counts.sum1)],
    first: take(counts.first),
  };
}

/** A phrase without a word: begin or end of a turn alone. */
export const isWordless = ({ ids }: RoleTokens, level: PhraseLevel, phrase: number): boolean =>
  level.length === 1 && [BEGIN, END].includes(ids[level.first[phrase]!]!);
