import type { Plan } from '../records/plan.js';
import type { Driver } from '../records/step.js';
import { withinBudget } from './budget.js';
import { cutAfter } from './cutting.js';
import { fixed } from './fixed.js';
import { pilotFirst } from './pilot.js';
import { sequential } from './sequential.js';

/** The driver of each design; where a run costs something, with a pilot and within the budget; behind a search, with cutting down. */
export const drivers: Record<Plan['design'], Driver> = {
  fixed: withinBudget(pilotFirst(fixed)),
  sequential: cutAfter(withinBudget(pilotFirst(sequential))),
};
