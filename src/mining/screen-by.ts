import type { CueTexts } from '../records/candidate.js';
import type { Message } from '../records/chat.js';
import { divergenceUnder } from './divergence.js';
import { pairsFor } from './pairs.js';
import { type Screened, screenCues } from './screen.js';
import type { Weights } from './weights.js';

/**
 * The screen that there are rows for: by how bad answers begin where some are known, else by what tuning changed most.
 *
 * @param bad answers of bad rows; may be none
 * @throws InputError for an engine without log-probabilities of answers, or for too few placebos
 */
export async function screenBy(
  bad: readonly string[],
  weights: Weights,
  cues: readonly CueTexts[],
  placebos: readonly CueTexts[],
  questions: readonly (readonly Message[])[],
  seed: number,
): Promise<Screened[]> {
  return bad.length > 0
    ? screenCues(weights, cues, placebos, await pairsFor(weights, questions, bad, seed))
    : divergenceUnder(weights, cues, placebos, questions, seed);
}
