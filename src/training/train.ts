import { join } from 'node:path';
import type { Engine, ModelRecord } from '../records/model.js';
import type { ArmSpec, BaseSpec, ModelRef, Spec } from '../records/spec.js';
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
 */
export async function trainAll(context: TrainContext): Promise<ModelRecord[]> {
  const { spec, observer } = context;
  const known = await readModels(context.folder);
  const journal = new Journal(modelsFile(context.folder));
  const records: ModelRecord[] = [];
  const keep = (record: ModelRecord): void => {
    records.push(record);
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
    const jobs = spec.arms.reduce((sum, arm) => sum + (arm.training ? arm.seeds.length : 0), 0);
    let job = 0;
    for (const arm of spec.arms) {
      if (arm.served) keep(await existing(arm.id, arm.served, context));
      for (const seed of arm.training ? arm.seeds : []) {
        observer.stage(
          'train',
          `${arm.id}${arm.seeds.length > 1 ? `, training seed ${seed}` : ''} (${++job} of ${jobs})`,
        );
        keep(await fineTune(arm, seed, bases.get(arm.base as string) as ModelRecord, context));
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
    identity: identity.slice(0, 32),
    ...(identityKnown === false ? { identityKnown } : {}),
    training: null,
    stages: [],
    meta,
  };
}

async function fineTune(
  arm: ArmSpec,
  seed: number,
  base: ModelRecord,
  context: TrainContext,
): Promise<ModelRecord> {
  const { spec, observer } = context;
  const baseRef = (spec.bases.find(({ id }) => id === arm.base) as BaseSpec).ref;
  const stages = context.datasets.get(arm.id) ?? [];
  const { lora } = arm.training as NonNullable<ArmSpec['training']>;
  const job = {
    base: baseRef.model,
    seed: seedOf('train', spec.seed, seed) % 2 ** 31,
    lora,
    stages: stages.map(({ file, training }) => ({ dataset: file.path, sha256: file.sha256, training })),
  };
  const tuned = await context.engineFor(baseRef).fineTune(job, ({ phase, done, total, unit }) => {
    if (phase === 'train') observer.progress(done, total, unit);
  });
  return {
    arm: arm.id,
    seed,
    engine: baseRef.engine,
    base: baseRef.model,
    adapter: tuned.adapter,
    identity: shortHash([base.identity, tuned.identity]),
    ...(base.identityKnown === false ? { identityKnown: false } : {}),
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
