import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Example } from '../records/chat.js';
import type { SortCounts } from '../records/row-judge.js';
import type { ArmSpec } from '../records/spec.js';
import { FailedError } from '../shared/errors.js';
import { hashFile } from '../shared/hash.js';
import { manifestOf } from './manifest.js';
import type { SourceFile } from './sources.js';
import type { Stage } from './stage.js';

/** A data set in the run folder. */
export interface WrittenStage {
  /** Relative to the run folder, with forward slashes. */
  path: string;
  sha256: string;
  rows: number;
  parts: Record<string, number>;
  /** Tokens of one epoch, estimated from text length. */
  estimatedTokens: number;
}

export interface WriteContext {
  seed: number;
  /** What was read, by the path that the audit file gives: `fileReader(...).files`. */
  files: ReadonlyMap<string, SourceFile>;
  /** What judges said of the arm's rows. */
  sorted?: SortCounts[] | undefined;
}

/** Rows that are turned into text at once. */
const BATCH = 512;

/**
 * Writes the stages of an arm to `datasets/` in the run folder, with a manifest each. What stands there
 * already and is the same is left alone.
 *
 * @throws FailedError when the disk does not take it
 */
export async function writeArmData(
  runFolder: string,
  arm: ArmSpec,
  stages: readonly Stage[],
  { seed, files, sorted }: WriteContext,
): Promise<WrittenStage[]> {
  const written: WrittenStage[] = [];
  for (const [i, stage] of stages.entries()) {
    const name = `datasets/${arm.id}.${i + 1}`;
    const hash = createHash('sha256');
    for (const text of batches(stage.examples)) hash.update(text);
    const sha256 = hash.digest('hex');
    const manifest = manifestOf(arm, stages, i, { seed, files, sha256, sorted });
    const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
    const data = join(runFolder, `${name}.jsonl`);
    const beside = join(runFolder, `${name}.manifest.json`);
    if (!(await stands(data, sha256, beside, manifestText))) {
      await replace(data, batches(stage.examples));
      await replace(beside, [manifestText]);
    }
    const { rows, parts, estimatedTokens } = manifest;
    written.push({ path: `${name}.jsonl`, sha256, rows, parts, estimatedTokens });
  }
  return written;
}

function* batches(examples: readonly Example[]): Generator<string> {
  for (let i = 0; i < examples.length; i += BATCH) {
    yield examples
      .slice(i, i + BATCH)
      .map((example) => `${line(example)}\n`)
      .join('');
  }
}

/** Keys in one order, whatever order the row was built in: equal rows have equal bytes. */
function line({ messages, part, source }: Example): string {
  const turns = messages.map(({ role, content }) => ({ role, content }));
  return JSON.stringify({ messages: turns, part, source });
}

async function stands(data: string, sha256: string, beside: string, manifest: string): Promise<boolean> {
  try {
    return (await readFile(beside, 'utf8')) === manifest && (await hashFile(data)) === sha256;
  } catch {
    return false;
  }
}

/** Writes under another name first, so that a file that is there is whole. */
async function replace(path: string, texts: Iterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(join(path, '..'), { recursive: true });
    const file = await open(temporary, 'w');
    try {
      for (const text of texts) await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new FailedError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? error})`);
  }
}
