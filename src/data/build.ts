import type { InterventionStep } from '../records/interventions.js';
import type { ArmSpec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { type InterventionName, interventions, type Parameters } from './interventions/index.js';
import type { DataContext, Intervention, Stage } from './stage.js';

/** What building an arm's data needs: the audit's seed, readers of the files and detectors it names, and verdicts on its rows. */
export type BuildContext = Pick<DataContext, 'seed' | 'read' | 'detector' | 'verdicts'>;

/**
 * Makes the training stages of an arm: its interventions, one after the other, from no stages at all.
 *
 * @throws InputError for data or parameters that do not fit; the message names the arm and the step
 */
export async function buildArmData(arm: ArmSpec, context: BuildContext): Promise<Stage[]> {
  if (!arm.training) throw new InputError(`arm '${arm.id}' has a model that exists already, and no data`);
  const { data, training } = arm.training;
  let stages: Stage[] = [];
  for (const [i, step] of data.entries()) {
    const at = `arm '${arm.id}', data[${i}]`;
    const name = nameOf(step, at);
    stages = await applyStep(name, step, stages, { ...context, training, at: `${at} (${name})` });
  }
  return stages;
}

/** The one intervention that a step names. */
export function nameOf(step: InterventionStep, at: string): InterventionName {
  const known = Object.keys(interventions) as InterventionName[];
  const names = known.filter((key) => step[key] !== undefined);
  if (names.length !== 1) {
    const found = names.length === 0 ? 'none' : names.join(' and ');
    throw new InputError(`${at}: a step names one intervention (${known.join(', ')}), and this one ${found}`);
  }
  return names[0]!;
}

async function applyStep<Name extends InterventionName>(
  name: Name,
  step: InterventionStep,
  stages: Stage[],
  context: DataContext,
): Promise<Stage[]> {
  const intervention: Intervention<Parameters[Name]> = interventions[name];
  return intervention.apply(stages, step[name] as Parameters[Name], context);
}
