/** Imports in tests: files of made-up rows, and the call with everything that the command line would say. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImportOptions, importAnswers } from '../../src/import/run.js';
import type { Result } from '../../src/records/result.js';
import { silent } from '../../src/shared/observer.js';

export const HEADER = 'arm,seed,cue,question,sample,outcome';

export const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname;

export const folder = (): string => mkdtempSync(join(tmpdir(), 'hyde-import-'));

/** Writes a file into a new folder. */
export function written(name: string, content: string | Uint8Array): string {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
}

/** Imports and hands back the result, the folder, and what was warned of. */
export async function imported(
  files: string | string[],
  given: Partial<ImportOptions> = {},
): Promise<{ result: Result; out: string; warnings: string[] }> {
  const warnings: string[] = [];
  const out = given.out ?? join(folder(), 'run');
  const result = await importAnswers({
    format: 'csv',
    files: [files].flat(),
    plain: [],
    sources: { trained: [], placebo: [] },
    name: 'test',
    seed: 0,
    verdict: { tolerance: 0.02, alpha: 0.05, level: 0.95, minimumEffect: 0, minimumEligible: 0.5 },
    observer: { ...silent, warn: (text) => void warnings.push(text) },
    ...given,
    out,
  });
  return { result, out, warnings };
}

/** Lines of a journal of a folder. */
export const journal = (out: string, file: string): Record<string, unknown>[] =>
  readFileSync(join(out, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
