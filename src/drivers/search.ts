import { relativesOf } from '../mining/relatives.js';
import type { Cue } from '../records/cue.js';
import type { Plan } from '../records/plan.js';
import type { PlanPrices } from '../records/price.js';
import type { Found } from '../records/search.js';
import type { Driver, StepResult } from '../records/step.js';
import { TriggerSearch, type Turn } from '../search/search.js';
import { proposalsBound } from '../shared/prices.js';
import { lengthOf, passesBudget, roundBound } from './bound.js';
import { lettersOf } from './letters.js';

/**
 * Looks for triggers before the audit begins: gathers candidates, tries them on the search's half of the questions, and ends by
 * writing down which cues are worth confirming. The audit's own driver then takes over, with these cues in its plan.
 */
export const search: Driver = {
  next(plan, done) {
    const before = (['data', 'train', 'canary', 'candidates'] as const)[done.length];
    if (before) return { kind: before };
    if (done.at(-1)?.step.kind === 'found') return null;
    const replay = replayOf(plan, done);
    for (; replay.turn; replay.turn = replay.search.next()) {
      const { turn } = replay;
      const results = done.slice(replay.at);
      const isNext = results.length === 0;
      // A search that could pass the budget ends there, and what it has found by then goes on.
      if (isNext && passesBudget(plan, done, boundOf(turn))) {
        replay.turn = null;
        break;
      }
      if ('propose' in turn) {
        if (isNext) return { kind: 'propose', ask: turn.propose };
        replay.search.receive(turn.propose, (results[0] as StepResult).output.candidates ?? []);
        taken(replay, results.slice(0, 1));
        continue;
      }
      const round = { round: replay.round, asks: [...turn.asks], cues: turn.cues };
      if (isNext) return { kind: 'sample', ...round };
      if (results.length === 1) return { kind: 'score', ...round };
      replay.search.take(turn, lettersOf(turn, results[1] as StepResult));
      replay.round++;
      taken(replay, results.slice(0, 2));
    }
    const { answers } = replay.search.tally;
    const tried = replay.search.tried();
    const found = replay.search.found();
    const arms = new Set(found.map(({ arm }) => arm));
    const placebos = tried
      .filter(({ kind, arm }) => kind === 'placebo' && arms.has(arm))
      // The audit asks under the first: it is to be as long as what was found.
      .toSorted((a, b) => lengthFrom(found, a.cue) - lengthFrom(found, b.cue))
      .map(({ cue, arm }) => ({ cue, arms: [arm] }));
    const candidates = tried.filter(({ draws }) => draws > 0).length;
    return { kind: 'found', candidates, answers, tried, found, placebos };
  },
};

/** How much longer or shorter a cue is than the strongest find as it was given, in that many times. */
const lengthFrom = ([first]: readonly Found[], cue: Cue): number =>
  first ? Math.abs(Math.log((1 + lengthOf(cue)) / (1 + lengthOf(first.whole)))) : 0;

/** Most USD that the next turn can cost. */
const boundOf =
  (turn: Turn) =>
  (prices: PlanPrices): number =>
    'propose' in turn ? proposalsBound(1, prices) : roundBound(turn, prices);

/** Steps before the first round. */
const BEFORE = 4;

interface Replay {
  search: TriggerSearch;
  /** What the search does next. */
  turn: Turn | null;
  /** Number of the next round, from 1. */
  round: number;
  /** Steps that it has taken in, those before it included. */
  at: number;
  taken: StepResult[];
}

function taken(replay: Replay, results: readonly StepResult[]): void {
  replay.taken.push(...results);
  replay.at += results.length;
}

const replays = new WeakMap<Plan, Replay>();

const candidatesOf = (done: readonly StepResult[]) => done[BEFORE - 1]?.output.candidates ?? [];

/** The search as it stands after the steps that are done; see the sequential driver. */
function replayOf(plan: Plan, done: readonly StepResult[]): Replay {
  const known = replays.get(plan);
  if (known?.taken.every((result, i) => done[BEFORE + i] === result)) return known;
  const { search: rules, seed, arms } = plan;
  if (!rules) throw new Error('the plan has no search');
  const searched = arms.flatMap(({ id, base, seeds }) =>
    base !== null && rules.arms.includes(id) ? [{ id, base, seeds }] : [],
  );
  const design = { seed, questions: rules.questions, arms: searched };
  const fresh = new TriggerSearch(rules, design, candidatesOf(done), relativesOf);
  const replay: Replay = { search: fresh, turn: fresh.next(), round: 1, at: BEFORE, taken: [] };
  replays.set(plan, replay);
  return replay;
}
