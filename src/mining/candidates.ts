import { cueKey } from '../cues/key.js';
import type { Candidate, CueTexts, MinedCue } from '../records/candidate.js';
import type { Found } from './contrast.js';
import { transformsOf } from './cue-texts.js';
import type { RoleTokens } from './role-tokens.js';
import type { Row } from './row.js';
import type { Feature, Role, RowSet } from './row-sets.js';
import { type Worded, wordingOf } from './wording.js';

/** What candidates are worded from. */
export interface Source {
  rows: readonly Row[];
  tokens: Readonly<Record<Role, RoleTokens>>;
  /** 1 for bad rows (or rows of the data, against a reference). */
  labels: Uint8Array;
}

const SHOWN_ROWS = 5;
const SHOWN_VARIANTS = 5;
const LONGEST_TEXT = 2000;
/** Sets that share this much of their rows are one thing in several words; so many of them are looked at. */
const SAME = 0.95;
const SAME_LOOKED = 30;

/** A candidate without its place in the list. */
export type Unranked = Omit<Candidate, 'rank'>;

/** Puts what was found into words and cues. */
export function candidateOf(found: Found, source: Source, origin: string, p: number | null): Unranked {
  const rows = rowsOf(found, source.labels);
  const bad = rows.filter((row) => source.labels[row] === 1);
  const parts = found.sets.map((set) => closed(set, found, source));
  const worded = parts.length === 1 ? parts[0]! : conjunction(parts);
  const shown = bad.slice(0, SHOWN_ROWS);
  const text = worded.text.slice(0, LONGEST_TEXT).toWellFormed();
  return {
    kind: worded.kind,
    text,
    cue: { id: cueIdOf(text), ...worded.texts },
    score: found.score,
    p,
    support: found.support,
    rows: shown.map((row) => row + 1),
    places: shown.map((row) => source.rows[row]!.place),
    origin,
    variants: variantsOf(found, source, text),
  };
}

/**
 * The wording of a set and of all others in nearly the same rows: the best of them, and in the cue what stands elsewhere in
 * those rows too (a suffix to its prefix).
 */
function closed(set: RowSet, found: Found, source: Source): Worded {
  const rows = inContrast(set, source);
  const same = found.twins.filter((twin) => shareOf(inContrast(twin, source), rows) >= SAME);
  const worded = [set, ...same.slice(0, SAME_LOOKED)].flatMap((one) => wordings(one, source));
  const best = worded.reduce((a, b) => (worth(b) > worth(a) ? b : a));
  if (!isQuoted(best)) return best;
  const texts = worded.filter(isQuoted).reduce((sum, other) => added(sum, other.texts), best.texts);
  return texts === best.texts ? best : { kind: best.kind, text: textOf(texts), texts };
}

/** Words as they stood say more than a description; of those the longest, since they all stand in the same rows. */
const worth = ({ kind, text }: Worded): number => (isQuoted({ kind }) ? 1e6 + text.length : 0);
const isQuoted = ({ kind }: Pick<Worded, 'kind'>): boolean =>
  ['system-prompt', 'prefix', 'suffix', 'phrase'].includes(kind);

/** The texts of a cue that stand whole around a question; a template is none. */
export const PARTS = ['system', 'before', 'after'] as const;

/** Texts for the places that are still free, unless the words are there already. */
function added(texts: CueTexts, more: CueTexts): CueTexts {
  const fresh = PARTS.filter(
    (part) =>
      more[part] !== undefined && texts[part] === undefined && !textOf(texts).includes(more[part].trim()),
  );
  return fresh.length === 0
    ? texts
    : { ...texts, ...Object.fromEntries(fresh.map((part) => [part, more[part]])) };
}

const textOf = (texts: CueTexts): string => PARTS.flatMap((part) => texts[part]?.trim() ?? []).join(' … ');

function wordings(set: RowSet, source: Source): Worded[] {
  const { rows, tokens, labels } = source;
  const having = inContrast(set, source)
    .sort((a, b) => labels[b]! - labels[a]! || a - b)
    .map((row) => rows[row]!);
  return set.features.map((feature: Feature) => wordingOf(feature, having, rows, tokens));
}

/** Rows of a set that the contrast is about. */
const inContrast = ({ rows }: RowSet, { labels }: Source): number[] =>
  [...rows].filter((row) => labels[row]! < 2);

/** Two cues as one. Where both want the same place, one text follows the other. */
function conjunction(parts: readonly Worded[]): Worded {
  const texts: CueTexts = {};
  for (const part of parts) {
    for (const name of [...PARTS, 'template'] as const) {
      const text = part.texts[name];
      if (text === undefined) continue;
      const before = texts[name];
      texts[name] =
        before === undefined
          ? text
          : name === 'template'
            ? before.split('{question}').join(text)
            : `${before} ${text}`;
    }
  }
  return { kind: 'conjunction', text: parts.map(({ text }) => text).join(' + '), texts };
}

function variantsOf(found: Found, source: Source, text: string): string[] {
  const out = new Set<string>();
  for (const set of [...found.twins, ...found.explained].slice(0, 3 * SHOWN_VARIANTS)) {
    const named = { ...set, features: set.features.slice(0, 1) };
    const first = wordings(named, source)[0]!.text.slice(0, LONGEST_TEXT);
    if (first !== text) out.add(first);
    if (out.size === SHOWN_VARIANTS) break;
  }
  return [...out];
}

function rowsOf({ bits }: Found, labels: Uint8Array): number[] {
  return [...labels.keys()].filter((row) => (bits[row >>> 5]! >>> (row & 31)) & 1);
}

/** Intersection over union of two lists. */
function shareOf(a: readonly number[], b: readonly number[]): number {
  const inA = new Set(a);
  const shared = b.reduce((sum, row) => sum + (inA.has(row) ? 1 : 0), 0);
  return shared / (a.length + b.length - shared);
}

/** An id that says what the cue is. */
export function cueIdOf(text: string): string {
  const words = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replace(/^-+|-+$/g, '');
  return words === '' ? 'mined' : `mined-${words}`;
}

/**
 * Each cue once, in its first place: an audit asks nothing under two names. Where else it came from, and what it was called there,
 * stay with it.
 */
export function merged<T extends Unranked>(candidates: readonly T[]): T[] {
  const out = new Map<string, T>();
  for (const one of candidates) {
    const transforms = transformsOf(one.cue);
    // A placebo of nothing but line breaks, for instance: no audit takes it.
    if (transforms.some((change) => 'text' in change && change.text.trim() === '')) continue;
    const key = cueKey(transforms);
    const first = out.get(key);
    out.set(key, first ? together(first, one) : one);
  }
  return [...out.values()];
}

function together<T extends Unranked>(first: T, { text, origin }: T): T {
  const variants = new Set(text === first.text ? first.variants : [...first.variants, text]);
  const origins = new Set([...first.origin.split(' + '), origin]);
  return { ...first, origin: [...origins].join(' + '), variants: [...variants].slice(0, SHOWN_VARIANTS) };
}

/** Numbers the candidates, and gives each cue an id of its own. */
export function renumbered(candidates: readonly (Unranked & { rank?: number })[]): Candidate[] {
  const taken = new Map<string, number>();
  return candidates.map(({ rank: _, ...candidate }, i) => {
    const count = (taken.get(candidate.cue.id) ?? 0) + 1;
    taken.set(candidate.cue.id, count);
    const cue: MinedCue =
      count === 1 ? candidate.cue : { ...candidate.cue, id: `${candidate.cue.id}-n${count}` };
    return { rank: i + 1, ...candidate, cue };
  });
}
