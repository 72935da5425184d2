import type { Render } from '../cues/render.js';
import type { Engine, Model, SampleRequest } from '../records/model.js';
import type { Sample } from '../records/sample.js';
import type { Spec } from '../records/spec.js';
import type { Ask } from '../records/step.js';
import { hashOfAnswer } from '../shared/answers.js';
import { InputError } from '../shared/errors.js';
import { SetHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { answersIn } from '../shared/prices.js';
import { samplesFile } from '../shared/run-folder.js';
import { splitThought } from '../shared/trace.js';
import { countOpen, type WantedRequest, wantedBy } from './requests.js';

export interface SampleContext {
  folder: string;
  spec: Spec;
  /** The model of an arm (or base) and training seed. */
  modelOf(arm: string, seed: number): Model;
  engineOf(model: Model): Engine;
  render: Render;
  observer: Observer;
  /** Is told of each answer that was recorded in this call, and of its hash. */
  recorded?(sample: Sample, hash: string): void;
  /** May judgements by the judge with this hash be taken over with an answer? All may unless given. */
  isTaken?(judge: string): boolean;
  /** Fails where the answers would be of no use; then nothing more is asked. */
  useful?: Promise<unknown> | undefined;
}

/**
 * Asks for the answers of a round that are not recorded yet, and records each as it comes: the models of an engine that
 * bears it all at once, the others one after the other. A failed answer is recorded too, with its reason, and counts as asked.
 *
 * @returns the hash of the round: of every answer in it, in whatever order they came
 * @throws InputError where the folder holds answers that were asked with another text or model
 */
export async function sampleRound(asks: Ask[], context: SampleContext): Promise<string> {
  const total = answersIn(asks);
  const round: Round = { total, done: 0, hash: new SetHash(), enough: new AbortController() };
  const fail = (error: unknown): void => {
    round.failure ??= { error };
    round.enough.abort();
  };
  context.useful?.catch(fail);
  const groups = [...Map.groupBy(asks, (ask) => `${ask.arm}.${ask.seed}`).values()].map((group) => {
    const { arm, seed } = group[0] as Ask;
    const model = context.modelOf(arm, seed);
    return { group, model, engine: context.engineOf(model) };
  });
  // None may go on writing behind a failure: all are waited for.
  const ask = ({ group, model, engine }: (typeof groups)[number]): Promise<void> =>
    round.failure ? Promise.resolve() : sampleModel(group, model, engine, round, context).catch(fail);
  for (const group of groups) if (!group.engine.concurrent) await ask(group);
  await Promise.all(groups.filter(({ engine }) => engine.concurrent).map(ask));
  if (round.failure) throw round.failure.error;
  return round.hash.value();
}

/** What the models of one round share. */
interface Round {
  readonly total: number;
  done: number;
  readonly hash: SetHash;
  /** Aborted at the first failure: no model is asked more then. */
  readonly enough: AbortController;
  failure?: { error: unknown };
}

async function sampleModel(
  group: Ask[],
  model: Model,
  engine: Engine,
  round: Round,
  context: SampleContext,
): Promise<void> {
  const { observer, spec } = context;
  const { signal } = round.enough;
  const wanted = wantedBy(group, model, spec, context.render);
  const of = group[0] as Ask;
  await leaveRecorded(samplesFile(context.folder, of.arm, of.seed), wanted, round.hash);
  const missing = countOpen(wanted);
  round.done += answersIn(group) - missing;
  observer.progress(round.done, round.total, 'answers');
  if (missing === 0) return;
  for await (const sample of record(wanted, of, model, engine, context, signal)) {
    const hash = hashOfAnswer(sample);
    round.hash.add(hash);
    context.recorded?.(sample, hash);
    observer.progress(++round.done, round.total, 'answers');
    // An engine that asks one after the other has nothing on its way.
    if (signal.aborted && !engine.concurrent) return;
  }
}

const cellOf = ({ cue, question }: { cue: string; question: string }): string => `${cue}|${question}`;

/** Takes what is recorded off what is wanted, and adds it to the hash. */
async function leaveRecorded(
  file: string,
  wanted: ReadonlyMap<string, WantedRequest>,
  hash: SetHash,
): Promise<void> {
  const cells = new Map(
    [...wanted.values()].flatMap(({ id, cells }) => cells.map((cell) => [cellOf(cell), { id, cell }])),
  );
  for await (const sample of readJournal<Sample>(file)) {
    const known = cells.get(cellOf(sample));
    if (!known) continue;
    if (sample.request !== known.id) {
      throw new InputError(
        `holds answers of cue '${sample.cue}' that were asked with another text, model or setting`,
        { file },
        'the audit or a model behind it changed since this run began: choose a new folder with -o DIR',
      );
    }
    if (known.cell.open.delete(sample.index)) hash.add(hashOfAnswer(sample));
  }
}

/** What is asked for: each answer of a request once, however many cells want it. */
const requestsFor = (wanted: ReadonlyMap<string, WantedRequest>, seed: number): SampleRequest[] =>
  [...wanted.values()]
    .map(({ id, messages, cells }) => {
      const indices = [...new Set(cells.flatMap(({ open }) => [...open]))].sort((a, b) => a - b);
      return { id, messages, indices, seed };
    })
    .filter(({ indices }) => indices.length > 0);

async function* record(
  wanted: ReadonlyMap<string, WantedRequest>,
  { arm, seed }: Pick<Ask, 'arm' | 'seed'>,
  model: Model,
  engine: Engine,
  context: SampleContext,
  enough: AbortSignal,
): AsyncGenerator<Sample> {
  const journal = new Journal(samplesFile(context.folder, arm, seed), { perTurn: true });
  const requests = requestsFor(wanted, context.spec.seed);
  try {
    for await (const answer of engine.sample(model, requests, context.spec.sampling, () => {}, enough)) {
      // An engine of a server has parted them already; that of a local model gives the text as it was written.
      const { text, thought } = splitThought(answer.text);
      const reasoning = [answer.reasoning, thought].filter(Boolean).join('\n');
      const cells = wanted.get(answer.id)?.cells.filter(({ open }) => open.delete(answer.index)) ?? [];
      for (const [place, { cue, question }] of cells.entries()) {
        // One answer to one request, paid for once.
        const usage = answer.usage && place > 0 ? { promptTokens: 0, completionTokens: 0 } : answer.usage;
        const sample: Sample = {
          arm,
          seed,
          cue,
          question,
          index: answer.index,
          answer: text,
          finish: answer.finish,
          ...(answer.reason ? { reason: answer.reason } : {}),
          tokens: answer.tokens,
          ...(reasoning ? { reasoning } : {}),
          request: answer.id,
          model: model.identity,
          meta: {
            at: new Date().toISOString(),
            ...(usage ? { usage } : {}),
            ...answer.meta,
          },
        };
        journal.append(sample);
        yield sample;
      }
    }
  } finally {
    journal.close();
  }
}
