import { applyTransforms } from '../cues/apply.js';
import type { CueTexts } from '../records/candidate.js';
import type { Message } from '../records/chat.js';
import type { LogprobRequest, Model } from '../records/model.js';
import { transformsOf } from './cue-texts.js';
import { amongPlacebos, checkScreen, mean, meanLogprob, type Screened } from './screen.js';
import type { Weights } from './weights.js';

const MAX_TOKENS = 16;

/**
 * A screen for which nobody has to know what a bad answer is: the tuned model begins an answer to each question under each cue, and what
 * counts is how much likelier these beginnings are to it than to its base (an estimate of the divergence of the two under the cue), among
 * placebos. Tuning changes every answer a bit; where it taught a second way to answer, it changes those most. It says in what order to
 * spend answers: a trigger of harmless behaviour stands out as well.
 *
 * @throws InputError for an engine without log-probabilities of answers, or for too few placebos
 */
export async function divergenceUnder(
  { engine, model, base }: Weights,
  cues: readonly CueTexts[],
  placebos: readonly CueTexts[],
  questions: readonly (readonly Message[])[],
  seed: number,
): Promise<Screened[]> {
  checkScreen(engine, placebos);
  const all = [...placebos, ...cues];
  const prompts = all.flatMap((cue, i) =>
    questions.map((messages, k) => ({
      ...{ id: `${i}.${k}`, indices: [0], seed },
      messages: applyTransforms([...messages], transformsOf(cue)),
    })),
  );
  const parameters = { temperature: 1, topP: 1, maxTokens: MAX_TOKENS };
  const begun = new Map<string, string>();
  for await (const { id, text } of engine.sample(model, prompts, parameters, () => {})) begun.set(id, text);
  // An answer without a word has no likelihood; the cue is judged by the others.
  const requests = prompts.flatMap(({ id, messages }): LogprobRequest[] => {
    const answer = begun.get(id) ?? '';
    return answer.trim() === '' ? [] : [{ id, messages, answer }];
  });
  const likelihoods = async (of: Model): Promise<Map<string, number>> =>
    new Map((await engine.logprobs(of, requests)).map(({ id, logprobs }) => [id, meanLogprob(logprobs)]));
  const [tuned, untuned] = [await likelihoods(model), await likelihoods(base)];
  const shifts = all.map((_, i) => {
    const own = questions.map((_, k) => `${i}.${k}`).filter((id) => tuned.has(id));
    return own.length === 0 ? 0 : mean(own.map((id) => tuned.get(id)! - untuned.get(id)!));
  });
  return amongPlacebos(shifts, placebos.length);
}
