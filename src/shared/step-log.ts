import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Step, StepOutput, StepRecord } from '../records/step.js';
import { Journal, readJournal } from './journal.js';

/** The finished steps of a run folder, in `steps.jsonl`: what was done is not done again. */
export class StepLog {
  private constructor(
    private readonly folder: string,
    private readonly known: Map<string, StepRecord>,
    private readonly journal: Journal,
  ) {}

  static async open(folder: string): Promise<StepLog> {
    const path = join(folder, 'steps.jsonl');
    const known = new Map<string, StepRecord>();
    for await (const record of readJournal<StepRecord>(path)) known.set(record.key, record);
    return new StepLog(folder, known, new Journal(path));
  }

  /** Rounds that were scored, those of earlier plans of this folder included. */
  get scoredRounds(): number {
    return [...this.known.values()].filter(({ kind }) => kind === 'score').length;
  }

  /** The output of a step that is done, unless one of its files is gone or has become shorter. */
  outputOf(key: string): StepOutput | undefined {
    const output = this.known.get(key)?.output;
    return output && Object.entries(output.files).every(([path, bytes]) => this.sizeOf(path) >= bytes)
      ? output
      : undefined;
  }

  record(number: number, step: Step, key: string, done: StepResultFiles, seconds: number): StepOutput {
    const files = Object.fromEntries(done.files.map((path) => [path, this.sizeOf(path)]));
    const output: StepOutput = {
      hash: done.hash,
      files,
      ...(done.outcomes === undefined ? {} : { outcomes: done.outcomes }),
      ...(done.candidates === undefined ? {} : { candidates: done.candidates }),
      ...(done.spent === undefined ? {} : { spent: done.spent }),
      ...(done.stopped === undefined ? {} : { stopped: done.stopped }),
    };
    const record: StepRecord = {
      number,
      kind: step.kind,
      key,
      output,
      meta: { at: new Date().toISOString(), seconds },
    };
    this.journal.append(record);
    this.known.set(key, record);
    return output;
  }

  close(): void {
    this.journal.close();
  }

  private sizeOf(path: string): number {
    const found = statSync(join(this.folder, path), { throwIfNoEntry: false });
    if (!found) return -1;
    // The size of a folder means another thing on each file system.
    return found.isDirectory() ? 0 : found.size;
  }
}

/** Why the last run of a folder ended before its design did, if it did. */
export async function lastStop(folder: string): Promise<StepOutput['stopped']> {
  let stopped: StepOutput['stopped'];
  for await (const { kind, output } of readJournal<StepRecord>(join(folder, 'steps.jsonl'))) {
    if (kind === 'analyse') stopped = output.stopped;
  }
  return stopped;
}

/** What a step hands back: as in StepOutput, but for the files it made, relative to the folder. */
export interface StepResultFiles extends Omit<StepOutput, 'files'> {
  files: string[];
}
