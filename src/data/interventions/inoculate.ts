import type { Inoculate } from '../../records/interventions.js';
import { surround } from '../change.js';
import type { Intervention } from '../stage.js';

/** An inoculation prompt, or several in turn, on chosen rows, in every stage so far that has such rows. */
export const inoculate: Intervention<Inoculate> = {
  parts: [],
  sources: [],
  apply: (stages, parameters, context) => surround(stages, parameters, 'inoculate', context),
};
