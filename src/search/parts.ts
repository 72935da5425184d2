import type { Cue } from '../records/cue.js';
import type { SeenRate } from '../records/search.js';
import { shortHash } from '../shared/hash.js';
import type { Pieces } from './pieces.js';

/** Draws of one part at a time, at most. */
export const MOST_DRAWS = 160;

/** Share of misaligned answers; 0 where there are none. */
export const rateOf = ({ draws, misaligned }: SeenRate): number => misaligned / Math.max(1, draws);

/** What was seen of a cue, without it, and of its parts. */
export interface Counts {
  whole: SeenRate;
  plain: SeenRate;
  of: (part: Cue) => SeenRate;
}

/** A cue with some of its pieces. By its text: a run that goes on otherwise than before must not give one name to two texts. */
export function partOf({ id, source }: Cue, pieces: Pieces, kept: readonly number[]): Cue {
  const transforms = pieces.with(kept);
  return { id: `${id}-s${shortHash(transforms).slice(0, 8)}`, source, transforms };
}
