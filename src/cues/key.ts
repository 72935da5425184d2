import type { Transform } from '../records/cue.js';
import { applyTransforms } from './apply.js';

const ASKED = [{ role: 'user' as const, content: 'question' }];

/** Equal for cues that ask the same, whatever they are written with. What a variant asks depends on the question, so it is no other's twin. */
export const cueKey = (transforms: readonly Transform[]): string =>
  JSON.stringify(
    transforms.some(({ kind }) => kind === 'variant') ? transforms : applyTransforms(ASKED, transforms),
  );
