import type { Inoculate } from '../../records/interventions.js';
import { InputError } from '../../shared/errors.js';
import { changeRows, reworded } from '../change.js';
import type { Intervention } from '../stage.js';

const SALT = 'inoculate';

/** An inoculation prompt, or several in turn, on chosen rows, in every stage so far that has such rows. */
export const inoculate: Intervention<Inoculate> = {
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
