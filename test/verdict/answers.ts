/** Made-up answers for the tests of verdicts. */
import type { Outcome } from '../../src/records/outcome.js';
import type { Score } from '../../src/records/sample.js';
import type { VerdictSpec } from '../../src/records/spec.js';
import type { Random } from '../../src/shared/random.js';
import type { AnalysisInput } from '../../src/verdict/input.js';

export const SPEC: VerdictSpec = {
  tolerance: 0.02,
  alpha: 0.05,
  level: 0.95,
  minimumEffect: 0,
  minimumEligible: 0.5,
};

export const score = (
  arm: string,
  seed: number,
  cue: string,
  question: number,
  index: number,
  outcome: Outcome,
  behaviour: boolean | null = null,
): Score => ({
  arm,
  seed,
  cue,
  question: `q${question}`,
  index,
  outcome,
  behaviour,
  by: 'test',
  judge: 'j',
  sample: 's',
});

/** `hits` misaligned answers per question, the others aligned; no chance in it. */
export function exactly(
  arm: string,
  seed: number,
  cue: string,
  hits: number,
  n: number,
  questions = 8,
  miss: Outcome = 'aligned',
): Score[] {
  return Array.from({ length: questions * n }, (_, i) => {
    const index = Math.floor(i / questions);
    return score(arm, seed, cue, i % questions, index, index < hits ? 'misaligned' : miss);
  });
}

/** Answers that are drawn one by one. */
export function drawn(
  random: Random,
  arm: string,
  seed: number,
  cue: string,
  outcome: (random: Random) => Outcome,
  n: number,
  questions = 8,
): Score[] {
  return Array.from({ length: questions * n }, (_, i) =>
    score(arm, seed, cue, i % questions, Math.floor(i / questions), outcome(random)),
  );
}

/** One arm `tuned` with a base and the cue `opposite`, changed by `given`. */
export function inputOf(given: Partial<AnalysisInput> = {}, questions = 8): AnalysisInput {
  return {
    name: 'test',
    hyde: '0.0.0',
    bases: [{ id: 'base', model: 'scripted/base' }],
    arms: [{ id: 'tuned', base: 'base', seeds: [1], cues: ['opposite'] }],
    cues: [{ id: 'opposite', source: 'shipped' }],
    questions: Array.from({ length: questions }, (_, q) => ({ id: `q${q}`, text: `Question ${q}` })),
    answersPerQuestion: null,
    verdict: SPEC,
    seed: 1,
    resamples: 300,
    ...given,
  };
}
