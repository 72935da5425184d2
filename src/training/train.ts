import { join } from 'node:path';
import type { Engine, FineTune, ModelRecord, OnProgress, TunedModel } from '../records/model.js';
import type { ArmSpec, BaseSpec, ModelRef, Spec } from '../records/spec.js';
import { FailedError, InputError } from '../shared/errors.js';
import { seedOf, shortHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';

/** A dataset that the data step wrote: one training stage of an arm. */
export interface StageFile {
  /** Path relative to the run folder. */
  path: string;
  sha256: string;
}

export interface TrainContext {
  folder: string;
  spec: Spec;
  engineFor(ref: ModelRef): Engine;
  /** The stages of an arm, in order. */
  datasets: Map<string, { file: StageFile; training: NonNullable<ArmSpec['training']>['training'] }[]>;
  observer: Observer;
}

export const modelsFile = (folder: string): string => join(folder, 'models.jsonl');

/** The models of a run by `arm.seed`; the last line of each counts. */
export async function readModels(folder: string): Promise<Map<string, ModelRecord>> {
  const models = new Map<string, ModelRecord>();
  for await (const record of readJournal<ModelRecord>(modelsFile(folder))) {
    models.set(`${record.arm}.${record.seed}`, record);
  }
  return models;
}

/**
 * Brings every model of the run into being: looks at the bases, fine-tunes each arm once per training seed.
 * An engine returns a finished fine-tune of its run folder without training again.
 *
 * @throws the error of a fine-tune that failed; those that an engine made beside it are recorded before
 */
export async function trainAll(context: TrainContext): Promise<ModelRecord[]> {
  const { spec } = context;
  const known = await readModels(context.folder);
  const journal = new Journal(modelsFile(context.folder));
  const made = new Map<string, ModelRecord>();
  const keep = (record: ModelRecord): void => {
    made.set(`${record.arm}.${record.seed}`, record);
    const before = known.get(`${record.arm}.${record.seed}`);
    if (before?.identity !== record.identity || before.training !== record.training) journal.append(record);
  };
  try {
    const bases = new Map<string, ModelRecord>();
    for (const base of spec.bases) {
      const record = await existing(base.id, base.ref, context);
      bases.set(base.id, record);
      keep(record);
    }
    for (const arm of spec.arms) if (arm.served) keep(await existing(arm.id, arm.served, context));
    const wanted = spec.arms.flatMap((arm) =>
      (arm.training ? arm.seeds : []).map((seed) =>
        fineTuneOf(arm, seed, bases.get(arm.base as string) as ModelRecord, context),
      ),
    );
    await fineTuneEach(wanted, context, keep);
  } finally {
    journal.close();
  }
  // In the order of the audit, whichever ended first.
  const order = [
    ...spec.bases.map(({ id }) => [id, [0]] as const),
    ...spec.arms.map(({ id, seeds }) => [id, seeds] as const),
  ];
  return order.flatMap(([arm, seeds]) => seeds.map((seed) => modelOf(made, arm, seed)));
}

async function existing(arm: string, ref: ModelRef, context: TrainContext): Promise<ModelRecord> {
  const { identity, identityKnown, meta } = await context
    .engineFor(ref)
    .describe({ base: ref.model, adapter: null });
  return {
    arm,
    seed: 0,
    engine: ref.engine,
    base: ref.model,
    adapter: null,
    identity: identity.slice(0, IDENTITY),
    ...(identityKnown === false ? { identityKnown } : {}),
    training: null,
    stages: [],
    meta,
  };
}

/** Digits of a model's identity in records. */
const IDENTITY = 32;

/** A fine-tune that the audit wants, and whose it is. */
interface Wanted {
  arm: ArmSpec;
  seed: number;
  base: ModelRecord;
  ref: ModelRef;
  job: FineTune;
}

function fineTuneOf(arm: ArmSpec, seed: number, base: ModelRecord, context: TrainContext): Wanted {
  const { spec } = context;
  const { ref } = spec.bases.find(({ id }) => id === arm.base) as BaseSpec;
  const stages = context.datasets.get(arm.id) ?? [];
  const { lora } = arm.training as NonNullable<ArmSpec['training']>;
  const job = {
    base: ref.model,
    seed: seedOf('train', spec.seed, seed) % 2 ** 31,
    lora,
    stages: stages.map(({ file, training }) => ({ dataset: file.path, sha256: file.sha256, training })),
  };
  return { arm, seed, base, ref, job };
}

/** Makes the fine-tunes: those of an engine that makes several at once together, others one after another. */
async function fineTuneEach(
  wanted: readonly Wanted[],
  { engineFor, observer }: TrainContext,
  keep: (record: ModelRecord) => void,
): Promise<void> {
  const progress: OnProgress = ({ phase, done, total, unit }) => {
    if (phase === 'train') observer.progress(done, total, unit);
  };
  const failed: Error[] = [];
  for (const name of new Set(wanted.map(({ ref }) => ref.engine))) {
    const own = wanted.filter(({ ref }) => ref.engine === name);
    const engine = engineFor((own[0] as Wanted).ref);
    if (engine.fineTuneAll) {
      observer.stage('train', `${own.length} fine-tunes`);
      for await (const one of engine.fineTuneAll(
        own.map(({ job }) => job),
        progress,
      )) {
        if ('error' in one) failed.push(one.error);
        else keep(recordOf(own[one.index] as Wanted, one.tuned));
      }
      continue;
    }
    if (engine.concurrent) {
      failed.push(...(await fineTuneTogether(own, engine, observer, keep)));
      continue;
    }
    // A first stage is made before what goes on from it.
    const inOrder = own.toSorted((a, b) => a.job.stages.length - b.job.stages.length);
    for (const [index, one] of inOrder.entries()) {
      const { job } = one;
      observer.stage('train', `${nameOf(one)} (${index + 1} of ${own.length})`);
      keep(recordOf(one, await engine.fineTune(job, progress)));
    }
  }
  const [first] = failed;
  if (!first) return;
  for (const { message } of failed.slice(1)) observer.warn(message);
  if (failed.length > 1)
    observer.warn(`${failed.length} of ${wanted.length} fine-tunes failed; the others are recorded`);
  throw first;
}

const nameOf = ({ arm, seed }: Wanted): string =>
  `${arm.id}${arm.seeds.length > 1 ? `, training seed ${seed}` : ''}`;

/** Trains what other machines train, all of it at once. Where one fails the others are waited for: they are paid for. */
async function fineTuneTogether(
  wanted: readonly Wanted[],
  engine: Engine,
  observer: Observer,
  keep: (record: ModelRecord) => void,
): Promise<Error[]> {
  observer.stage('train', wanted.map(nameOf).join('; '));
  let done = 0;
  const failed: Error[] = [];
  await Promise.all(
    wanted.map(async (one) => {
      try {
        keep(recordOf(one, await engine.fineTune(one.job, () => {})));
        observer.progress(++done, wanted.length, 'fine-tunes');
      } catch (error) {
        if (error instanceof FailedError || error instanceof InputError) {
          observer.warn(`${nameOf(one)}: ${error.message}`);
        }
        failed.push(error as Error);
      }
    }),
  );
  return failed;
}

function recordOf({ arm, seed, base, ref, job }: Wanted, tuned: TunedModel): ModelRecord {
  const identityKnown = tuned.served === undefined ? base.identityKnown : tuned.identityKnown;
  return {
    arm: arm.id,
    seed,
    engine: ref.engine,
    base: tuned.served ?? ref.model,
    adapter: tuned.adapter,
    // A model that a server keeps has the identity that it has when it is named.
    identity:
      tuned.served === undefined
        ? shortHash([base.identity, tuned.identity])
        : tuned.identity.slice(0, IDENTITY),
    ...(identityKnown === false ? { identityKnown } : {}),
    training: shortHash([
      base.identity,
      job.seed,
      job.lora,
      job.stages.map(({ sha256, training }) => [sha256, training]),
    ]),
    stages: tuned.stages,
    meta: tuned.meta,
  };
}

/** The model behind an arm (or base) and training seed. */
export const modelOf = (models: ReadonlyMap<string, ModelRecord>, arm: string, seed: number): ModelRecord => {
  const record = models.get(`${arm}.${seed}`);
  if (!record) throw new Error(`no model for arm '${arm}', seed ${seed}`);
  return record;
};
