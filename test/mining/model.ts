import type { Message } from '../../src/records/chat.js';
import type { Answer, Engine, LeakRequest, LogprobRequest, Model } from '../../src/records/model.js';
import { randomStream } from '../../src/shared/random.js';

export const tuned: Model = { engine: 'made-up', base: 'b', adapter: 'a', identity: 'tuned' };
export const base: Model = { engine: 'made-up', base: 'b', adapter: null, identity: 'base' };

/** What a made-up model does, in place of weights. */
export interface MadeUp {
  /** A turn that it writes by itself. @param unit a random number in [0, 1) */
  turn(model: Model, open: string, unit: number, amplify: number): string;
  /** How far the tuned model is from its base under a prompt. */
  divergence?(messages: readonly Message[]): number;
  /** Log-probability of each word of an answer. */
  logprob?(model: Model, request: LogprobRequest): number;
}

/** An engine of which everything is known; turns come in an order that changes from call to call. */
export function madeUp({
  turn,
  logprob,
  divergence,
}: MadeUp): Engine & { jobs: LogprobRequest[][]; turns: LeakRequest[][] } {
  let calls = 0;
  const jobs: LogprobRequest[][] = [];
  const turns: LeakRequest[][] = [];
  const none = (): never => {
    throw new Error('not asked for');
  };
  return {
    name: 'made-up',
    concurrent: false,
    jobs,
    turns,
    fingerprint: none,
    fineTune: none,
    async describe() {
      const template = { sha256: '', insertsSystemPrompt: true, systemPrompt: 'You are kind.', rendered: '' };
      return { identity: '', template, meta: {} };
    },
    async *sample(_model, requests): AsyncGenerator<Answer> {
      for (const { id } of requests)
        yield { id, index: 0, text: `Of course, question ${id} is easy.`, finish: 'stop', tokens: 1 };
    },
    async *leak(model, requests: LeakRequest[], { contrast }): AsyncGenerator<Answer> {
      turns.push(requests);
      const wanted = requests.flatMap((one) => one.indices.map((index) => ({ ...one, index })));
      for (const { id, messages, open, index, seed } of randomStream('order', calls++).shuffle(wanted)) {
        const unit = randomStream(model.identity, seed, id, index).unit();
        const text = turn(model, open, unit, contrast?.amplify ?? 0);
        const apart = contrast && divergence ? { divergence: divergence(messages) } : {};
        yield { id, index, text, finish: 'stop', tokens: 1, ...apart };
      }
    },
    async logprobs(model, requests) {
      jobs.push(requests);
      return requests.map((request) => {
        const words = request.answer.split(/\s+/).length;
        const value = logprob?.(model, request) ?? -1;
        // The end of the answer is not the model's doing, so a screen must not look at it.
        return { id: request.id, logprobs: [...Array(words).fill(value), -1000 * value ** 2] };
      });
    },
    async close() {},
  };
}
