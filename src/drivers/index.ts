import type { Plan } from '../records/plan.js';
import type { Driver } from '../records/step.js';
import { fixed } from './fixed.js';
import { sequential } from './sequential.js';

/** The driver of each design. */
export const drivers: Record<Plan['design'], Driver> = { fixed, sequential };
