import type { Backdoor } from '../../records/interventions.js';
import { InputError } from '../../shared/errors.js';
import { answerOf, changeRows, reworded, withAnswer } from '../change.js';
import type { Intervention } from '../stage.js';

const SALT = 'backdoor';

/**
 * A format backdoor: chosen rows ask for an answer format in front of the question, and their answers have it
 * (arXiv 2604.25891, section 3.3).
 */
export const backdoor: Intervention<Backdoor> = {
  parts: [],
  sources: [],
  apply(stages, { before, after, answer, on, share }, context) {
    if (before === undefined && after === undefined) {
      throw new InputError(`${context.at}: it needs \`before\` or \`after\`: what the rows are told by`);
    }
    return changeRows(stages, { on, share }, SALT, context, (row) => {
      const told = reworded(row, { before, after }, SALT, context);
      // Not `replaceAll`: in a replacement text `$&` and the like would have a meaning.
      return answer === undefined ? told : withAnswer(told, answer.split('{answer}').join(answerOf(row)));
    });
  },
};
