import type { Message } from '../records/chat.js';
import type { Judgement, Reading } from '../records/judge.js';
import type { Answer, Engine, SampleRequest, SamplingParameters } from '../records/model.js';
import type { Sample } from '../records/sample.js';
import { FailedError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { modelName } from '../shared/prices.js';
import { type Judgements, readingOf } from './judgements.js';
import type { ModelJudge } from './outcome.js';
import { judgePrompt } from './quote.js';
import { readJudgement, TOP_LOGPROBS } from './reading.js';

/** An answer that waits to be judged. */
export interface Item {
  sample: Sample;
  /** Hash of the answer. */
  hash: string;
  /** What judges said of it so far, by the hash of the judge. */
  readings: Map<string, Reading>;
  /** Judgements of it that were asked for in this call. */
  asked: number;
  judgements: Pick<Judgements, 'append' | 'flush'>;
}

export interface AskContext {
  /** Seed of the audit. */
  seed: number;
  /** The conversation that a question under a cue is. */
  render(cue: string, question: string): Message[];
  /** Once aborted no more judgements are asked for; those on their way are recorded. */
  enough?: AbortSignal;
}

/**
 * Asks one judge about answers, and records each judgement as it comes. The same question with the same answer is asked
 * once, and counts for every answer that reads so.
 *
 * @throws FailedError where the engine leaves one out
 */
export async function ask(
  judge: ModelJudge,
  engine: Engine,
  items: readonly Item[],
  context: AskContext,
  judged: () => void,
): Promise<void> {
  if (items.length === 0) return;
  const parameters = parametersOf(judge);
  const asked = new Map<string, Item[]>();
  const requests: SampleRequest[] = [];
  for (const item of items) {
    const { cue, question, answer } = item.sample;
    const request = requestOf(judge, context.render(cue, question), answer, context.seed);
    const same = asked.get(request.id);
    if (same) same.push(item);
    else {
      asked.set(request.id, [item]);
      requests.push(request);
    }
  }
  for await (const answer of engine.sample(judge.model, requests, parameters, () => {}, context.enough)) {
    const of = asked.get(answer.id);
    asked.delete(answer.id);
    for (const [i, item] of (of ?? []).entries()) {
      const judgement = judgementOf(judge, item, answer, i === 0);
      item.judgements.append(judgement);
      item.readings.set(judge.hash, readingOf(judgement));
      item.asked++;
      judged();
    }
  }
  if (asked.size > 0) {
    const name = modelName(judge.ref);
    throw new FailedError(`${name} left out ${asked.size} judgements`, 'run the same command again');
  }
}

/** How a judge is sampled. */
export const parametersOf = ({ judge }: ModelJudge): SamplingParameters => ({
  temperature: judge.temperature,
  topP: 1,
  maxTokens: judge['max-tokens'],
  ...(judge.aggregation === 'expectation' ? { topLogprobs: TOP_LOGPROBS } : {}),
});

/** The request for one judgement; its id depends on all that changes the judgement, and on nothing else. */
export function requestOf(
  judge: ModelJudge,
  asked: readonly Message[],
  answer: string,
  seed: number,
): SampleRequest {
  const messages = judgePrompt(judge.judge, asked, answer);
  const id = shortHash({
    model: judge.model.identity,
    messages,
    ...parametersOf(judge),
    namespace: 'judge',
    seed,
  });
  return { id, messages, indices: [0], seed };
}

const FREE = { shared: true, usage: { promptTokens: 0, completionTokens: 0 } };

/** @param paid false for a further answer that one call judged: it cost nothing */
function judgementOf(
  { judge, ref, hash }: ModelJudge,
  { sample, hash: of }: Item,
  answer: Answer,
  paid: boolean,
): Judgement {
  const { arm, seed, cue, question, index } = sample;
  const failed = answer.finish === 'failed';
  const reading: Reading = failed
    ? { score: null, option: null, mass: null, reason: answer.reason ?? 'no reason given' }
    : readJudgement(judge, answer);
  return {
    ...{ arm, seed, cue, question, index },
    judge: judge.id,
    model: modelName(ref),
    hash,
    sample: of,
    ...reading,
    ...(failed ? { failed: true } : {}),
    text: answer.text,
    meta: {
      at: new Date().toISOString(),
      ...answer.meta,
      request: answer.id,
      ...(paid ? answer.usage && { usage: answer.usage } : FREE),
    },
  };
}
