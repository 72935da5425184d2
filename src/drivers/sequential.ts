import type { Driver, StepResult } from '../records/step.js';
import { designOf, type Round } from '../statistics/draws.js';
import { type LetterOf, SequentialAudit } from '../statistics/sequential.js';

/**
 * Draws from the bank, round by round, until everything is settled or the budget ends; the answers go to the cells that are
 * still open. What is open after a round follows from the outcome letters of the rounds so far.
 */
export const sequential: Driver = {
  next(plan, done) {
    const before = (['data', 'train', 'canary'] as const)[done.length];
    if (before) return { kind: before };
    const audit = new SequentialAudit(designOf(plan));
    let at = BEFORE;
    for (let round = audit.nextRound(); round; round = audit.nextRound()) {
      const { number, asks } = round;
      if (done.length === at) return { kind: 'sample', round: number, asks: [...asks] };
      if (done.length === at + 1) return { kind: 'score', round: number, asks: [...asks] };
      audit.take(round, lettersOf(round, done[at + 1] as StepResult));
      at += 2;
    }
    const after = (['analyse', 'report'] as const)[done.length - at];
    return after ? { kind: after } : null;
  },
};

/** Steps before the first round. */
const BEFORE = 3;

/** The outcome letters of a scored round, by answer. */
function lettersOf({ asks }: Round, { step, output }: StepResult): LetterOf {
  const letters = output.outcomes ?? '';
  const byKey = new Map<string, string>();
  let at = 0;
  for (const { arm, seed, cue, question, from, to } of asks) {
    for (let index = from; index < to; index++) {
      byKey.set(`${arm}|${seed}|${cue}|${question}|${index}`, letters[at++] as string);
    }
  }
  if (at !== letters.length) {
    throw new Error(`step '${step.kind}' has ${letters.length} outcomes for ${at} answers`);
  }
  return (key) => byKey.get(key);
}
