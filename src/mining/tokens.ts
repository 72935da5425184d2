import { PairCounts, PairTable } from './pair-table.js';

/**
 * Words, tags and single signs of a text. Scripts without spaces give one token per character. Signs count: a bracket
 * or a line of dashes can be a trigger, and so can a character that nobody sees.
 */
const TOKEN =
  /<\/?[\p{L}\p{N}_\-]{1,40}\/?>|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[[\p{L}\p{M}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+(?:['’\-][[\p{L}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+)*|\S/gv;

/** A token and where it stands in its text. */
export interface Token {
  /** Lower case, so that a capital at the start of a sentence makes no other word. */
  form: string;
  from: number;
  to: number;
}

export function tokensOf(text: string): Token[] {
  const out: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    out.push({ form: match[0].toLowerCase(), from: match.index, to: match.index + match[0].length });
  }
  return out;
}

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
}

/**
 * The tokens of one role's texts; equal texts (system prompts as a rule) are one. Tokens are told apart by 64 bits of hashes, and
 * those of many rows alone are kept: a table of all would be larger than the texts where every number or name is another one.
 */
export function encode(texts: readonly string[]): RoleTokens {
  const { first, second, starts, ofRow, firstRow } = hashed(texts);
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
  return { ids: first, starts, ofRow, firstRow };
}

type Hashed = Omit<RoleTokens, 'ids'> & { first: Int32Array; second: Int32Array };

function hashed(texts: readonly string[]): Hashed {
  const known = new Map<string, number>();
  const [starts, firstRow] = [[0], [] as number[]];
  let [first, second] = [new Int32Array(1 << 14), new Int32Array(1 << 14)];
  let length = 0;
  const ofRow = Int32Array.from(texts, (text, row) => {
    if (text === '') return -1;
    const before = known.get(text);
    if (before !== undefined) return before;
    const tokens = tokensOf(text);
    const needed = length + tokens.length + 2;
    if (needed > first.length) [first, second] = [larger(first, needed), larger(second, needed)];
    for (const { form } of tokens) {
      length++;
      first[length] = hashOf(form, 2166136261);
      second[length] = hashOf(form, 0x5bd1e995);
    }
    length = needed;
    known.set(text, firstRow.length);
    starts.push(length);
    return firstRow.push(row) - 1;
  });
  const all = (list: Int32Array): Int32Array => list.subarray(0, length);
  return {
    ...{ first: all(first), second: all(second) },
    ...{ starts: Int32Array.from(starts), ofRow, firstRow: Int32Array.from(firstRow) },
  };
}

/** A number for a text (FNV-1a); with another start another one. */
export function hashOf(text: string, start = 2166136261): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash | 0;
}

function larger(list: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(Math.max(list.length * 2, needed));
  out.set(list);
  return out;
}
