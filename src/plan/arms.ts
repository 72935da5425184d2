import type { AuditFile } from '../records/audit.js';
import { BASE, PLAIN } from '../records/ids.js';
import type { ArmSpec, BaseSpec, RowJudge } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { checkDropRules } from './detectors.js';
import { modelRef } from './models.js';
import type { Providers } from './providers.js';
import { rowJudge } from './row-judges.js';
import { type SingleArm, sweptArms } from './sweep.js';
import { checkTraining } from './training.js';
import type { Located } from './yaml.js';

/** The arms of an audit. */
export interface Arms {
  arms: ArmSpec[];
  /** For each arm the item of the audit file that it was made from. */
  origins: number[];
  /** Ids of the arms that came of one item with a `sweep`, by its id. */
  groups: ReadonlyMap<string, string[]>;
  /** Judges that filters name. */
  rowJudges: RowJudge[];
}

/** Settles bases, seeds, models and data of every arm; an item with a `sweep` becomes several. */
export async function resolveArms(
  audit: Located<AuditFile>,
  bases: Map<string, BaseSpec>,
  providers: Providers,
  folder: string,
): Promise<Arms> {
  const arms: ArmSpec[] = [];
  const origins: number[] = [];
  const groups = new Map<string, string[]>();
  const rowJudges: RowJudge[] = [];
  for (const [index, item] of audit.value.arms.entries()) {
    const place = (key: readonly PropertyKey[]): Place => audit.place(['arms', index, ...key]);
    const made = sweptArms(item, index, place);
    if (item.sweep)
      groups.set(
        item.id,
        made.map(({ id }) => id),
      );
    for (const arm of made) {
      if (arms.some(({ id }) => id === arm.id)) {
        throw new InputError(`two arms have the id '${arm.id}'`, place(['id']));
      }
      arms.push(resolveArm(arm, audit, bases, providers, place));
      origins.push(index);
    }
    for (const [step, { filter }] of (made[0]?.data ?? []).entries()) {
      await checkDropRules(filter?.drop, folder, (rule) => place(['data', step, 'filter', 'drop', rule]));
      if (filter?.judge) {
        const at = (key: string): Place => place(['data', step, 'filter', 'judge', key]);
        rowJudges.push(await rowJudge(filter.judge, folder, providers, at));
      }
    }
  }
  const both = [...groups.keys()].find((id) => arms.some((arm) => arm.id === id));
  if (both !== undefined)
    throw new InputError(`an arm and a sweep have the id '${both}'`, audit.place(['arms']));
  return { arms, origins, groups, rowJudges };
}

function resolveArm(
  arm: SingleArm,
  audit: Located<AuditFile>,
  bases: Map<string, BaseSpec>,
  providers: Providers,
  place: (key: readonly PropertyKey[]) => Place,
): ArmSpec {
  const fail = (message: string, key: PropertyKey[] = [], hint?: string): never => {
    throw new InputError(message, place(key), hint);
  };
  if (arm.id === PLAIN || arm.id === BASE) fail(`'${arm.id}' is a reserved id`, ['id']);
  if ((arm.data === undefined) === (arm.model === undefined)) {
    fail(`arm '${arm.id}' needs either data to be trained on, or a model that exists`);
  }
  for (const [step, intervention] of (arm.data ?? []).entries()) {
    if (Object.keys(intervention).length !== 1) fail('one intervention per list item', ['data', step]);
  }
  const names = [...bases.keys()];
  if (arm.base === undefined && names.length > 1) {
    fail(`arm '${arm.id}' does not say which base it has`, [], `one of: ${names.join(', ')}`);
  }
  const baseName = arm.base === null ? undefined : (arm.base ?? names[0]);
  const base = baseName === undefined ? null : bases.get(baseName);
  if (base === null && arm.data) fail(`arm '${arm.id}' is trained, and names no base model`, ['data']);
  if (base === undefined)
    return fail(`no base model is called '${baseName}'`, ['base'], didYouMean(baseName as string, names));
  if (base) checkTraining(arm, base.ref, providers, (message, key, hint) => fail(message, key, hint));
  const seeds = arm['training-seeds'] ?? audit.value.run['training-seeds'];
  return {
    id: arm.id,
    title: arm.title,
    base: base?.id ?? null,
    training: arm.data && { data: arm.data, training: arm.training, lora: arm.lora },
    served:
      arm.model === undefined
        ? undefined
        : modelRef(arm.model, (m, hint) => fail(m, ['model'], hint), providers),
    seeds: arm.model
      ? [0]
      : Array.isArray(seeds)
        ? [...new Set(seeds)]
        : Array.from({ length: seeds }, (_, i) => i),
    ...(arm.swept ? { swept: arm.swept } : {}),
  };
}
