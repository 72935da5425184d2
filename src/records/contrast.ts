import { z } from 'zod';
import { Text } from './fields.js';
import { Id } from './ids.js';

const Arm = Text.describe('An arm, or a base: `base`.');
const Cue = Text.describe('A cue, or `plain`.');

/** A difference of two rates that is expected, stated before the run; the other side is what differs from this one. */
export const StatedContrast = z.strictObject({
  id: Id,
  says: Text.describe('What is expected, in a sentence.'),
  finding: Text.optional().describe('What was found elsewhere: the result that this one is held against.'),
  arm: Arm,
  cue: Cue.default('plain'),
  against: z
    .strictObject({ arm: Arm.optional(), cue: Cue.optional() })
    .describe('The other rate: `arm`, `cue`, or both; what is left out is the same.'),
  direction: z
    .enum(['higher', 'lower'])
    .describe('Whether the first rate is higher or lower than the other.'),
});
export type StatedContrast = z.infer<typeof StatedContrast>;

/** One of the two rates: an arm or a base, under a cue or `plain`. */
export interface Side {
  arm: string;
  cue: string;
}

/** A stated contrast with both sides settled. */
export interface ContrastSpec {
  id: string;
  says: string;
  finding: string | null;
  of: Side;
  against: Side;
  direction: 'higher' | 'lower';
}
