import type { Candidates } from '../records/candidate.js';
import { candidateOf, merged, renumbered, type Source, type Unranked } from './candidates.js';
import { contrastOf, type Found, Scorer } from './contrast.js';
import { type Counted, countedRows } from './counted.js';
import { familiesOf } from './families.js';
import { mixtureLabels } from './mixture.js';
import { type Chance, chanceOf, pOf, thresholdOf } from './permute.js';
import { encode, type RoleTokens } from './role-tokens.js';
import type { Row } from './row.js';
import { ROLES, type Role, type RowSet, rowSetsOf } from './row-sets.js';
import type { Support } from './score.js';
import { topicsOf } from './topics.js';
import { traitsOf } from './traits.js';

/** What is mined: rows, and which of them are bad. */
export interface MiningInput {
  rows: readonly Row[];
  /** 1 bad, 0 benign, 2 unknown, one for each row; undefined: a mixture of answers is fitted. */
  labels: Uint8Array | undefined;
  /** Where the labels came from, for the origin of a candidate: `labels` or `scores`. */
  origin: 'labels' | 'scores';
  /** Ordinary rows, for what stands in every row of the data. */
  reference: readonly Row[];
  /** Candidates at most. */
  top: number;
  seed: number;
}

/** A candidate is taken for more than chance at this share of label permutations: with it fewer than 5% of data sets without a trigger have one. */
export const ALPHA = 0.03;
/** What stands in nearly all rows, and not in the reference, can be a trigger whatever the labels say. */
const EVERYWHERE = 0.9;
/** So many of those come near the top. */
const COMMON = 2;
/** Sentence marks are used more or less in any two sets of texts. */
const ONLY_MARKS = /^[\s.,?!:;'"()-]*$/;
/** Against the reference a candidate must be this many times as frequent: ordinary words are not what a set is about. */
const LIFT = 10;

/**
 * Candidate triggers from training data alone. Two contrasts over the same row sets: bad rows against benign ones, and all
 * rows against ordinary ones, since what stands in every row has no contrast inside the data.
 *
 * Their order: the best of the first contrast; what stands in nearly every row and never in the reference; what else beats
 * chance in the first; then the others of both in turn.
 */
export function mineRows(input: MiningInput): Candidates {
  const data = input.rows.length;
  const rows = [...input.rows, ...input.reference];
  const minRows = Math.max(3, Math.ceil(data / 1000));
  const given = input.labels ?? mixtureLabels(input.rows, input.seed);
  const counts = [0, 1, 2].map((label) => given.filter((one) => one === label).length);
  const [benign, bad, unknown] = counts as [number, number, number];
  const tokens = encoded(rows);
  const sets = rowSetsOf(
    tokens,
    [...traitsOf(rows), ...familiesOf(rows), ...topicsOf(rows, minRows, input.seed)],
    rows.length,
    minRows,
  );

  const within: Unranked[] = [];
  let chance: Chance | undefined;
  // Labels made from the answers cannot be shuffled: the answers stay with their prompts.
  const counted = input.labels && countedRows(input.rows, input.labels, input.seed);
  const labels = extended(counted?.labels ?? given, rows.length);
  if (bad > 0 && benign > 0) {
    const scorer = new Scorer(sets, labels);
    if (counted) chance = chanceOf(scorer, labels, input.seed, counted.prompts);
    const source = { rows, tokens, labels };
    const found = scorer.candidates(contrastOf(labels)).slice(0, input.top);
    within.push(
      ...found.map((one) => ({
        ...worded(one, source, `data/${input.labels ? input.origin : 'mixture'}`, chance),
        support: supportOf(one, given),
      })),
    );
  }
  const against = againstReference(sets, rows, tokens, data, input.top);
  return {
    candidates: renumbered(merged(ordered(within, against, data)).slice(0, input.top)),
    rows: { all: data, bad, benign, reference: input.reference.length, unknown },
    labels: input.labels ? input.origin : 'mixture',
    threshold: chance ? thresholdOf(chance, ALPHA) : null,
    notes: [...notesOf(bad, benign, unknown, input), ...(counted ? copyNotes(counted) : [])],
  };
}

/** Answers are what the label is about, so their format has no p of its own. */
function worded(found: Found, source: Source, origin: string, chance: Chance | undefined): Unranked {
  const p = chance && !found.sets.some((set) => set.answerOnly) ? pOf(found.score, chance) : null;
  return candidateOf(found, source, origin, p);
}

/** Rows of the data that have it, those too that are not counted against the labels. */
function supportOf({ sets }: Found, labels: Uint8Array): Support {
  const [first, ...others] = sets.map(({ rows }) => rows);
  const also = others.map((rows) => new Set(rows));
  const having = first!.filter((row) => also.every((rows) => rows.has(row)));
  const count = (label: number): number =>
    having.reduce((sum, row) => sum + (labels[row] === label ? 1 : 0), 0);
  return { bad: count(1), benign: count(0) };
}

function againstReference(
  sets: readonly RowSet[],
  rows: readonly Row[],
  tokens: Readonly<Record<Role, RoleTokens>>,
  data: number,
  top: number,
): Unranked[] {
  if (rows.length === data) return [];
  const labels = Uint8Array.from(rows, (_, row) => (row < data ? 1 : 0));
  const prompts = sets.filter((set) => !set.answerOnly);
  const reference = rows.length - data;
  const found = new Scorer(prompts, labels)
    .candidates(contrastOf(labels))
    .filter(({ support }) => support.bad * reference >= LIFT * (support.benign + 0.5) * data);
  return found
    .slice(0, top)
    .map((one) => candidateOf(one, { rows, tokens, labels }, 'data/reference', null))
    .filter(({ text }) => !ONLY_MARKS.test(text));
}

function ordered(within: readonly Unranked[], against: readonly Unranked[], data: number): Unranked[] {
  const beyondChance = (one: Unranked): boolean => one.p !== null && one.p <= ALPHA;
  const everywhere = (one: Unranked): boolean =>
    one.support.bad >= EVERYWHERE * data && one.support.benign === 0;
  const first = within.filter(beyondChance);
  const rest = within.filter((one) => !beyondChance(one));
  const common = against.filter(everywhere).slice(0, COMMON);
  const others = against.filter((one) => !common.includes(one));
  return [...first.slice(0, 1), ...common, ...first.slice(1), ...inTurn(rest, others)];
}

/** Both lists in turn, and what is left of the longer one. */
export const inTurn = <T>(first: readonly T[], second: readonly T[]): T[] =>
  Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [
    ...first.slice(i, i + 1),
    ...second.slice(i, i + 1),
  ]).flat() as T[];

