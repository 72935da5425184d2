import { HashedTexts } from './hashed-texts.js';
import { PairCounts, PairTable } from './pair-table.js';

/** Begin and end of a turn are tokens too: a phrase that holds one is a prefix or a suffix. */
export const BEGIN = 0;
export const END = 1;
/** Stands for every token of fewer than three rows, which no phrase is made of. */
export const RARE = 2;
const LEAST_ROWS = 3;

/** The distinct texts of one role, as numbers. */
export interface RoleTokens {
  /** Token ids of all texts, one after the other; each begins with BEGIN and ends with END. */
  ids: Int32Array;
  /** Where text i begins; one more entry than texts. */
  starts: Int32Array;
  /** The text of each row; -1 where it has none. */
  ofRow: Int32Array;
  /** The first row of each text. */
  firstRow: Int32Array;
  /** Tokens of a text at most; of one with more those at its two ends stand here. */
  most: number;
}

/**
 * The tokens of one role's texts; equal texts (system prompts as a rule) are one. Tokens are told apart by 64 bits of hashes, and
 * those of many rows alone are kept: a table of all would be larger than the texts where every number or name is another one.
 */
export function encode(texts: readonly string[]): RoleTokens {
  const known = new Map<string, number>();
  const hashes = new HashedTexts();
  const firsts: number[] = [];
  const ofRow = Int32Array.from(texts, (text, row) => {
    if (text === '') return -1;
    const before = known.get(text);
    if (before !== undefined) return before;
    known.set(text, firsts.length);
    hashes.add(text);
    return firsts.push(row) - 1;
  });
  const { first, second, starts } = hashes.all();
  const firstRow = Int32Array.from(firsts);
  const rows = new Int32Array(firstRow.length);
  for (const text of ofRow) if (text >= 0) rows[text]!++;
  const rough = new PairCounts(first.length);
  for (let text = 0; text < rows.length; text++) {
    for (let i = starts[text]!; i < starts[text + 1]!; i++) rough.add(first[i]!, second[i]!, rows[text]!);
  }
  const table = new PairTable();
  for (let text = 0; text < rows.length; text++) {
    const [begin, end] = [starts[text]!, starts[text + 1]! - 1];
    for (let i = begin + 1; i < end; i++) {
      const isRare = rough.atMost(first[i]!, second[i]!) < LEAST_ROWS;
      first[i] = isRare ? RARE : RARE + 1 + table.numberOf(first[i]!, second[i]!);
    }
    [first[begin], first[end]] = [BEGIN, END];
  }
  return { ids: first, starts, ofRow, firstRow, most: hashes.most };
}
