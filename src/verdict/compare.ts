/** Runs side by side: paired differences by question, with the same bootstrap as all sizes. */
import type { ArmComparison, Comparison, CueComparison, Difference, RunCell } from '../records/comparison.js';
import { PLAIN } from '../records/ids.js';
import type { ArmResult, Result } from '../records/result.js';
import { type Resamples, resample } from '../statistics/bootstrap.js';
import { comparisonWarnings } from './compare-warnings.js';
import { differenceOf, effectTerms, type Term } from './effect.js';
import { BASE_SEED } from './input.js';
import type { Table } from './table.js';
import { type CellTallies, sameQuestions, talliesOf, totalOf } from './tallies.js';

/** A run: its result and the outcomes behind it. */
export interface ComparedRun {
  folder: string;
  result: Result;
  table: Table;
}

const RESAMPLES = 2000;

/** Compares every run with the first. Questions are matched by id. */
export function compareRuns(runs: readonly ComparedRun[], seed = 0): Comparison {
  const questions = union(runs.map(({ result }) => result.questions.map(({ id }) => id)));
  const resamples = resample(questions.length, RESAMPLES, seed);
  const ids = union(runs.map(({ result }) => result.arms.map(({ id }) => id)));
  return {
    runs: runs.map(({ folder, result: { name, verdict, tolerance, alpha } }) => ({
      folder,
      name,
      verdict,
      tolerance,
      alpha,
    })),
    arms: ids.map((id) => compareArm(id, runs, questions, resamples)),
    warnings: comparisonWarnings(runs, ids),
  };
}

function compareArm(
  id: string,
  runs: readonly ComparedRun[],
  questions: readonly string[],
  resamples: Resamples,
): ArmComparison {
  const arms = runs.map(({ result }) => result.arms.find((arm) => arm.id === id) ?? null);
  const verdicts = arms.map((arm) => arm?.verdict ?? null);
  const cues = [PLAIN, ...union(arms.map((arm) => arm?.cues.map((cue) => cue.id) ?? []))];
  return {
    id,
    verdicts,
    changed: new Set(verdicts.filter((verdict) => verdict !== null)).size > 1,
    cues: cues.map((cue): CueComparison => {
      const terms = runs.map((run, i) => termsOf(run, arms[i] ?? null, cue, questions));
      return {
        id: cue,
        cells: arms.map((arm, i): RunCell | null => {
          const own = arm?.cues.find((c) => c.id === cue);
          const found = cue === PLAIN ? arm?.plain : own;
          if (!arm || !found) return null;
          const effect = own?.effect ?? null;
          const [first, here] = [terms[0] ?? null, terms[i] ?? null];
          const both = i > 0 && first !== null && here !== null;
          const paired = (a: Term[], b: Term[]): Difference =>
            difference(a, b, arm, runs[i]?.result.level ?? 0.95, resamples);
          const sameBase = arms[0] != null && (arms[0].base === null) === (arm.base === null);
          return {
            rate: found.rate,
            interval: found.interval,
            effect: effect?.estimate ?? null,
            claimed: effect?.claimed ?? null,
            rateDifference: both ? paired(first.slice(0, 1), here.slice(0, 1)) : null,
            effectDifference:
              both && cue !== PLAIN ? (sameBase ? paired(first, here) : otherEffect(arm)) : null,
          };
        }),
      };
    }),
  };
}

/** In place of the difference of two effects of which one alone has a base. */
const otherEffect = ({ base }: ArmResult): Difference => ({
  estimate: null,
  interval: null,
  method: 'none',
  reason:
    base === null
      ? 'a pair effect (no base) here, a difference in differences in the first run'
      : 'a difference in differences here, a pair effect (no base) in the first run',
  questions: 0,
});

/** The cells of an effect with their signs; of plain the one cell. The first is the rate itself. */
function termsOf(
  { table }: ComparedRun,
  arm: ArmResult | null,
  cue: string,
  questions: readonly string[],
): Term[] | null {
  if (arm === null || (cue !== PLAIN && !arm.cues.some(({ id }) => id === cue))) return null;
  const tuned = (id: string) =>
    talliesOf(table, { arm: arm.id, seeds: arm.seeds.map(({ seed }) => seed), cue: id }, questions);
  const base = (id: string) =>
    talliesOf(table, { arm: arm.base as string, seeds: [BASE_SEED], cue: id }, questions);
  const cell = tuned(cue);
  if (cue === PLAIN) return [{ sign: 1, cell, name: `tuned under '${cue}'` }];
  const ofBase = arm.base === null ? null : { cued: base(cue), plain: base(PLAIN) };
  return effectTerms(cue, cell, tuned(PLAIN), ofBase);
}

/** Own minus first, over the questions to which both have answers in their first cell. */
function difference(
  first: Term[],
  own: Term[],
  arm: ArmResult,
  level: number,
  resamples: Resamples,
): Difference {
  const [a, b] = [(first[0] as Term).cell, (own[0] as Term).cell];
  const shared = sameQuestions(a, b);
  const terms = [
    ...own.map(({ sign, cell, name }) => ({
      sign,
      cell: sameQuestions(cell, shared),
      name: `${name}, this run`,
    })),
    ...first.map(({ sign, cell, name }) => ({
      sign: -sign as 1 | -1,
      cell: sameQuestions(sameQuestions(cell, a), b),
      name: `${name}, first run`,
    })),
  ];
  const estimate = differenceOf(terms, 'misaligned', { level, alpha: level, resamples, planned: true });
  return {
    ...estimate,
    method:
      estimate.estimate === null
        ? 'none'
        : `difference of runs, paired by question (${arm.id}): ${estimate.method}`,
    questions: countOf(shared),
  };
}

const countOf = ({ rows, questions }: CellTallies): number =>
  rows.filter((row) => totalOf({ questions, rows: [row] }).samples > 0).length;

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];
