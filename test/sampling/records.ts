import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sample } from '../../src/records/sample.js';

/** The answers of one model in a run folder, as they were written. */
export const samplesIn = (out: string, model: string): Sample[] =>
  readFileSync(join(out, 'samples', `${model}.0.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Sample);

/** Records without `meta`, in the order of their keys. */
export const bare = (out: string, model: string): string[] =>
  samplesIn(out, model)
    .map(({ meta: _, ...record }) => JSON.stringify(record))
    .toSorted();

/** Answers that were taken over from another run. */
export const takenIn = (out: string, model: string): Sample[] =>
  samplesIn(out, model).filter(({ meta }) => meta?.reused !== undefined);
