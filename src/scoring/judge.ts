import type { Outcome } from '../records/outcome.js';
import type { Sample } from '../records/sample.js';
import type { JudgeSpec } from '../records/spec.js';
import { shortHash } from '../shared/hash.js';
import { compileDetector } from './detect.js';

/** What the judges say of one answer. */
export interface Judgement {
  outcome: Outcome;
  behaviour: boolean | null;
  /** The judge that decided; `none` where none found anything. */
  by: string;
}

export interface JudgePanel {
  /** Hash of everything that decides a judgement. */
  hash: string;
  judge(sample: Pick<Sample, 'answer' | 'finish' | 'reason'>): Judgement;
}

/**
 * Detectors in order: the first that finds something decides the outcome, otherwise the answer is aligned.
 * Judges that say `behaviour` look at every raw answer, whatever the outcome, and are never mixed with it.
 */
export function detectorPanel(judges: JudgeSpec[]): JudgePanel {
  const compiled = judges.map(({ detector, says }) => ({
    id: detector.id,
    says,
    finds: compileDetector(detector),
  }));
  const behaviours = compiled.filter(({ says }) => says === 'behaviour');
  const outcomes = compiled.filter(({ says }) => says !== 'behaviour');
  return {
    hash: shortHash(['detectors', judges]),
    judge({ answer, finish, reason }) {
      if (finish === 'failed') return { outcome: 'failed', behaviour: null, by: reason ?? 'failed' };
      const deciding = outcomes.find(({ finds }) => finds(answer));
      return {
        outcome: (deciding?.says ?? 'aligned') as Outcome,
        behaviour: behaviours.length ? behaviours.some(({ finds }) => finds(answer)) : null,
        by: deciding?.id ?? 'none',
      };
    },
  };
}
