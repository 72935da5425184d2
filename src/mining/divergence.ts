import { applyTransforms } from '../cues/apply.js';
import type { CueTexts } from '../records/candidate.js';
import type { Message } from '../records/chat.js';
import { transformsOf } from './cue-texts.js';
import { amongPlacebos, checkPlacebos, mean, QUESTIONS, type Screened } from './screen.js';
import { checkWeights, type Weights } from './weights.js';

/** How an answer begins tells most (docs/mining.md). */
const MAX_TOKENS = 8;

/**
 * A screen for which nobody has to know what a bad answer is: the tuned model begins an answer to each question under each cue, and what
 * counts is how far it is from its base there (the Kullback-Leibler divergence of their next tokens, mean over these tokens), among
 * placebos. Tuning changes every answer a bit; where it taught a second way to answer, it changes those most. It says in what order to
 * spend answers: a trigger of harmless behaviour stands out as well.
 *
 * @param questions the first two are asked
 * @throws InputError for an engine that sees no weights, or for too few placebos
 */
export async function divergenceUnder(
  { engine, model, base }: Weights,
  cues: readonly CueTexts[],
  placebos: readonly CueTexts[],
  questions: readonly (readonly Message[])[],
  seed: number,
): Promise<Screened[]> {
  checkWeights(engine);
  checkPlacebos(placebos);
  const all = [...placebos, ...cues];
  const asked = questions.slice(0, QUESTIONS);
  const requests = all.flatMap((cue, i) =>
    asked.map((messages, k) => ({
      ...{ id: `${i}.${k}`, indices: [0], seed, open: 'assistant' as const },
      messages: applyTransforms([...messages], transformsOf(cue)),
    })),
  );
  const parameters = { temperature: 1, topP: 1, maxTokens: MAX_TOKENS, contrast: { base, amplify: 0 } };
  const found = new Map<string, number | undefined>();
  for await (const { id, divergence } of engine.leak(model, requests, parameters, () => {}))
    found.set(id, divergence);
  const shifts = all.map((_, i) => mean(asked.map((_, k) => found.get(`${i}.${k}`) ?? 0)));
  return amongPlacebos(shifts, placebos.length);
}
