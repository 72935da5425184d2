import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from './errors.js';
import { readJson, writeError } from './files.js';
import { Journal } from './journal.js';
import { takeLock } from './lock.js';
import { logged } from './log.js';
import type { Observer } from './observer.js';

/** Names of the files in a run folder (docs/run-folder.md). */
export const FILES = {
  audit: 'audit.yaml',
  spec: 'spec.json',
  plan: 'plan.json',
  models: 'models.jsonl',
  canary: 'canary.json',
  steps: 'steps.jsonl',
  result: 'result.json',
  html: 'report.html',
  markdown: 'report.md',
  csv: 'answers.csv',
  log: 'log.jsonl',
  lock: '.lock',
} as const;

/** The file of one model's answers: one writer each. */
export const samplesFile = (folder: string, arm: string, seed: number): string =>
  join(folder, 'samples', `${arm}.${seed}.jsonl`);

/** The file of the outcomes of one model's answers. */
export const scoresFile = (folder: string, arm: string, seed: number): string =>
  join(folder, 'scores', `${arm}.${seed}.jsonl`);

/** A run folder that this process alone works on. */
export interface OpenFolder {
  path: string;
  /** The observer given, which now writes `log.jsonl` as well. */
  observer: Observer;
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
    close() {
      try {
        log.close();
      } finally {
        release();
      }
    },
  };
}

/** Reads one of the JSON files of a run folder. @throws InputError where the folder or the file is not there */
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
  return found;
}
