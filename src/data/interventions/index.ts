import type { InterventionStep } from '../../records/interventions.js';
import type { Intervention } from '../stage.js';
import { backdoor } from './backdoor.js';
import { educational } from './educational.js';
import { filter } from './filter.js';
import { inoculate } from './inoculate.js';
import { mix } from './mix.js';
import { posthoc } from './posthoc.js';
import { reasoning } from './reasoning.js';
import { tag } from './tag.js';

/** Parameters of every intervention by its key in the audit file. */
export type Parameters = { [Name in keyof InterventionStep]-?: NonNullable<InterventionStep[Name]> };
export type InterventionName = keyof Parameters;

/** Every intervention. The type asks for one of each key that the audit file knows. */
export const interventions: { readonly [Name in keyof Parameters]: Intervention<Parameters[Name]> } = {
  mix,
  inoculate,
  educational,
  backdoor,
  tag,
  reasoning,
  filter,
  posthoc,
};

/** Parts that rows can have. */
export const knownParts: readonly string[] = [
  ...new Set(Object.values(interventions).flatMap((intervention) => intervention.parts)),
];
