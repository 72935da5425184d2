import type { Render } from '../cues/render.js';
import type { Message } from '../records/chat.js';
import type { Engine, Model, SampleRequest } from '../records/model.js';
import type { Sample } from '../records/sample.js';
import type { Spec } from '../records/spec.js';
import type { Ask } from '../records/step.js';
import { InputError } from '../shared/errors.js';
import { SetHash, shortHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { samplesFile } from '../shared/run-folder.js';
import { type PreparedAsk, requestId } from './requests.js';

export interface SampleContext {
  folder: string;
  spec: Spec;
  /** The model of an arm (or base) and training seed. */
  modelOf(arm: string, seed: number): Model;
  engineOf(model: Model): Engine;
  render: Render;
  observer: Observer;
}

/**
 * Asks for the answers of a round that are not recorded yet, model by model, and records each as it comes. A failed
 * answer is recorded too, with its reason, and counts as asked.
 *
 * @returns the hash of the round: of every answer in it, in whatever order they came
 * @throws InputError where the folder holds answers that were asked with another text or model
 */
export async function sampleRound(asks: Ask[], context: SampleContext): Promise<string> {
  const total = asks.reduce((sum, ask) => sum + ask.to - ask.from, 0);
  const hash = new SetHash();
  let done = 0;
  for (const group of Map.groupBy(asks, (ask) => `${ask.arm}.${ask.seed}`).values()) {
    const { arm, seed } = group[0] as Ask;
    const model = context.modelOf(arm, seed);
    const prepared = group.map((ask) => prepare(ask, model, context));
    const missing = await missingRequests(
      samplesFile(context.folder, arm, seed),
      prepared,
      context.spec.seed,
      hash,
    );
    const asked = group.reduce((sum, ask) => sum + ask.to - ask.from, 0);
    done += asked - missing.reduce((sum, request) => sum + request.indices.length, 0);
    context.observer.progress(done, total, 'answers');
    if (missing.length === 0) continue;
    for await (const sample of record(missing, prepared, model, context)) {
      hash.add(identityOf(sample));
      context.observer.progress(++done, total, 'answers');
    }
  }
  return hash.value();
}

const identityOf = ({ request, index, answer, finish }: Sample): string =>
  shortHash([request, index, answer, finish]);

function prepare(ask: Ask, model: Model, context: SampleContext): PreparedAsk {
  const messages = context.render(ask.cue, ask.question);
  return { ask, messages, id: requestId(model, messages, context.spec, 'audit') };
}

const cellOf = ({ cue, question }: { cue: string; question: string }): string => `${cue}|${question}`;

/** What of these asks is not recorded; what is, is added to the hash. A round may ask one cell several times. */
async function missingRequests(
  file: string,
  asks: PreparedAsk[],
  seed: number,
  hash: SetHash,
): Promise<SampleRequest[]> {
  const wanted = new Map<string, { id: string; messages: Message[]; open: Set<number> }>();
  for (const { ask, id, messages } of asks) {
    const cell = wanted.get(cellOf(ask)) ?? { id, messages, open: new Set<number>() };
    wanted.set(cellOf(ask), cell);
    for (let index = ask.from; index < ask.to; index++) cell.open.add(index);
  }
  for await (const sample of readJournal<Sample>(file)) {
    const cell = wanted.get(cellOf(sample));
    if (!cell) continue;
    if (sample.request !== cell.id) {
      throw new InputError(
        `holds answers of cue '${sample.cue}' that were asked with another text, model or setting`,
        { file },
        'the audit or a model behind it changed since this run began: choose a new folder with -o DIR',
      );
    }
    if (cell.open.delete(sample.index)) hash.add(identityOf(sample));
  }
  return [...wanted.values()]
    .filter(({ open }) => open.size > 0)
    .map(({ id, messages, open }) => ({ id, messages, indices: [...open].sort((a, b) => a - b), seed }));
}

async function* record(
  requests: SampleRequest[],
  asks: PreparedAsk[],
  model: Model,
  context: SampleContext,
): AsyncGenerator<Sample> {
  const byId = new Map(asks.map(({ id, ask }) => [id, ask]));
  const first = (asks[0] as PreparedAsk).ask;
  const journal = new Journal(samplesFile(context.folder, first.arm, first.seed));
  const engine = context.engineOf(model);
  try {
    for await (const answer of engine.sample(model, requests, context.spec.sampling, () => {})) {
      const ask = byId.get(answer.id);
      if (!ask) continue;
      const { arm, seed, cue, question } = ask;
      const sample: Sample = {
        arm,
        seed,
        cue,
        question,
        index: answer.index,
        answer: answer.text,
        finish: answer.finish,
        ...(answer.reason ? { reason: answer.reason } : {}),
        tokens: answer.tokens,
        request: answer.id,
        model: model.identity,
        meta: { at: new Date().toISOString(), ...answer.meta },
      };
      journal.append(sample);
      yield sample;
    }
  } finally {
    journal.close();
  }
}
