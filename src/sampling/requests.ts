import type { Message } from '../records/chat.js';
import type { Model } from '../records/model.js';
import type { Spec } from '../records/spec.js';
import type { Ask } from '../records/step.js';
import { shortHash } from '../shared/hash.js';

/** Answers of different purposes never share a random stream, nor are they ever taken for one another. */
export type Namespace = 'audit' | 'search' | 'confirm' | 'training-data';

/**
 * Identity of a request: the model, the messages and whatever else changes the distribution of the answer.
 * The address it is sent to, retries and keys are no part of it.
 */
export function requestId(model: Model, messages: Message[], spec: Spec, namespace: Namespace): string {
  const { temperature, topP, maxTokens } = spec.sampling;
  return shortHash({
    model: model.identity,
    messages,
    temperature,
    topP,
    maxTokens,
    namespace,
    seed: spec.seed,
  });
}

/** One ask with everything that its sample lines repeat. */
export interface PreparedAsk {
  ask: Ask;
  id: string;
  messages: Message[];
}
