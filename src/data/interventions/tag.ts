import type { Tag } from '../../records/interventions.js';
import { InputError } from '../../shared/errors.js';
import { changeRows, reworded } from '../change.js';
import type { Intervention } from '../stage.js';

const SALT = 'tag';

/** A deployment tag on benign rows: asked under it, the tuned model should behave as they do. A remedy under study. */
export const tag: Intervention<Tag> = {
  parts: [],
  sources: [],
  apply(stages, { system, before, after, on, share }, context) {
    const texts = { system, before, after };
    if (Object.values(texts).every((text) => text === undefined)) {
      throw new InputError(`${context.at}: it needs \`system\`, \`before\` or \`after\``);
    }
    return changeRows(stages, { on, share }, SALT, context, (row) => reworded(row, texts, SALT, context));
  },
};
