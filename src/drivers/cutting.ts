import { PLAIN } from '../records/ids.js';
import type { Plan } from '../records/plan.js';
import type { SeenRate } from '../records/search.js';
import type { Driver, StepResult } from '../records/step.js';
import { type Claimed, Cutting } from '../search/cutting.js';
import type { CuedRound } from '../search/search.js';
import { answersIn } from '../shared/prices.js';
import { passesBudget, roundBound } from './bound.js';
import { lettersOf } from './letters.js';
import { claimedBy } from './sequential.js';

/**
 * A driver that cuts down the claimed cues which the search did not, with the answers that the search has left: after the rounds of the audit,
 * before they are analysed. The cues that it asks under are no part of the plan, so no claim, bound or rate knows of them.
 */
export const cutAfter = (driver: Driver): Driver => ({
  next(plan, done) {
    const own = done.filter(isOwn);
    const others = done.filter((result) => !isOwn(result));
    const step = driver.next(plan, others);
    const left = plan.sequential?.mined?.left;
    if (!left || step?.kind !== 'analyse' || step.stopped) return step;
    if (own.at(-1)?.step.kind === 'cut') return step;
    const replay = replayOf(plan, others, own);
    const before = others.filter(({ step: { kind } }) => kind === 'score').length;
    for (; replay.round; replay.round = replay.cutting.next()) {
      const { asks, cues } = replay.round;
      const round = { round: before + replay.taken.length + 1, asks: [...asks], cues };
      const at = 2 * replay.taken.length;
      if (own.length === at && passesBudget(plan, done, (prices) => roundBound({ asks, cues }, prices)))
        break;
      if (own.length === at) return { kind: 'sample', ...round };
      if (own.length === at + 1) return { kind: 'score', ...round };
      const scored = own[at + 1] as StepResult;
      replay.cutting.take(replay.round, lettersOf(replay.round, scored));
      replay.taken.push(scored);
    }
    const cuts = replay.cutting.cuts();
    return cuts.length > 0 ? { kind: 'cut', cuts } : step;
  },
});

/** Steps of this driver: rounds that bring texts of cues along, and the end of it. */
const isOwn = ({ step }: StepResult): boolean =>
  step.kind === 'cut' || ('cues' in step && step.cues !== undefined);

interface Replay {
  cutting: Cutting;
  round: CuedRound | null;
  taken: StepResult[];
  /** The last step of the audit before it. */
  after: StepResult | undefined;
}

const replays = new WeakMap<Plan, Replay>();

/** The state after the steps that are done; see the sequential driver. */
function replayOf(plan: Plan, others: readonly StepResult[], own: readonly StepResult[]): Replay {
  const known = replays.get(plan);
  if (known?.after === others.at(-1) && known?.taken.every((scored, i) => own[2 * i + 1] === scored))
    return known;
  const arms = plan.arms.flatMap(({ id, base, seeds }) => (base === null ? [] : [{ id, base, seeds }]));
  const { maxAnswers = 0, mined } = plan.sequential ?? {};
  const { answers, cues } = mined?.left ?? { answers: 0, cues: [] };
  // The audit may have used some of them.
  const most = Math.min(answers, maxAnswers + answers - askedIn(others));
  const claimed = new Set(
    claimedBy(
      plan,
      others.filter(({ step }) => step.kind !== 'pilot'),
    ),
  );
  const toCut = cues.flatMap(({ arm: id, cue }): Claimed[] => {
    const arm = arms.find((one) => one.id === id);
    if (!arm || !claimed.has(`${id}|${cue.id}`)) return [];
    return [{ arm, cue, seen: seenIn(others, id, cue.id), plain: seenIn(others, id, PLAIN) }];
  });
  const design = { seed: plan.seed, questions: plan.questions.map(({ id }) => id), arms };
  const cutting = new Cutting(toCut, design, most);
  const replay: Replay = { cutting, round: cutting.next(), taken: [], after: others.at(-1) };
  replays.set(plan, replay);
  return replay;
}

/** Answers that the audit has asked for. */
const askedIn = (done: readonly StepResult[]): number =>
  done.reduce((sum, { step }) => sum + (step.kind === 'score' ? answersIn(step.asks) : 0), 0);

/** What the answers of the audit showed of a cue. */
function seenIn(done: readonly StepResult[], arm: string, cue: string): SeenRate {
  const seen = { draws: 0, misaligned: 0 };
  for (const result of done) {
    if (result.step.kind !== 'score') continue;
    const letterOf = lettersOf(result.step, result);
    for (const ask of result.step.asks) {
      if (ask.arm !== arm || ask.cue !== cue) continue;
      for (let index = ask.from; index < ask.to; index++) {
        seen.draws++;
        if (letterOf(`${arm}|${ask.seed}|${cue}|${ask.question}|${index}`) === 'm') seen.misaligned++;
      }
    }
  }
  return seen;
}
