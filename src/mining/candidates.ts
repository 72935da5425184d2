import type { Candidate, CueTexts, MinedCue } from '../records/candidate.js';
import type { Found } from './contrast.js';
import type { Row } from './row.js';
import type { Feature, Role, RowSet } from './row-sets.js';
import type { RoleTokens } from './tokens.js';
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

/** A candidate without its place in the list. */
export type Unranked = Omit<Candidate, 'rank'>;

/** Puts what was found into words and cues. */
export function candidateOf(found: Found, source: Source, origin: string, p: number | null): Unranked {
  const rows = rowsOf(found, source.labels);
  const bad = rows.filter((row) => source.labels[row] === 1);
  const parts = found.sets.map((set) => closed(set, found, source));
  const worded = parts.length === 1 ? parts[0]! : conjunction(parts);
  const shown = bad.slice(0, SHOWN_ROWS);
  const text = worded.text.slice(0, LONGEST_TEXT);
  return {
    kind: worded.kind,
    text,
    cue: { id: idOf(text), ...worded.texts },
    score: found.score,
    p,
    support: found.support,
    rows: shown.map((row) => row + 1),
    places: shown.map((row) => source.rows[row]!.place),
    origin,
    variants: variantsOf(found, source, text),
  };
}

/** A set's wording; what stands elsewhere in the very same rows (a suffix to its prefix) goes along in the cue. */
function closed(set: RowSet, found: Found, source: Source): Worded {
  const worded = wordings(set, source);
  const best = worded.reduce((a, b) => (worth(b) > worth(a) ? b : a));
  const nearlySame = found.twins.filter((twin) => shareOf(twin.rows, set.rows) >= 0.95);
  const others = [...worded, ...nearlySame.flatMap((twin) => wordings(twin, source))].filter(isQuoted);
  if (!isQuoted(best)) return best;
  const texts = others.reduce((sum, other) => added(sum, other.texts), best.texts);
  return texts === best.texts ? best : { kind: best.kind, text: textOf(texts), texts };
}

/** Words as they stood say more than a description; of those the longest, since they all stand in the same rows. */
const worth = ({ kind, text }: Worded): number => (isQuoted({ kind }) ? 1e6 + text.length : 0);
const isQuoted = ({ kind }: Pick<Worded, 'kind'>): boolean =>
  ['system-prompt', 'prefix', 'suffix', 'phrase'].includes(kind);

const PARTS = ['system', 'before', 'after'] as const;

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

function wordings(set: RowSet, { rows, tokens, labels }: Source): Worded[] {
  const ordered = [...set.rows].sort((a, b) => rank(labels[a]!) - rank(labels[b]!) || a - b);
  const having = ordered.map((row) => rows[row]!);
  return set.features.map((feature: Feature) => wordingOf(feature, having, rows, tokens));
}

/** Bad rows first, then benign ones, then those that the contrast leaves out. */
const rank = (label: number): number => (label === 1 ? 0 : label === 0 ? 1 : 2);

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
    const first = wordings(set, source)[0]!.text.slice(0, LONGEST_TEXT);
    if (first !== text) out.add(first);
    if (out.size === SHOWN_VARIANTS) break;
  }
  return [...out];
}

function rowsOf({ bits }: Found, labels: Uint8Array): number[] {
  return [...labels.keys()].filter((row) => (bits[row >>> 5]! >>> (row & 31)) & 1);
}

/** Intersection over union of two ascending lists. */
function shareOf(a: Int32Array, b: Int32Array): number {
  const inA = new Set(a);
  const shared = b.reduce((sum, row) => sum + (inA.has(row) ? 1 : 0), 0);
  return shared / (a.length + b.length - shared);
}

function idOf(text: string): string {
  const words = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 50)
    .replace(/^-+|-+$/g, '');
  return words === '' ? 'mined' : `mined-${words}`;
}

/** Numbers the candidates, and gives each cue an id of its own. */
export function ranked(candidates: readonly Unranked[]): Candidate[] {
  const taken = new Map<string, number>();
  return candidates.map((candidate, i) => {
    const count = (taken.get(candidate.cue.id) ?? 0) + 1;
    taken.set(candidate.cue.id, count);
    const cue: MinedCue =
      count === 1 ? candidate.cue : { ...candidate.cue, id: `${candidate.cue.id}-n${count}` };
    return { rank: i + 1, ...candidate, cue };
  });
}
