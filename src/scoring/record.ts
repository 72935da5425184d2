import type { Score } from '../records/sample.js';
import type { Journal } from '../shared/journal.js';
import type { Item } from './ask.js';
import type { JudgePanel } from './panel.js';

/** An answer that waits for its outcome, and the file that it will stand in. */
export interface Waiting extends Item {
  scores: Pick<Journal, 'append'>;
  /** What stands there already, where all is derived anew. */
  before: string | undefined;
}

/** What is compared where outcomes are derived anew. */
export type Core = Pick<Score, 'outcome' | 'behaviour' | 'by' | 'scores' | 'otherwise'>;

/** Writes the outcome of a judged answer, unless it stands there as it is. */
export function recordOutcome(
  { sample, hash, scores, readings, judgements, before }: Waiting,
  panel: JudgePanel,
): Score['outcome'] {
  const verdict = panel.judge(sample, readings);
  if (coreText(verdict) !== before) {
    const { arm, seed, cue, question, index } = sample;
    // A killed run must not leave an outcome without what it rests on: nobody would ask for that again.
    judgements.flush();
    scores.append({ arm, seed, cue, question, index, ...verdict, judge: panel.hash, sample: hash });
  }
  return verdict.outcome;
}

export const coreText = ({ outcome, behaviour, by, scores, otherwise }: Partial<Core>): string =>
  JSON.stringify([outcome, behaviour, by, scores, otherwise]);

/** Stands for the judgements of a panel without model judges. */
export const NO_JUDGEMENTS: Item['judgements'] = { append() {}, flush() {} };
