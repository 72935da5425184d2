/** Counts of one cell by question and training seed, and the means that are made of them. */
import { noOutcomes, OUTCOMES } from '../records/outcome.js';
import type { ClusterMean } from '../statistics/bootstrap.js';
import { type Table, type Tally, tally } from './table.js';

/** One arm (or base) under one cue: `rows[question][seed]`, questions in the order of the plan. */
export interface CellTallies {
  questions: readonly string[];
  rows: readonly (readonly Tally[])[];
}

/** What is averaged: misaligned per eligible answer, eligible per sampled answer, or the trained behaviour. */
export type Measure = 'misaligned' | 'eligible' | 'behaviour';

/** Counts the answers of one cell over the given training seeds (0 for a base). */
export function talliesOf(
  table: Table,
  cell: { arm: string; seeds: readonly number[]; cue: string },
  questions: readonly string[],
): CellTallies {
  const bySeed = cell.seeds.map((seed) => table.cell(cell.arm, seed, cell.cue));
  return {
    questions,
    rows: questions.map((question) => bySeed.map((answers) => tally(answers.get(question) ?? []))),
  };
}

/** The same cell with only the questions that hold answers in `like`: a cue may exist for some questions only. */
export function sameQuestions(cell: CellTallies, like: CellTallies): CellTallies {
  return {
    questions: cell.questions,
    rows: cell.rows.map((row, q) => (like.rows[q]?.some((t) => t.samples > 0) ? row : [])),
  };
}

/** One training seed of a cell, by its position. */
export function oneSeed(cell: CellTallies, position: number): CellTallies {
  return { questions: cell.questions, rows: cell.rows.map((row) => row.slice(position, position + 1)) };
}

/** Sum over questions and seeds. */
export function totalOf(cell: CellTallies): Tally {
  return sum(cell.rows.flat());
}

/** Sums tallies. */
export function sum(tallies: readonly Tally[]): Tally {
  const total: Tally = {
    outcomes: noOutcomes(),
    misaligned: 0,
    eligible: 0,
    unknown: 0,
    samples: 0,
    behaviourScored: 0,
    behaviourShown: 0,
  };
  for (const t of tallies) {
    for (const outcome of OUTCOMES) total.outcomes[outcome] += t.outcomes[outcome];
    total.misaligned += t.misaligned;
    total.eligible += t.eligible;
    total.unknown += t.unknown;
    total.samples += t.samples;
    total.behaviourScored += t.behaviourScored;
    total.behaviourShown += t.behaviourShown;
  }
  return total;
}

/** Events and trials of a measure in one tally. */
export function eventsOf(t: Tally, measure: Measure): [events: number, trials: number] {
  if (measure === 'misaligned') return [t.misaligned, t.eligible];
  if (measure === 'eligible') return [t.eligible, t.samples];
  return [t.behaviourShown, t.behaviourScored];
}

/**
 * Mean over questions and training seeds of a measure's rate, each (question, seed) with equal weight; those without
 * a trial (no eligible answer) are left out, which the counts per question show.
 */
export function meanOver(cell: CellTallies, measure: Measure): ClusterMean {
  return rateMean(cell, (t) => eventsOf(t, measure));
}

/** The same for any rate of a tally. */
export function rateMean(
  cell: CellTallies,
  rate: (t: Tally) => readonly [events: number, trials: number],
): ClusterMean {
  const sums: number[] = [];
  const sizes: number[] = [];
  for (const row of cell.rows) {
    let sumOfRates = 0;
    let size = 0;
    for (const t of row) {
      const [events, trials] = rate(t);
      if (trials === 0) continue;
      sumOfRates += events / trials;
      size++;
    }
    sums.push(sumOfRates);
    sizes.push(size);
  }
  return { sums, sizes };
}
