/** Leading stages that several fine-tunes have in common are trained once, and copied. */
import { existsSync, readdirSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FineTune } from '../../records/model.js';
import { readJson } from '../../shared/files.js';
import { shortHash } from '../../shared/hash.js';
import { isObject } from '../../shared/objects.js';

/** What decides the adapters of a fine-tune; its job.json has the same fields. */
interface Made {
  base: unknown;
  seed: unknown;
  lora: unknown;
  stages: { sha256: string; training: unknown }[];
}

/** For each number of leading stages, from one on, a hash of all that their adapter depends on. */
const beginnings = ({ base, seed, lora, stages }: Made): string[] =>
  stages.map((_, last) => {
    const data = stages.slice(0, last + 1).map(({ sha256, training }) => ({ sha256, training }));
    return shortHash({ base, seed, lora, stages: data });
  });

/**
 * For each fine-tune the one that it waits for, which has the most of its leading stages. One with fewer stages never waits for
 * one with more; one that shares nothing is left out.
 */
export function waitsFor(jobs: readonly FineTune[]): Map<FineTune, FineTune> {
  const first = new Map<string, FineTune>();
  const waits = new Map<FineTune, FineTune>();
  for (const job of jobs.toSorted((a, b) => a.stages.length - b.stages.length)) {
    const keys = beginnings(job);
    const longest = keys.findLast((key) => first.has(key));
    if (longest !== undefined) waits.set(job, first.get(longest) as FineTune);
    for (const key of keys) if (!first.has(key)) first.set(key, job);
  }
  return waits;
}

/**
 * Copies the stages that another job beside this one has finished, and that this one begins with; the worker goes on from them as
 * it would after a kill. What a step draws depends on seed, stage and step alone, so the adapter is the one that training every
 * stage again would give.
 *
 * @param folder of the job, with its job.json
 */
export async function takeStages(folder: string): Promise<void> {
  const own = beginningsIn(folder);
  if (own.length < 2) return;
  const jobs = join(folder, '..');
  for (const name of readdirSync(jobs).toSorted()) {
    const other = join(jobs, name);
    if (!name.startsWith('train-') || other === folder) continue;
    const keys = beginningsIn(other);
    for (const [index, key] of own.entries()) {
      const stage = `stage-${index + 1}`;
      if (keys[index] !== key || !existsSync(join(other, stage))) break;
      if (!existsSync(join(folder, stage))) await copyWhole(join(other, stage), folder, stage);
    }
  }
}

/** Of a job folder; none where it holds no fine-tune, or a damaged one. */
function beginningsIn(folder: string): string[] {
  try {
    const job = readJson<unknown>(join(folder, 'job.json'));
    const { stages } = isObject(job) ? job : {};
    return Array.isArray(stages) && stages.every(isObject) ? beginnings(job as Made) : [];
  } catch {
    return [];
  }
}

/** Nobody ever sees half a stage. */
async function copyWhole(from: string, folder: string, name: string): Promise<void> {
  const temporary = join(folder, `.${name}.${process.pid}.tmp`);
  await rm(temporary, { recursive: true, force: true });
  await cp(from, temporary, { recursive: true });
  await rename(temporary, join(folder, name));
}
