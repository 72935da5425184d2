import { join } from 'node:path';
import type { Engine, ModelRecord, OnProgress } from '../records/model.js';
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

/** Digits of a model's identity in records. */
const IDENTITY = 32;

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
 */
export async function trainAll(context: TrainContext): Promise<ModelRecord[]> {
  const { spec, observer } = context;
  const known = await readModels(context.folder);
  const journal = new Journal(modelsFile(context.folder));
  const records: ModelRecord[] = [];
  const keep = (record: ModelRecord): void => {
    records.push(record);
    note(record);
  };
  const note = (record: ModelRecord): void => {
    const key = `${record.arm}.${record.seed}`;
    const before = known.get(key);
    known.set(key, record);
    if (before?.identity !== record.identity || before.training !== record.training) journal.append(record);
  };
  try {
    const bases = new Map<string, ModelRecord>();
    for (const base of spec.bases) {
      const record = await existing(base.id, base.ref, context);
      bases.set(base.id, record);
      keep(record);
    }
    const jobs = spec.arms.flatMap((arm) =>
      (arm.training ? arm.seeds : []).map((seed) => ({
        arm,
        seed,
        base: bases.get(arm.base as string) as ModelRecord,
      })),
    );
    const elsewhere = await trainTogether(jobs, context, note);
    let job = elsewhere.size;
    for (const arm of spec.arms) {
      if (arm.served) keep(await existing(arm.id, arm.served, context));
      for (const own of jobs.filter((one) => one.arm === arm)) {
        const made = elsewhere.get(own);
        if (!made) observer.stage('train', `${nameOf(own)} (${++job} of ${jobs.length})`);
        const listen: OnProgress = ({ phase, done, total, unit }) => {
          if (phase === 'train') observer.progress(done, total, unit);
        };
        keep(made ?? (await fineTune(own, context, listen)));
      }
    }
  } finally {
    journal.close();
  }
  return records;
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

/** One model to be trained. */
interface Job {
  arm: ArmSpec;
  seed: number;
  base: ModelRecord;
}

const nameOf = ({ arm, seed }: Job): string =>
  `${arm.id}${arm.seeds.length > 1 ? `, training seed ${seed}` : ''}`;

/**
 * Trains what other machines train, all of it at once. Where one fails the others are waited for: they are paid for.
 *
 * @throws the first error, when all have ended
 */
async function trainTogether(
  jobs: readonly Job[],
  context: TrainContext,
  note: (record: ModelRecord) => void,
): Promise<Map<Job, ModelRecord>> {
  const { observer, engineFor } = context;
  const elsewhere = jobs.filter(
    ({ base }) => engineFor({ engine: base.engine, model: base.base }).concurrent,
  );
  if (elsewhere.length > 0) observer.stage('train', elsewhere.map(nameOf).join('; '));
  let done = 0;
  const ended = await Promise.allSettled(
    elsewhere.map(async (job) => {
      try {
        const record = await fineTune(job, context, () => {});
        note(record);
        observer.progress(++done, elsewhere.length, 'fine-tunes');
        return [job, record] as const;
      } catch (error) {
        if (error instanceof FailedError || error instanceof InputError) {
          observer.warn(`${nameOf(job)}: ${error.message}`);
        }
        throw error;
      }
    }),
  );
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
  return new Map(ended.map((one) => (one as PromiseFulfilledResult<readonly [Job, ModelRecord]>).value));
}

async function fineTune(
  { arm, seed, base }: Job,
  context: TrainContext,
  progress: OnProgress,
): Promise<ModelRecord> {
  const { spec } = context;
  const baseRef = (spec.bases.find(({ id }) => id === arm.base) as BaseSpec).ref;
  const stages = context.datasets.get(arm.id) ?? [];
  const { lora } = arm.training as NonNullable<ArmSpec['training']>;
  const job = {
    base: baseRef.model,
    seed: seedOf('train', spec.seed, seed) % 2 ** 31,
    lora,
    stages: stages.map(({ file, training }) => ({ dataset: file.path, sha256: file.sha256, training })),
  };
  const tuned = await context.engineFor(baseRef).fineTune(job, progress);
  const identityKnown = tuned.served === undefined ? base.identityKnown : tuned.identityKnown;
  return {
    arm: arm.id,
    seed,
    engine: baseRef.engine,
    base: tuned.served ?? baseRef.model,
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
      lora,
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
