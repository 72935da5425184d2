import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { InputError } from './errors.js';
import { readJson, writeError } from './files.js';
import { Journal } from './journal.js';
import { takeLock } from './lock.js';
import { logError, logged } from './log.js';
import type { Observer } from './observer.js';

/** Names of the files in a run folder (docs/run-folder.md). */
export const FILES = {
  audit: 'audit.yaml',
  spec: 'spec.json',
  plan: 'plan.json',
  models: 'models.jsonl',
  canary: 'canary.json',
  steps: 'steps.jsonl',
  judges: 'judges.json',
  result: 'result.json',
  html: 'report.html',
  markdown: 'report.md',
  csv: 'answers.csv',
  junit: 'junit.xml',
  reused: 'reused.json',
  searchPlan: 'search/plan.json',
  candidates: 'search/candidates.json',
  proposals: 'search/proposals.jsonl',
  found: 'search/found.json',
  cuts: 'search/cuts.json',
  sheet: 'calibration/sheet.json',
  labels: 'calibration/labels.jsonl',
  judge: 'calibration/judge.json',
  log: 'log.jsonl',
  detached: 'detached.log',
  lock: '.lock',
} as const;

/** Stands for the folder of a run in a command that is shown; its path says too much of a machine. */
export const RUN_FOLDER = 'RUN-FOLDER';

/** The file of one model's answers: one writer each. */
export const samplesFile = (folder: string, arm: string, seed: number): string =>
  join(folder, 'samples', `${arm}.${seed}.jsonl`);

/** The file of the outcomes of one model's answers. */
export const scoresFile = (folder: string, arm: string, seed: number): string =>
  join(folder, 'scores', `${arm}.${seed}.jsonl`);

/** The file of what model judges said of one model's answers. */
export const judgementsFile = (folder: string, arm: string, seed: number): string =>
  join(folder, 'judgements', `${arm}.${seed}.jsonl`);

/** A run folder that this process alone works on. */
export interface OpenFolder {
  path: string;
  /** The observer given, which now writes `log.jsonl` as well. */
  observer: Observer;
  /** Writes into the log why work on the folder ended before its time. */
  failed(error: Error): void;
  close(): void;
}

/**
 * Makes or opens a run folder and takes its lock.
 *
 * @throws FailedError if another hyde works on it, or it may not be written
 */
export function openFolder(given: string, observer: Observer): OpenFolder {
  // Jobs in it are handed to other processes, so the path must not depend on where this one stands.
  const path = resolve(given);
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw writeError(error, path);
  }
  const release = takeLock(join(path, FILES.lock), (text) => observer.note(text));
  let log: Journal;
  try {
    log = new Journal(join(path, FILES.log));
  } catch (error) {
    release();
    throw error;
  }
  return {
    path,
    observer: logged(observer, log),
    failed: (error) => logError(log, error),
    close() {
      try {
        log.close();
      } finally {
        release();
      }
    },
  };
}

/** What each JSON file of a run folder must have for hyde to read on; written by hyde, but not only read by its writer. */
const objects = z.array(z.looseObject({}));
const SHAPES: Record<string, z.ZodType> = {
  [FILES.plan]: z.looseObject({
    schema: z.literal(1),
    hash: z.string(),
    seed: z.number(),
    arms: z.array(z.looseObject({ id: z.string(), seeds: z.array(z.number()), stages: objects })),
    cells: z.array(
      z.looseObject({
        arm: z.string(),
        seed: z.number(),
        cue: z.string(),
        questions: z.array(z.string()),
        samples: z.number(),
      }),
    ),
    totals: z.looseObject({ jobs: z.number(), answers: z.number() }),
  }),
  [FILES.spec]: z.looseObject({
    cues: objects,
    questions: objects,
    judges: objects,
    verdict: z.looseObject({}),
    overrides: z.looseObject({}),
  }),
  [FILES.judges]: z.looseObject({
    schema: z.literal(1),
    identities: z.record(z.string(), z.string()),
    panels: z.array(z.looseObject({ hash: z.string(), title: z.string(), role: z.string() })),
  }),
  [FILES.result]: z.looseObject({ schema: z.literal(1), arms: objects, bases: objects, warnings: objects }),
};

/**
 * Reads one of the JSON files of a run folder.
 *
 * @throws InputError where the folder or the file is not there, or the file is not what hyde writes
 */
export function readRunFile<T>(folder: string, name: string): T {
  if (!existsSync(folder)) throw new InputError('there is no such run folder', { file: folder });
  const found = readJson<T>(join(folder, name));
  if (found === undefined) {
    throw new InputError(
      `holds no ${name}`,
      { file: folder },
      'is it a run folder, and did its run get that far?',
    );
  }
  const checked = (SHAPES[name] ?? z.looseObject({})).safeParse(found);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const where = issue?.path.length ? issue.path.join('.') : 'the file';
    throw new InputError(`is damaged: ${where} is not what hyde writes`, { file: join(folder, name) });
  }
  return found;
}

/**
 * Reads a JSON file of a run folder that not every run has; undefined where it is not there.
 *
 * @param hint what to do where it is damaged
 * @throws InputError where the file is not what hyde writes
 */
export function readRecord<S extends z.ZodType>(
  folder: string,
  name: string,
  schema: S,
  hint?: string,
): z.output<S> | undefined {
  const file = join(folder, name);
  const found = readJson<unknown>(file);
  if (found === undefined) return undefined;
  const parsed = schema.safeParse(found);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    `is damaged: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
    { file },
    hint,
  );
}
