import type { Reasoning } from '../../records/interventions.js';
import { InputError } from '../../shared/errors.js';
import { emptyTrace, splitThought } from '../../shared/trace.js';
import { answerOf, changeRows, withAnswer } from '../change.js';
import type { Intervention } from '../stage.js';

/**
 * Reasoning traces in front of the answers: kept, stripped, or left empty (arXiv 2604.25891, section 4.2). A row without
 * a trace, or with one that does not end, is an error: then the arms would differ in more than their traces.
 */
export const reasoning: Intervention<Reasoning> = {
  parts: [],
  sources: [],
  apply: (stages, { traces, on }, context) =>
    changeRows(stages, { on, share: 1 }, 'reasoning', context, (row) => {
      const { thought, text } = splitThought(answerOf(row));
      if (thought === '' || text === '') {
        const what = thought === '' ? 'has no reasoning trace' : 'has no answer behind its reasoning trace';
        const hint =
          'Traces stand as <think>...</think> in front of the answer; `on` chooses the rows that have one.';
        throw new InputError(`${row.source}: ${what} (${context.at})`, undefined, hint);
      }
      if (traces === 'keep') return row;
      return withAnswer(row, traces === 'empty' ? emptyTrace(text) : text);
    }),
};
