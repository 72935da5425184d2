import { once } from 'node:events';
import { csvOfFolder, writeStream } from '../report/folder.js';
import { leanHeap } from '../shared/lean.js';

/** Writes the flat table of a run folder to a file, or to stdout where none is named. */
export async function printCsv(dir: string, to: unknown): Promise<number> {
  leanHeap();
  if (typeof to === 'string' && to !== '-') {
    await writeStream(to, csvOfFolder(dir));
    return 0;
  }
  for await (const piece of csvOfFolder(dir))
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  return 0;
}
