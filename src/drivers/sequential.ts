import type { Plan } from '../records/plan.js';
import type { Driver, StepResult } from '../records/step.js';
import { designOf, type Round } from '../statistics/draws.js';
import { SequentialAudit } from '../statistics/sequential.js';
import { lettersOf } from './letters.js';

/**
 * Draws from the bank, round by round, until everything is settled or the budget ends; the answers go to the cells that are
 * still open. What is open after a round follows from the outcome letters of the rounds so far.
 */
export const sequential: Driver = {
  next(plan, done) {
    const before = (['data', 'train', 'canary'] as const)[done.length];
    if (before) return { kind: before };
    const replay = advanced(plan, done);
    if (replay.round) {
      const { number, asks } = replay.round;
      const isSampled = done.length > BEFORE + 2 * replay.taken.length;
      return { kind: isSampled ? 'score' : 'sample', round: number, asks: [...asks] };
    }
    const after = (['analyse', 'report'] as const)[done.length - BEFORE - 2 * replay.taken.length];
    return after ? { kind: after } : null;
  },
};

/** The cues whose effect the rounds so far have claimed, as `arm|cue`. @param done without a pilot */
export const claimedBy = (plan: Plan, done: readonly StepResult[]): string[] =>
  advanced(plan, done).audit.arms.flatMap(({ arm, cues }) =>
    cues.flatMap(({ cue, claim }) => (claim === null ? [] : [`${arm.id}|${cue.id}`])),
  );

/** An audit with the rounds that were taken in, and the one that comes next. */
interface Replay {
  audit: SequentialAudit;
  round: Round | null;
  taken: StepResult[];
}

const replays = new WeakMap<Plan, Replay>();

/** The audit with every scored round taken in. */
function advanced(plan: Plan, done: readonly StepResult[]): Replay {
  const replay = replayOf(plan, done);
  for (; replay.round; replay.round = replay.audit.nextRound()) {
    const scored = done[BEFORE + 2 * replay.taken.length + 1];
    if (!scored) break;
    replay.audit.take(replay.round, lettersOf(replay.round, scored));
    replay.taken.push(scored);
  }
  return replay;
}

/**
 * The audit as it stands after the steps that are done. What was replayed for an earlier question about the same plan and the
 * same steps is gone on with; that saves time and changes nothing.
 */
function replayOf(plan: Plan, done: readonly StepResult[]): Replay {
  const known = replays.get(plan);
  if (known?.taken.every((scored, i) => done[BEFORE + 2 * i + 1] === scored)) return known;
  const audit = new SequentialAudit(designOf(plan));
  const fresh: Replay = { audit, round: audit.nextRound(), taken: [] };
  replays.set(plan, fresh);
  return fresh;
}

/** Steps before the first round. */
const BEFORE = 3;
