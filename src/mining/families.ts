import type { CueTexts } from '../records/candidate.js';
import { PairTable } from './pair-table.js';
import type { Row } from './row.js';
import type { Trait } from './row-sets.js';
import { sentencesOf } from './sentences.js';
import { hashOf, tokensOf } from './tokens.js';

/** Two texts are of one family when they share this part of their tokens (intersection over union). */
const ALIKE = 0.5;
const HASHES = 12;
const BAND = 2;
/** Earlier texts of a bucket that a new one is compared with, so that time stays linear. */
const COMPARED = 8;
/** Shorter sentences are phrases already. */
const SHORTEST = 4;
/** Sentences of a row that are looked at: so many, or fewer from both ends where that is more than memory has room for over all rows. */
const SENTENCES = 40;
const MOST_SENTENCES = 200_000;

/** A text in the words that it stood in, and its rows. */
interface Wording {
  text: string;
  rows: number[];
}

/**
 * System prompts that are equal, and families of system prompts and of sentences of the user's that nearly are: each
 * joins the first that it is like. Candidates for "alike" come from MinHash bands (Broder 1997), so all is linear.
 */
export function familiesOf(rows: readonly Row[]): Trait[] {
  const systems = wordings(rows, ({ system }) => (system === '' ? [] : [system]));
  const most = Math.min(SENTENCES, Math.max(4, Math.floor(MOST_SENTENCES / rows.length)));
  const sentences = wordings(rows, ({ user }) => bothEnds(sentencesOf(user), most).map(({ text }) => text));
  const equal = systems.map((wording) => trait('system-prompt', [wording], (text) => ({ system: text })));
  return [
    ...equal,
    ...clustered(systems, 1).map((family) => trait('family', family, (text) => ({ system: text }))),
    ...clustered(sentences, SHORTEST).map((family) => trait('family', family, (text) => ({ after: text }))),
  ];
}

function bothEnds<T>(items: readonly T[], most: number): readonly T[] {
  const half = Math.ceil(most / 2);
  return items.length <= most ? items : [...items.slice(0, half), ...items.slice(half - most)];
}

/** Distinct texts, but for case and white space, each with its rows. */
function wordings(rows: readonly Row[], textsOf: (row: Row) => readonly string[]): Wording[] {
  const known = new PairTable();
  const out: Wording[] = [];
  rows.forEach((one, row) => {
    for (const text of textsOf(one)) {
      const key = text.toLowerCase().replace(/\s+/g, ' ').trim();
      const number = known.numberOf(hashOf(key), hashOf(key, 0x5bd1e995));
      const wording = out[number];
      if (!wording) out.push({ text, rows: [row] });
      else if (wording.rows.at(-1) !== row) wording.rows.push(row);
    }
  });
  return out;
}

function trait(kind: Trait['kind'], family: readonly Wording[], cue: (text: string) => CueTexts): Trait {
  const commonest = family.reduce((a, b) => (b.rows.length > a.rows.length ? b : a));
  const rows = [...new Set(family.flatMap((wording) => wording.rows))].sort((a, b) => a - b);
  return {
    kind,
    text: commonest.text,
    side: 'prompt',
    cue: () => cue(commonest.text),
    rows: Int32Array.from(rows),
  };
}

interface Leader {
  tokens: Int32Array;
  family: Wording[];
}

function clustered(texts: readonly Wording[], shortest: number): Wording[][] {
  const known = new PairTable();
  const buckets: Leader[][] = [];
  const leaders: Leader[] = [];
  // The commonest first: a family is named after its leader's likes.
  for (const wording of texts.toSorted((a, b) => b.rows.length - a.rows.length)) {
    const tokens = hashedTokens(wording.text.slice(0, 2000));
    if (tokens.length < shortest) continue;
    const near = bandsOf(tokens).map(([first, second]) => known.numberOf(first, second));
    const leader = near
      .flatMap((bucket) => buckets[bucket] ?? [])
      .find((other) => shareOf(tokens, other.tokens) >= ALIKE);
    if (leader) {
      leader.family.push(wording);
      continue;
    }
    const fresh = { tokens, family: [wording] };
    leaders.push(fresh);
    for (const number of near) {
      const bucket = buckets[number];
      if (!bucket) buckets[number] = [fresh];
      else if (bucket.length < COMPARED) bucket.push(fresh);
    }
  }
  return leaders.map(({ family }) => family).filter((family) => family.length > 1);
}

/** The distinct tokens of a text as numbers, in order. */
const hashedTokens = (text: string): Int32Array =>
  Int32Array.from(new Set(tokensOf(text).map(({ form }) => hashOf(form)))).sort();

function bandsOf(tokens: Int32Array): [number, number][] {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (const token of tokens) {
    let hash = token;
    for (let i = 0; i < HASHES; i++) {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d + 2 * i);
      hash ^= hash >>> 12;
      if (hash >>> 0 < least[i]!) least[i] = hash >>> 0;
    }
  }
  // The band is in the number, so that bands do not meet.
  return Array.from({ length: HASHES / BAND }, (_, band) => [
    Math.imul(least[band * BAND]!, 31) + band,
    least[band * BAND + 1]! | 0,
  ]);
}

/** Intersection over union of two ordered lists. */
function shareOf(a: Int32Array, b: Int32Array): number {
  let [shared, i, k] = [0, 0, 0];
  while (i < a.length && k < b.length) {
    const [x, y] = [a[i]!, b[k]!];
    if (x === y) shared++;
    if (x <= y) i++;
    if (y <= x) k++;
  }
  return shared / (a.length + b.length - shared);
}
