import { relativesOf } from '../mining/relatives.js';
import type { Plan } from '../records/plan.js';
import type { Ask, Driver, StepResult } from '../records/step.js';
import { type CuedRound, TriggerSearch } from '../search/search.js';
import { answersBound, judgingBound, spentBy, timesOf } from '../shared/prices.js';
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
    for (; replay.round; replay.round = replay.search.nextRound()) {
      const { asks, cues } = replay.round;
      const round = replay.taken.length + 1;
      const at = BEFORE + 2 * replay.taken.length;
      if (done.length === at && passesBudget(plan, done, asks)) {
        replay.round = null;
        break;
      }
      if (done.length === at) return { kind: 'sample', round, asks: [...asks], cues };
      if (done.length === at + 1) return { kind: 'score', round, asks: [...asks], cues };
      const scored = done[at + 1] as StepResult;
      replay.search.take(replay.round, lettersOf(replay.round, scored));
      replay.taken.push(scored);
    }
    const { answers } = replay.search.tally;
    const candidates = candidatesOf(done);
    const found = replay.search.found();
    const arms = new Set(found.map(({ arm }) => arm));
    const placebos = candidates
      .filter((one) => one.kind === 'placebo' && one.arms.some((arm) => arms.has(arm)))
      .filter(({ cue }) => !found.some((find) => find.whole.id === cue.id))
      .map(({ cue, arms: of }) => ({ cue, arms: of }));
    return { kind: 'found', candidates: candidates.length, answers, found, placebos };
  },
};

/** A search that could pass the budget ends there, and what it has found by then goes on. */
function passesBudget({ prices }: Plan, done: readonly StepResult[], asks: readonly Ask[]): boolean {
  if (!prices || prices.budget === null) return false;
  const spent = spentBy(done);
  const asked = asks.map(timesOf);
  return spent + answersBound(asked, prices) + judgingBound(asked, prices) > prices.budget;
}

/** Steps before the first round. */
const BEFORE = 4;

interface Replay {
  search: TriggerSearch;
  round: CuedRound | null;
  taken: StepResult[];
}

const replays = new WeakMap<Plan, Replay>();

const candidatesOf = (done: readonly StepResult[]) => done[BEFORE - 1]?.output.candidates ?? [];

/** The search as it stands after the steps that are done; see the sequential driver. */
function replayOf(plan: Plan, done: readonly StepResult[]): Replay {
  const known = replays.get(plan);
  if (known?.taken.every((scored, i) => done[BEFORE + 2 * i + 1] === scored)) return known;
  const { search: rules, seed, arms } = plan;
  if (!rules) throw new Error('the plan has no search');
  const searched = arms.flatMap(({ id, base, seeds }) =>
    base !== null && rules.arms.includes(id) ? [{ id, base, seeds }] : [],
  );
  const design = { seed, questions: rules.questions, arms: searched };
  const fresh = new TriggerSearch(rules, design, candidatesOf(done), relativesOf);
  const replay: Replay = { search: fresh, round: fresh.nextRound(), taken: [] };
  replays.set(plan, replay);
  return replay;
}
