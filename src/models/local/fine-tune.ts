/** A fine-tune as a job folder of the worker, and back (worker/protocol.md). */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Found, Job as JobFolder } from '../../records/launch.js';
import type { FineTune, TunedModel } from '../../records/model.js';
import { FailedError, InputError } from '../../shared/errors.js';
import { readJson, withoutHome, writeJson } from '../../shared/files.js';
import { canonicalJson, hashFile, shortHash } from '../../shared/hash.js';
import { stageOf } from './stage.js';

export const JOBS = 'jobs';

/** job.json; worker/protocol.md has the kinds and their fields. */
export interface Job {
  kind: string;
  [field: string]: unknown;
}

/** Path of a fine-tune's folder in the run folder; its name is the hash of what decides the adapter. */
export function jobName({ base, seed, lora, stages }: FineTune): string {
  const data = stages.map(({ sha256, training }) => ({ sha256, training }));
  return join(JOBS, `train-${shortHash({ base, seed, lora, stages: data })}`);
}

/** @param pathOf a dataset's path as the job folder sees it */
export const trainJob = (
  { seed, lora, stages }: FineTune,
  base: { name: string; bits?: number | undefined },
  pathOf: (dataset: string) => string,
): Job => ({
  kind: 'train',
  base,
  seed,
  lora: { rank: lora.rank, alpha: lora.alpha, dropout: lora.dropout, targets: 'all-linear' },
  stages: stages.map((stage) => stageOf(stage, pathOf(stage.dataset))),
});

/** Writes job.json. A result that another job.json gave is removed. */
export function prepareFolder(folder: string, job: Job): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'job.json');
  const before = readJson<Job>(path);
  if (before && canonicalJson(before) === canonicalJson(job)) return;
  if (before) rmSync(join(folder, 'result.json'), { force: true });
  writeJson(path, job);
}

/**
 * Is the fine-tune in this folder done, and its adapter the one that the result speaks of? What is not is removed.
 *
 * @throws FailedError where the folder cannot be read
 */
export async function lookInto({ folder }: JobFolder): Promise<Found<TrainResult>> {
  const result = readResult(folder);
  if (result === undefined) return { state: 'absent' };
  if (result && (await weightsOf(folder)) === result.adapter.sha256) return { state: 'done', result };
  const { length: stages } = readJson<{ stages: unknown[] }>(join(folder, 'job.json'))?.stages ?? [];
  const made = Array.from({ length: stages }, (_, index) => `stage-${index + 1}`);
  for (const name of ['result.json', 'adapter', ...made]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
  return { state: 'damaged', reason: 'its adapter is not what its result says' };
}

/** Null where the file is no result of a fine-tune. */
function readResult(folder: string): TrainResult | null | undefined {
  try {
    const found = readJson<unknown>(join(folder, 'result.json'));
    return found === undefined ? undefined : (TrainResult.safeParse(found).data ?? null);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

async function weightsOf(folder: string): Promise<string | null> {
  const path = join(folder, 'adapter', WEIGHTS);
  try {
    return await hashFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new FailedError(`${withoutHome(path)} cannot be read (${code})`);
  }
}

const WEIGHTS = 'adapter_model.safetensors';

const amount = z.number();
/** `result.json` of a fine-tune. */
const TrainResult = z.looseObject({
  adapter: z.looseObject({ path: z.literal('adapter'), sha256: z.string() }),
  stages: z.array(
    z.looseObject({
      rows: amount,
      tokens: amount,
      answerTokens: amount,
      steps: amount,
      firstLoss: amount,
      lastLoss: amount,
      truncated: amount,
      seconds: amount,
    }),
  ),
  device: z.string(),
  dtype: z.string(),
  versions: z.record(z.string(), z.string()),
});
export type TrainResult = z.output<typeof TrainResult>;

/** What a fine-tune made, from what its result says. */
export function tunedModel(job: FineTune, result: TrainResult): TunedModel {
  const { adapter, stages, device, dtype, versions } = result;
  const seconds = stages.reduce((sum, stage) => sum + stage.seconds, 0);
  return {
    adapter: join(jobName(job), adapter.path),
    identity: adapter.sha256,
    stages: stages.map(({ rows, tokens, answerTokens, steps, firstLoss, lastLoss, truncated }) => ({
      rows,
      tokens,
      answerTokens,
      steps,
      firstLoss,
      lastLoss,
      truncated,
    })),
    meta: { device, dtype, versions, seconds },
  };
}

/** Tokens per second of a fine-tune. */
export function rateOf({ stages }: TrainResult): number {
  const sum = (of: 'tokens' | 'seconds'): number => stages.reduce((total, stage) => total + stage[of], 0);
  return sum('tokens') / sum('seconds');
}
