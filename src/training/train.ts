import { join } from 'node:path';
import type { Engine, FineTune, ModelRecord, OnProgress, TunedModel } from '../records/model.js';
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
    identity: identity.slice(0, 32),
    ...(identityKnown === false ? { identityKnown } : {}),
    training: null,
    stages: [],
    meta,
  };
}

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
    for (const [index, one] of own.entries()) {
      const { arm, seed, job } = one;
      const which = arm.seeds.length > 1 ? `, training seed ${seed}` : '';
      observer.stage('train', `${arm.id}${which} (${index + 1} of ${own.length})`);
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

function recordOf({ arm, seed, base, ref, job }: Wanted, tuned: TunedModel): ModelRecord {
  return {
    arm: arm.id,
    seed,
    engine: ref.engine,
    base: ref.model,
    adapter: tuned.adapter,
    identity: shortHash([base.identity, tuned.identity]),
    ...(base.identityKnown === false ? { identityKnown: false } : {}),
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
