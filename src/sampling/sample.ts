import type { Render } from '../cues/render.js';
import type { Engine, Model, SampleRequest } from '../records/model.js';
import type { Sample } from '../records/sample.js';
import type { Spec } from '../records/spec.js';
import type { Ask } from '../records/step.js';
import { InputError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
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
 * Asks for the answers of a round that are not recorded yet, model by model, and records each as it comes.
 *
 * @returns the hash of the round: of the identity of every answer in it
 * @throws InputError where the folder holds answers that were asked with another text or model
 */
export async function sampleRound(asks: Ask[], context: SampleContext): Promise<string> {
  const byModel = Map.groupBy(asks, (ask) => `${ask.arm}.${ask.seed}`);
  const total = asks.reduce((sum, ask) => sum + ask.to - ask.from, 0);
  const prepared: PreparedAsk[] = [];
  let done = 0;
  for (const group of byModel.values()) {
    const { arm, seed } = group[0] as Ask;
    const model = context.modelOf(arm, seed);
    const ready = group.map((ask) => prepare(ask, model, context));
    prepared.push(...ready);
    const missing = await missingRequests(samplesFile(context.folder, arm, seed), ready, context.spec.seed);
    const open = missing.reduce((sum, request) => sum + request.indices.length, 0);
    const asked = group.reduce((sum, ask) => sum + ask.to - ask.from, 0);
    done += asked - open;
    context.observer.progress(done, total, 'answers');
    if (open === 0) continue;
    for await (const _ of record(missing, ready, model, context))
      context.observer.progress(++done, total, 'answers');
  }
  return shortHash(prepared.map(({ ask, id }) => [id, ask.from, ask.to]));
}

function prepare(ask: Ask, model: Model, context: SampleContext): PreparedAsk {
  const messages = context.render(ask.cue, ask.question);
  return { ask, messages, id: requestId(model, messages, context.spec, 'audit') };
}

async function missingRequests(file: string, asks: PreparedAsk[], seed: number): Promise<SampleRequest[]> {
  const byCell = new Map(asks.map((prepared) => [`${prepared.ask.cue}|${prepared.ask.question}`, prepared]));
  const recorded = new Map<PreparedAsk, Set<number>>();
  for await (const sample of readJournal<Sample>(file)) {
    const prepared = byCell.get(`${sample.cue}|${sample.question}`);
    if (!prepared || sample.finish === 'failed') continue;
    if (sample.request !== prepared.id) {
      throw new InputError(
        `holds answers of cue '${sample.cue}' that were asked with another text, model or setting`,
        { file },
        'the audit changed since this run began: choose a new folder with -o DIR',
      );
    }
    const indices = recorded.get(prepared) ?? new Set();
    recorded.set(prepared, indices.add(sample.index));
  }
  return asks.flatMap((prepared) => {
    const { from, to } = prepared.ask;
    const has = recorded.get(prepared);
    const indices = Array.from({ length: to - from }, (_, i) => from + i).filter((index) => !has?.has(index));
    if (indices.length === 0) return [];
    return [{ id: prepared.id, messages: prepared.messages, indices, seed }];
  });
}

async function* record(
  requests: SampleRequest[],
  asks: PreparedAsk[],
  model: Model,
  context: SampleContext,
): AsyncGenerator<void> {
  const byId = new Map(asks.map((prepared) => [prepared.id, prepared]));
  const first = (asks[0] as PreparedAsk).ask;
  const journal = new Journal(samplesFile(context.folder, first.arm, first.seed));
  try {
    for await (const answer of context
      .engineOf(model)
      .sample(model, requests, context.spec.sampling, () => {})) {
      const prepared = byId.get(answer.id);
      if (!prepared) continue;
      const { arm, seed, cue, question } = prepared.ask;
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
        request: prepared.id,
        model: model.identity,
        meta: { at: new Date().toISOString(), ...answer.meta },
      };
      journal.append(sample);
      yield;
    }
  } finally {
    journal.close();
  }
}
