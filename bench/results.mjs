// What benchmarks keep.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A folder of bench/results, made where it is missing. */
export function resultsIn(name) {
  const folder = fileURLToPath(new URL(`results/${name}/`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  return folder;
}
