import type { CandidateKind, CueTexts } from '../records/candidate.js';
import { randomStream } from '../shared/random.js';
import { isWordless, type PhraseLevel, phraseLevels, type TextWeights } from './phrases.js';
import { BEGIN, END, type RoleTokens } from './role-tokens.js';
import type { Row } from './row.js';

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

/** Sum of the sizes of all row sets; beyond it the smallest are left out: 60 MB, and each shuffle of labels passes over them. */
const MOST_POSTINGS = 15_000_000;
/** Row sets, of which beyond it the smallest are left out, too: few words in any order make millions of small ones, at half a KB each. */
const MOST_SETS = 150_000;

/** A row set that is being made. */
interface Group extends Omit<RowSet, 'answerOnly'> {
  size: number;
}

/**
 * Every set of rows that some phrase or trait picks out, each once: phrases in the same rows share one set, so that it is
 * counted once, and so that nothing is a candidate twice.
 *
 * @param most postings at most
 */
export function rowSetsOf(
  tokens: Readonly<Record<Role, RoleTokens>>,
  traits: readonly Trait[],
  rowCount: number,
  minRows: number,
  most = MOST_POSTINGS,
): RowSet[] {
  const keys = rowKeys(rowCount);
  const groups = new Groups(most);
  for (const role of ROLES) {
    const texts = tokens[role];
    const rows = rowsByText(texts);
    for (const level of phraseLevels(texts, minRows, weightsOf(texts, keys))) {
      const fresh = new Map<number, Group>();
      for (let phrase = 0; phrase < level.rows.length; phrase++) {
        if (isWordless(texts, level, phrase)) continue;
        const feature = { role, from: level.first[phrase]!, length: level.length };
        const [sum0, sum1] = [level.sums[0][phrase]!, level.sums[1][phrase]!];
        const group = groups.add(level.rows[phrase]!, sum0, sum1);
        if (!group) continue;
        addPhrase(group.features, feature, texts);
        if (group.rows === NONE) {
          group.rows = SOON;
          fresh.set(phrase, group);
        }
      }
      groups.fit();
      fill(fresh, level, texts, rows);
    }
  }
  for (const trait of traits) {
    if (trait.rows.length < minRows) continue;
    const [sum0, sum1] = keys.map((key) => trait.rows.reduce((sum, row) => sum ^ key[row]!, 0));
    const group = groups.add(trait.rows.length, sum0!, sum1!);
    if (!group) continue;
    if (group.rows === NONE) group.rows = trait.rows;
    const isOther = (feature: Feature): boolean =>
      !('trait' in feature) || feature.trait.kind !== trait.kind || feature.trait.text !== trait.text;
    group.features = [...group.features.filter(isOther), { trait }];
  }
  groups.fit();
  return groups.all().map(({ rows, features }) => ({
    rows,
    features,
    answerOnly: features.every((feature) => 'trait' in feature && feature.trait.side === 'answer'),
  }));
}

/** Groups by the sums of their rows' random numbers: 52 bits, so that equal sums of other rows are one in 2^52. */
class Groups {
  readonly #groups = new Map<number, Group>();
  #postings = 0;
  /** Smaller sets found no room. */
  #least = 0;

  constructor(readonly most: number) {}

  /** The group of these rows; undefined where there is no room for sets of that size. */
  add(size: number, sum0: number, sum1: number): Group | undefined {
    if (size < this.#least) return undefined;
    const key = (sum0 >>> 0) * 2 ** 20 + (sum1 & 0xfffff);
    const known = this.#groups.get(key);
    if (known) return known;
    const group: Group = { size, rows: NONE, features: [] };
    this.#groups.set(key, group);
    this.#postings += size;
    // A level can have many times as many; to sort them at every one would be slow.
    if (this.#groups.size > 1.5 * MOST_SETS) this.fit();
    return group;
  }

  /** Leaves the smallest out until there is room for the others. */
  fit(): void {
    const isFull = () => this.#postings > this.most || this.#groups.size > MOST_SETS;
    if (!isFull()) return;
    const sorted = [...this.#groups].sort(([, a], [, b]) => b.size - a.size);
    while (isFull()) {
      const [key, group] = sorted.pop()!;
      this.#groups.delete(key);
      this.#postings -= group.size;
      this.#least = group.size + 1;
      group.size = 0;
    }
  }

  all(): Group[] {
    return [...this.#groups.values()];
  }
}

/** Rows that nobody has looked up yet, and rows that are going to be. */
const [NONE, SOON] = [new Int32Array(0), new Int32Array(0)];

/** A longer phrase of the same rows takes the place of a shorter one; prefix and suffix are kept beside each other. */
function addPhrase(
  features: Feature[],
  phrase: Exclude<Feature, { trait: unknown }>,
  { ids }: RoleTokens,
): void {
  const ends = ({ from, length }: typeof phrase): string =>
    `${ids[from] === BEGIN} ${ids[from + length - 1] === END}`;
  const at = features.findIndex(
    (other) => 'role' in other && other.role === phrase.role && ends(other) === ends(phrase),
  );
  if (at < 0) features.push(phrase);
  else features[at] = phrase;
}

function rowKeys(rowCount: number): [Int32Array, Int32Array] {
  const random = randomStream('row keys');
  const draw = (): Int32Array => Int32Array.from({ length: rowCount }, () => random.below(2 ** 32) | 0);
  return [draw(), draw()];
}

function weightsOf({ ofRow, firstRow }: RoleTokens, keys: [Int32Array, Int32Array]): TextWeights {
  const [rows, sum0, sum1] = [0, 1, 2].map(() => new Int32Array(firstRow.length));
  ofRow.forEach((text, row) => {
    if (text < 0) return;
    rows![text]!++;
    sum0![text]! ^= keys[0][row]!;
    sum1![text]! ^= keys[1][row]!;
  });
  return { rows: rows!, keys: [sum0!, sum1!] };
}

function rowsByText({ ofRow, firstRow }: RoleTokens): number[][] {
  const rows: number[][] = Array.from(firstRow, () => []);
  ofRow.forEach((text, row) => {
    if (text >= 0) rows[text]!.push(row);
  });
  return rows;
}

/** Looks the rows of new groups up, in one pass over their level; all lie in one array. */
function fill(
  fresh: ReadonlyMap<number, Group>,
  level: PhraseLevel,
  { starts }: RoleTokens,
  rowsOf: readonly (readonly number[])[],
): void {
  const wanted = [...fresh].filter(([, { size }]) => size > 0);
  const pool = new Int32Array(wanted.reduce((sum, [, { size }]) => sum + size, 0));
  const [next, lastText] = [new Int32Array(level.rows.length).fill(-1), new Int32Array(level.rows.length)];
  let offset = 0;
  for (const [phrase, group] of wanted) {
    next[phrase] = offset;
    group.rows = pool.subarray(offset, offset + group.size);
    offset += group.size;
  }
  for (let text = 0; text + 1 < starts.length; text++) {
    for (let i = starts[text]!; i < starts[text + 1]!; i++) {
      const phrase = level.at[i]!;
      if (phrase < 0 || next[phrase]! < 0 || lastText[phrase] === text + 1) continue;
      lastText[phrase] = text + 1;
      for (const row of rowsOf[text]!) pool[next[phrase]!++] = row;
    }
  }
  // Rows that share a text stand together.
  if (rowsOf.some(({ length }) => length > 1)) for (const [, { rows }] of wanted) rows.sort();
}
