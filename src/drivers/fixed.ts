import type { Plan } from '../records/plan.js';
import type { Ask, Driver, Step } from '../records/step.js';

/** The paper's design in one round: every question of every cell, the planned number of times. */
export const fixed: Driver = {
  next(plan, done) {
    const asks = done.length === ROUND || done.length === ROUND + 1 ? fixedAsks(plan) : [];
    const steps: Step[] = [
      { kind: 'data' },
      { kind: 'train' },
      { kind: 'canary' },
      { kind: 'sample', round: 1, asks },
      { kind: 'score', round: 1, asks },
      { kind: 'analyse' },
      { kind: 'report' },
    ];
    return steps[done.length] ?? null;
  },
};

/** Number of steps before the round of a fixed design. */
const ROUND = 3;

/** Every answer of a fixed design, cell by cell. */
export function fixedAsks(plan: Plan): Ask[] {
  return plan.cells.flatMap(({ arm, seed, cue, questions, samples }) =>
    questions.map((question) => ({ arm, seed, cue, question, from: 0, to: samples })),
  );
}
