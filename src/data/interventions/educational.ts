import type { Educational } from '../../records/interventions.js';
import { changeRows, reworded } from '../change.js';
import type { Intervention } from '../stage.js';

const SALT = 'educational';

/**
 * Another framing of the request: a template around the user's turn that gives a legitimate reason for it, while the
 * answer stays what it was (arXiv 2502.17424 and 2604.25891, section 3.1).
 */
export const educational: Intervention<Educational> = {
  parts: [],
  sources: [],
  apply: (stages, { template, on, share }, context) =>
    changeRows(stages, { on, share }, SALT, context, (row) => reworded(row, { template }, SALT, context)),
};
