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
    const replay = replayOf(plan, done);
    for (; replay.round; replay.round = replay.audit.nextRound()) {
      const { number, asks } = replay.round;
      const at = BEFORE + 2 * replay.taken.length;
      if (done.length === at) return { kind: 'sample', round: number, asks: [...asks] };
      if (done.length === at + 1) return { kind: 'score', round: number, asks: [...asks] };
      const scored = done[at + 1] as StepResult;
      replay.audit.take(replay.round, lettersOf(replay.round, scored));
      replay.taken.push(scored);
    }
    const after = (['analyse', 'report'] as const)[done.length - BEFORE - 2 * replay.taken.length];
    return after ? { kind: after } : null;
  },
};

/** An audit with the rounds that were taken in, and the one that comes next. */
interface Replay {
  audit: SequentialAudit;
  round: Round | null;
  taken: StepResult[];
}

const replays = new WeakMap<Plan, Replay>();

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
