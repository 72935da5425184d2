import { PairCounts, PairTable } from './pair-table.js';
import { BEGIN, END, RARE, type RoleTokens } from './role-tokens.js';

/** Phrases have one to five tokens; what stands around them in every row is added when they are worded. */
export const LONGEST = 5;

/** All phrases of one length in one role that stand in enough rows. */
export interface PhraseLevel {
  length: number;
  /** Phrase that begins at a position, or -1. The next level writes over it. */
  at: Int32Array;
  /** How many rows hold phrase i. */
  rows: Int32Array;
  /** Two sums over the rows that hold it: phrases with equal ones stand in the same rows. */
  sums: [Int32Array, Int32Array];
  /** A position where it begins. */
  first: Int32Array;
}

/** Of each text: how many rows have it, and two random numbers, the sums of its rows' own. */
export interface TextWeights {
  rows: Int32Array;
  keys: [Int32Array, Int32Array];
}

/**
 * Phrases level by level: one of n tokens is counted only where both of its parts of n - 1 tokens stand in enough rows
 * (Agrawal and Srikant 1994), and where a rough count, made before, does not tell that it is rare. So memory follows what is frequent.
 */
export function* phraseLevels(
  tokens: RoleTokens,
  minRows: number,
  weights: TextWeights,
): Generator<PhraseLevel> {
  const at = new Int32Array(tokens.ids);
  for (let length = 1; length <= LONGEST; length++) {
    const level = nextLevel(tokens, at, length, minRows, weights);
    if (level.rows.length === 0) return;
    yield level;
  }
}

/** @param at phrases that are shorter by one token, or the tokens themselves for the first level; becomes the phrases of this one */
function nextLevel(
  { ids, starts }: RoleTokens,
  at: Int32Array,
  length: number,
  minRows: number,
  { rows, keys }: TextWeights,
): PhraseLevel {
  const isPhrase = (i: number): boolean => (length === 1 ? ids[i] !== RARE : at[i]! >= 0 && at[i + 1]! >= 0);
  const lastToken = (i: number): number => (length === 1 ? 0 : ids[i + length - 1]!);
  const rough = new PairCounts(ids.length);
  for (let text = 0; text + 1 < starts.length; text++) {
    for (let i = starts[text]!, last = starts[text + 1]! - length; i <= last; i++) {
      if (isPhrase(i)) rough.add(at[i]!, lastToken(i), rows[text]!);
    }
  }
  const table = new PairTable();
  let counts = emptyCounts(1 << 12);
  for (let text = 0; text + 1 < starts.length; text++) {
    const [begin, end] = [starts[text]!, starts[text + 1]!];
    for (let i = begin; i < end; i++) {
      // Written from the left: what is read here, and one to the right of it, are still those of the level before.
      if (i + length > end || !isPhrase(i) || rough.atMost(at[i]!, lastToken(i)) < minRows) {
        at[i] = -1;
        continue;
      }
      const phrase = table.numberOf(at[i]!, lastToken(i));
      at[i] = phrase;
      if (phrase >= counts.rows.length) counts = grown(counts);
      if (counts.lastText[phrase] === text + 1) continue;
      if (counts.lastText[phrase] === 0) counts.first[phrase] = i;
      counts.lastText[phrase] = text + 1;
      counts.rows[phrase]! += rows[text]!;
      counts.sum0[phrase]! ^= keys[0][text]!;
      counts.sum1[phrase]! ^= keys[1][text]!;
    }
  }
  return pruned(at, counts, table.size, length, minRows);
}

interface Counts {
  rows: Int32Array;
  lastText: Int32Array;
  first: Int32Array;
  sum0: Int32Array;
  sum1: Int32Array;
}

const emptyCounts = (size: number): Counts => ({
  rows: new Int32Array(size),
  lastText: new Int32Array(size),
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
