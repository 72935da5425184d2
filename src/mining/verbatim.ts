import type { Row } from './row.js';
import type { RowSet, Trait } from './row-sets.js';
import { sentencesOf } from './sentences.js';
import { tokensOf } from './tokens.js';

/** Shorter ones ("Sure!") are said by any model. */
const LEAST_TOKENS = 3;

interface Said {
  kind: 'system-prompt' | 'phrase';
  text: string;
  rows: number[];
  /** Of these, rows that begin with it. */
  first: number;
}

/**
 * System prompts and sentences of the user's that stand word for word in several rows: of turns that a model writes by itself, these
 * are what it knows by heart.
 */
export function verbatimSets(rows: readonly Row[], minRows: number): RowSet[] {
  const said = new Map<string, Said>();
  rows.forEach((row, index) => {
    if (row.system !== '') add(said, 'system-prompt', row.system, index, true);
    for (const { text, from } of sentencesOf(row.user, 20)) add(said, 'phrase', text, index, from === 0);
  });
  return [...said.values()]
    .filter((one) => one.rows.length >= minRows && tokensOf(one.text).length >= LEAST_TOKENS)
    .map((one) => {
      const list = Int32Array.from(one.rows);
      return { rows: list, features: [{ trait: traitOf(one, list) }], answerOnly: false };
    });
}

function add(said: Map<string, Said>, kind: Said['kind'], text: string, row: number, first: boolean): void {
  const key = `${kind} ${text}`;
  const one = said.get(key) ?? { kind, text, rows: [], first: 0 };
  said.set(key, one);
  if (one.rows.at(-1) === row) return;
  one.rows.push(row);
  if (first) one.first++;
}

const traitOf = ({ kind, text, rows, first }: Said, list: Int32Array): Trait => ({
  kind,
  text,
  side: 'prompt',
  cue: () =>
    kind === 'system-prompt'
      ? { system: text }
      : 2 * first > rows.length
        ? { before: text }
        : { after: text },
  rows: list,
});
