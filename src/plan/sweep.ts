import type { AuditArm } from '../records/audit.js';
import { Id } from '../records/ids.js';
import { InterventionStep } from '../records/interventions.js';
import type { Swept } from '../records/spec.js';
import { Lora, Training } from '../records/training.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { keysAt } from './known-keys.js';
import { pathText } from './yaml.js';

/** An arm of the audit file that stands for itself alone. */
export type SingleArm = Omit<AuditArm, 'sweep' | 'data'> & {
  data?: InterventionStep[] | undefined;
  swept?: Swept | undefined;
};

/** More than this is a typing error. */
const MOST = 1000;

/**
 * The arms that one item of `arms` stands for: itself, or with a `sweep` one for each value, and for several keys one for
 * each combination, in the order of the file. Each is checked as if it had been written out.
 *
 * @throws InputError for a key that nothing can be changed by, and for what the schema refuses
 */
export function sweptArms(
  { sweep, ...template }: AuditArm,
  index: number,
  place: (key: readonly PropertyKey[]) => Place,
): SingleArm[] {
  let arms: Loose[] = [sweep ? { ...template, swept: { item: template.id, values: {} } } : template];
  for (const [key, values] of Object.entries(sweep ?? {})) {
    const at = place(['sweep', key]);
    arms = arms.flatMap((arm) => values.map((value) => changed(arm, key, value, at)));
    if (arms.length > MOST) throw new InputError(`a sweep of more than ${MOST} arms`, at);
  }
  return arms.map((arm) => checked(arm, index, place));
}

type Loose = Omit<AuditArm, 'sweep'> & { swept?: Swept };

function changed(arm: Loose, key: string, value: string | number, at: Place): Loose {
  const named = {
    ...arm,
    id: `${arm.id}-${String(value)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')}`,
    ...(arm.title ? { title: `${arm.title}, ${key} ${value}` } : {}),
    ...(arm.swept ? { swept: { ...arm.swept, values: { ...arm.swept.values, [key]: value } } } : {}),
  };
  if (key === 'base') return { ...named, base: String(value) };
  const [whole = '', part = ''] = key.split('.');
  const fields = { training: Training, lora: Lora };
  if (whole in fields && keysAt(fields[whole as keyof typeof fields], []).includes(part)) {
    return { ...named, [whole]: { ...named[whole as keyof typeof fields], [part]: value } };
  }
  const having = (arm.data ?? []).filter((step) => whole in step);
  if (having.length !== 1 || !keysAt(InterventionStep, [whole]).includes(part)) {
    const known = (arm.data ?? []).flatMap((step) =>
      Object.keys(step).flatMap((name) => keysAt(InterventionStep, [name]).map((one) => `${name}.${one}`)),
    );
    if (having.length > 1) throw new InputError(`'${whole}' stands in several steps of this arm`, at);
    const hint = didYouMean(key, ['base', ...known, ...keysAt(Training, []).map((one) => `training.${one}`)]);
    throw new InputError(`a sweep cannot change '${key}'`, at, hint);
  }
  const data = named.data?.map((step) =>
    whole in step ? { [whole]: { ...step[whole as keyof typeof step], [part]: value } } : step,
  );
  return { ...named, data };
}

function checked(arm: Loose, index: number, place: (key: readonly PropertyKey[]) => Place): SingleArm {
  const id = Id.safeParse(arm.id);
  if (!id.success) throw new InputError(`'${arm.id}': ${id.error.issues[0]?.message}`, place(['sweep']));
  const parts = [
    ['training', Training, arm.training],
    ['lora', Lora, arm.lora],
    ...(arm.data ?? []).map((step, i) => [['data', i], InterventionStep, step] as const),
  ] as const;
  for (const [where, schema, value] of parts) {
    const issue = schema.safeParse(value).error?.issues[0];
    if (!issue) continue;
    const path = [...[where].flat(), ...issue.path];
    const missing = /received undefined/.test(issue.message);
    const text = missing ? 'is missing' : issue.message.replace(/^Invalid (input|option): /, '');
    throw new InputError(`${pathText(['arms', index, ...path])}: ${text}`, place(path));
  }
  return { ...arm, data: arm.data?.map((step) => InterventionStep.parse(step)) };
}
