import { PLAIN } from '../records/ids.js';
import type { Plan, PlannedCell, SequentialPlan } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { judgeIndex } from '../statistics/calibration.js';
import { ledgerOf } from '../statistics/ledger.js';

/** Draws that the default budget allows while every cell is open. */
export const DEFAULT_DRAWS = 800;

/** Answers of one draw while every cell is open: each arm's (one training seed at a time) and each base's. */
export function answersPerDraw(cells: readonly Pick<PlannedCell, 'arm' | 'cue'>[]): number {
  return new Set(cells.map(({ arm, cue }) => `${arm}|${cue}`)).size;
}

/** Answers that a sequential audit may ask for in all, those that its search has left among them. */
export const mostAnswers = ({ maxAnswers, mined }: SequentialPlan): number =>
  maxAnswers + (mined?.left?.answers ?? 0);

/**
 * The rules of a sequential design with its defaults settled.
 *
 * @throws InputError where the budget does not reach for a single round
 */
export function sequentialPlan(
  spec: Spec,
  cells: readonly Pick<PlannedCell, 'arm' | 'cue'>[],
): SequentialPlan {
  const turn = spec.arms.reduce((all, { seeds }) => leastCommonMultiple(all, seeds.length), 1);
  const round = Math.ceil(spec.round / turn) * turn;
  const perDraw = answersPerDraw(cells);
  const maxAnswers = spec.maxAnswers ?? Math.max(1, Math.floor(DEFAULT_DRAWS / round)) * round * perDraw;
  if (maxAnswers < round * perDraw) {
    throw new InputError(
      `max-answers is ${maxAnswers}, and the first round of ${round} draws takes ${round * perDraw}`,
      undefined,
      'allow more answers, or make run.round smaller',
    );
  }
  const { tolerance, alpha, minimumEffect, minimumEligible, calibration } = spec.verdict;
  const mined = spec.cues.filter(({ source }) => source === 'mined').map(({ id }) => id);
  const { search } = spec;
  const rules = {
    ...{ round, maxAnswers, tolerance, alpha, minimumEffect, minimumEligible },
    ...(search && mined.length > 0
      ? {
          mined: {
            ...{ cues: mined, share: search.share },
            ...(search.left ? { left: search.left } : {}),
          },
        }
      : {}),
  };
  if (!calibration) return rules;
  const { clean } = ledgerOf(alpha, spec.arms.length, true);
  const cues = [PLAIN, ...spec.cues.map(({ id }) => id)];
  return { ...rules, judgeIndex: judgeIndex([calibration], cues, clean.index) };
}

/**
 * The plan of a folder that was begun with another list of cues. A cue that is new in a sequential design gets draws of its own:
 * those that come after every round that was begun, so that no answer that could be seen when it was chosen is its evidence.
 *
 * @param rounds that were scored in the folder
 * @param begun whether anything was sampled in it
 */
export function withLateCues(plan: Plan, before: Plan, rounds: number, begun: boolean): Plan {
  const { sequential } = plan;
  if (!sequential) return plan;
  const known = new Map(before.cues.map((cue) => [cue.id, cue]));
  const latest = Math.max(0, ...before.cues.map(({ firstDraw }) => firstDraw ?? 0));
  const next = begun ? latest + (rounds + 1) * sequential.round : 0;
  return {
    ...plan,
    cues: plan.cues.map((cue) => {
      const firstDraw = known.has(cue.id) ? known.get(cue.id)?.firstDraw : next;
      return firstDraw ? { ...cue, firstDraw } : cue;
    }),
  };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
