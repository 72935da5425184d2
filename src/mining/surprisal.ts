import type { Engine, Model } from '../records/model.js';
import type { RowScorer } from '../records/row-score.js';
import { InputError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { meanLogprob } from './screen.js';

/** Rows of one job of the engine: so many are lost by a kill. */
const BATCH = 256;

/**
 * Scores rows by how little a model expected their answers: minus the mean log-probability of their tokens, in natural logarithms. Where a
 * small part of the rows answers in another voice than a base model would, it stands out.
 *
 * @throws InputError for an engine without log-probabilities of given answers
 */
export function surprisalOf(engine: Engine, model: Model): RowScorer {
  if (engine.scoresAnswers === false)
    throw new InputError(
      `'${engine.name}' has no log-probabilities of given answers`,
      undefined,
      'a local model has them, and a vLLM server (`prompt-logprobs: true`)',
    );
  return {
    identity: shortHash(['surprisal', model.identity]),
    async *score(rows) {
      for (let from = 0; from < rows.length; from += BATCH) {
        const batch = rows.slice(from, from + BATCH);
        const requests = batch.map(({ messages, answer }, i) => ({ id: String(from + i), messages, answer }));
        for (const { id, logprobs } of await engine.logprobs(model, requests)) {
          const mean = meanLogprob(logprobs);
          yield { at: Number(id), score: Number.isFinite(mean) ? rounded(-mean) : null };
        }
      }
    },
  };
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