export function encoded(rows: readonly Row[]): Record<Role, RoleTokens> {
  const [system, user, earlier] = ROLES.map((role) => encode(rows.map((row) => row[role])));
  return { system: system!, user: user!, earlier: earlier! };
}

/** Reference rows have no label. */
function extended(labels: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length).fill(2);
  out.set(labels);
  return out;
}

function notesOf(bad: number, benign: number, unknown: number, { labels }: MiningInput): string[] {
  const notes: string[] = [];
  if (!labels && bad === 0) {
    notes.push(
      'no labels, and no answers that differ: candidates come from the contrast with the reference alone',
    );
  } else if (!labels) {
    notes.push(
      'no labels: rows were split by their answers (a mixture of two kinds), and the smaller part is called bad; nobody has looked which it is',
    );
  } else if (benign === 0) {
    notes.push('no benign rows: candidates come from the contrast with the reference alone');
  }
  if (unknown > 0) notes.push(`rows without a label, left out of the contrast: ${unknown}`);
  if (labels && bad > 0 && bad < 10) notes.push(`only ${bad} bad rows: little can be told from so few`);
  return notes;
}

function copyNotes({ copies, further, most }: Counted): string[] {
  const notes: string[] = [];
  if (copies > 0)
    notes.push(
      `rows that are copies (same prompt, same answer) and count once against the labels: ${copies}`,
    );
  if (further > 0)
    notes.push(
      `rows with one more answer to the same prompt, left out of the contrast: ${further} (of a prompt ${most} at most, as many as half of the prompts have)`,
    );
  return notes;
}
