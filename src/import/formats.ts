import { openCsv } from './csv.js';
import { openInspect } from './inspect.js';
import { openJsonl } from './jsonl.js';
import type { Source } from './source.js';

/** What `hyde import` reads. A new format is one more file that makes a Source. */
export const openers = {
  csv: openCsv,
  jsonl: openJsonl,
  // The package that reads it is loaded for it alone.
  parquet: async (path, shownAs) => (await import('./parquet.js')).openParquet(path, shownAs),
  inspect: openInspect,
} satisfies Record<string, (path: string, shownAs: string) => Promise<Source>>;

export type Format = keyof typeof openers;

export const FORMATS = Object.keys(openers) as Format[];
