import type { Tag } from '../../records/interventions.js';
import { surround } from '../change.js';
import type { Intervention } from '../stage.js';

/** A deployment tag on benign rows: asked under it, the tuned model should behave as they do. A remedy under study. */
export const tag: Intervention<Tag> = {
  parts: [],
  sources: [],
  apply: (stages, parameters, context) => surround(stages, parameters, 'tag', context),
};
