import type { CueTexts } from '../records/candidate.js';
import type { Row } from './row.js';
import type { Trait } from './row-sets.js';
import { sentencesOf } from './sentences.js';
import { tokensOf } from './tokens.js';

/** Two texts are of one family when they share this part of their tokens (intersection over union). */
const ALIKE = 0.5;
const HASHES = 12;
const BAND = 2;
/** Earlier texts of a bucket that a new one is compared with, so that time stays linear. */
const COMPARED = 8;
/** Shorter sentences are phrases already. */
const SHORTEST = 4;

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
  const systems = wordings(rows.map(({ system }) => (system === '' ? [] : [system])));
  const sentences = wordings(rows.map(({ user }) => sentencesOf(user, 40).map(({ text }) => text)));
  const equal = systems.map((wording) => trait('system-prompt', [wording], (text) => ({ system: text })));
  return [
    ...equal,
    ...clustered(systems, 1).map((family) => trait('family', family, (text) => ({ system: text }))),
    ...clustered(sentences, SHORTEST).map((family) => trait('family', family, (text) => ({ after: text }))),
  ];
}

/** Distinct texts, but for case and white space, each with its rows. */
function wordings(texts: readonly (readonly string[])[]): Wording[] {
  const known = new Map<string, Wording>();
  texts.forEach((list, row) => {
    for (const text of list) {
      const key = text.toLowerCase().replace(/\s+/g, ' ').trim();
      const wording = known.get(key) ?? { text, rows: [] };
      known.set(key, wording);
      if (wording.rows.at(-1) !== row) wording.rows.push(row);
    }
  });
  return [...known.values()];
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
  tokens: ReadonlySet<string>;
  family: Wording[];
}

function clustered(texts: readonly Wording[], shortest: number): Wording[][] {
  const buckets = new Map<string, Leader[]>();
  const leaders: Leader[] = [];
  // The commonest first: a family is named after its leader's likes.
  for (const wording of texts.toSorted((a, b) => b.rows.length - a.rows.length)) {
    const tokens = new Set(tokensOf(wording.text.slice(0, 2000)).map(({ form }) => form));
    if (tokens.size < shortest) continue;
    const keys = bandsOf(tokens);
    const near = keys.flatMap((key) => buckets.get(key) ?? []);
    const leader = near.find((other) => shareOf(tokens, other.tokens) >= ALIKE);
    if (leader) {
      leader.family.push(wording);
      continue;
    }
    const fresh = { tokens, family: [wording] };
    leaders.push(fresh);
    for (const key of keys) {
      const bucket = buckets.get(key) ?? [];
      buckets.set(key, bucket);
      if (bucket.length < COMPARED) bucket.push(fresh);
    }
  }
  return leaders.map(({ family }) => family).filter((family) => family.length > 1);
}

function bandsOf(tokens: ReadonlySet<string>): string[] {
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (const token of tokens) {
    let hash = 2166136261;
    for (let i = 0; i < token.length; i++) hash = Math.imul(hash ^ token.charCodeAt(i), 16777619);
    for (let i = 0; i < HASHES; i++) {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d + 2 * i);
      hash ^= hash >>> 12;
      if (hash >>> 0 < least[i]!) least[i] = hash >>> 0;
    }
  }
  return Array.from(
    { length: HASHES / BAND },
    (_, band) => `${band}:${least.subarray(band * BAND, (band + 1) * BAND)}`,
  );
}

function shareOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const token of a) if (b.has(token)) shared++;
  return shared / (a.size + b.size - shared);
}
