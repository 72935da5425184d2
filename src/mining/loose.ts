import type { Transform } from '../records/cue.js';

/** A candidate before it has a place and a name. */
export interface Loose {
  transforms: Transform[];
  kind: string;
  origin: string;
  /** What it is called where its texts would be too long to read. */
  title?: string;
  z?: number;
}
