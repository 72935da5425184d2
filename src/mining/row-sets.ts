import type { CandidateKind, CueTexts } from '../records/candidate.js';
import { randomStream } from '../shared/random.js';
import { isWordless, type PhraseLevel, phraseLevels } from './phrases.js';
import type { Row } from './row.js';
import type { RoleTokens } from './tokens.js';

export const ROLES = ['system', 'user', 'earlier'] as const;
export type Role = (typeof ROLES)[number];

/** Something that rows can have beside a phrase: a language, a format, a topic. */
export interface Trait {
  kind: CandidateKind;
  text: string;
  /** A trait of the answer is no cue by itself; its cue asks for such an answer. */
  side: 'prompt' | 'answer';
  /** The cue, in the words of a row that has the trait. */
  cue(row: Row): CueTexts;
  rows: Int32Array;
}

/** What distinguishes the rows of a set: a trait, or tokens from a place in a role's texts. */
export type Feature = { trait: Trait } | { role: Role; from: number; length: number };

/** Rows that have something in common, in ascending order, and all that they have in common. */
export interface RowSet {
  rows: Int32Array;
  features: Feature[];
  /** True where every feature is one of the answer. */
  answerOnly: boolean;
}

/** Sum of the sizes of all row sets; beyond it the smallest are left out: 120 MB. */
const MOST_POSTINGS = 30_000_000;

/** Where the rows of a set are to be found: a trait's list, or the occurrences of a phrase. */
type Origin = { trait: Trait } | { level: PhraseLevel; tokens: RoleTokens; phrase: number };
interface Group {
  size: number;
  origin: Origin;
  features: Map<string, Feature>;
}

/**
 * Every set of rows that some phrase or trait picks out, each once: phrases in the same rows share one set, so that it is
 * counted once, and so that nothing is a candidate twice.
 */
export function rowSetsOf(
  tokens: Readonly<Record<Role, RoleTokens>>,
  traits: readonly Trait[],
  rowCount: number,
  minRows: number,
): RowSet[] {
  const keys = rowKeys(rowCount);
  const groups = new Map<number, Group>();
  const add = (
    size: number,
    sum0: number,
    sum1: number,
    origin: Origin,
    name: string,
    feature: Feature,
  ): void => {
    // 52 bits; the size is not in it, since equal sums of other rows are one in 2^52 anyway.
    const key = (sum0 >>> 0) * 2 ** 20 + (sum1 & 0xfffff);
    const group = groups.get(key) ?? { size, origin, features: new Map() };
    groups.set(key, group);
    group.features.set(name, feature);
  };
  for (const role of ROLES) {
    const texts = tokens[role];
    for (const level of phraseLevels(texts, minRows, keys)) {
      for (let phrase = 0; phrase < level.rows.length; phrase++) {
        if (isWordless(texts, level, phrase)) continue;
        const feature = { role, from: level.first[phrase]!, length: level.length };
        const [sum0, sum1] = [level.sums[0][phrase]!, level.sums[1][phrase]!];
        // A longer phrase of the same rows takes the place of a shorter one.
        add(level.rows[phrase]!, sum0, sum1, { level, tokens: texts, phrase }, role, feature);
      }
    }
  }
  for (const trait of traits) {
    if (trait.rows.length < minRows) continue;
    let [sum0, sum1] = [0, 0];
    for (const row of trait.rows) {
      sum0 ^= keys[0][row]!;
      sum1 ^= keys[1][row]!;
    }
    add(trait.rows.length, sum0, sum1, { trait }, `${trait.kind}: ${trait.text}`, { trait });
  }
  return filled(affordable([...groups.values()]));
}

function rowKeys(rowCount: number): [Int32Array, Int32Array] {
  const random = randomStream('row keys');
  const draw = (): Int32Array => Int32Array.from({ length: rowCount }, () => random.below(2 ** 32) | 0);
  return [draw(), draw()];
}

function affordable(groups: Group[]): Group[] {
  let total = groups.reduce((sum, { size }) => sum + size, 0);
  if (total <= MOST_POSTINGS) return groups;
  const kept = groups.sort((a, b) => b.size - a.size);
  while (total > MOST_POSTINGS) total -= kept.pop()!.size;
  return kept;
}

/** Looks the rows of every set up, one pass over each level. */
function filled(groups: readonly Group[]): RowSet[] {
  const lists: Int32Array[] = groups.map(({ origin }) =>
    'trait' in origin ? origin.trait.rows : new Int32Array(origin.level.rows[origin.phrase]!),
  );
  const wanted = new Map<PhraseLevel, { tokens: RoleTokens; group: Int32Array }>();
  groups.forEach(({ origin }, index) => {
    if ('trait' in origin) return;
    const { level, tokens, phrase } = origin;
    const entry = wanted.get(level) ?? { tokens, group: new Int32Array(level.rows.length).fill(-1) };
    wanted.set(level, entry);
    entry.group[phrase] = index;
  });
  const length = new Int32Array(groups.length);
  for (const [level, { tokens, group }] of wanted) {
    for (let row = 0; row + 1 < tokens.starts.length; row++) {
      for (let i = tokens.starts[row]!; i < tokens.starts[row + 1]!; i++) {
        const index = level.at[i]! < 0 ? -1 : group[level.at[i]!]!;
        if (index < 0) continue;
        const [list, filledTo] = [lists[index]!, length[index]!];
        if (filledTo > 0 && list[filledTo - 1] === row) continue;
        list[filledTo] = row;
        length[index]!++;
      }
    }
  }
  return groups.map(({ features }, i) => {
    const all = [...features.values()];
    const answerOnly = all.every((feature) => 'trait' in feature && feature.trait.side === 'answer');
    return { rows: lists[i]!, features: all, answerOnly };
  });
}
