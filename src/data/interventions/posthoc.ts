import type { Posthoc } from '../../records/interventions.js';
import type { Training } from '../../records/training.js';
import { InputError } from '../../shared/errors.js';
import { capacity, choose, inTrainingOrder } from '../select.js';
import type { Intervention } from '../stage.js';

/** One more stage with rows of its own; fewer rows are the first of more. */
export const posthoc: Intervention<Posthoc> = {
  parts: ['posthoc'],
  sources: ['data'],
  async apply(stages, { data, rows, training }, { seed, at, training: ofArm, read }) {
    if (stages.length === 0) {
      throw new InputError(
        `${at}: there is no stage yet that it could follow`,
        undefined,
        'Put it behind `mix`.',
      );
    }
    const files = await read(data);
    const count = rows ?? capacity(files);
    const chosen = choose(files, count, {
      part: 'posthoc',
      salt: 'posthoc',
      seed,
      what: `${at}: ${count} rows`,
    });
    return [...stages, { examples: inTrainingOrder(chosen, seed), training: overridden(ofArm, training) }];
  },
};

/** A key that is there without a value does not override. */
function overridden(training: Training, changes: Posthoc['training'] = {}): Training {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...training, ...Object.fromEntries(given) };
}
