import { existsSync, readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { RE2JS } from 're2js';
import { type Condition, Detector } from '../records/detector.js';
import type { DropRule } from '../records/interventions.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';
import { readYaml } from './yaml.js';

/** Folders of what ships with hyde, by what errors call it. */
const FOLDERS = { detector: 'detectors', judge: 'judges', 'question bank': 'questions' } as const;

type Kind = keyof typeof FOLDERS;

/** Ids of the detectors, judges or question banks that ship with hyde. */
export const shipped = (kind: Kind): string[] =>
  readdirSync(resource(FOLDERS[kind]))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'));

/**
 * Path of a shipped detector, judge or question bank, or of a file of the user's.
 *
 * @throws InputError with the nearest id for one that is not there
 */
export function shippedOrFile(kind: Kind, name: string, folder: string, where: Place | undefined): string {
  if (/\.ya?ml$/.test(name)) return resolve(folder, name);
  const path = resource(FOLDERS[kind], `${name}.yaml`);
  if (/^[a-z0-9-]+$/.test(name) && existsSync(path)) return path;
  throw new InputError(`no ${kind} is called '${name}'`, where, didYouMean(name, shipped(kind)));
}

/**
 * A detector by its shipped id or its file, checked.
 *
 * @throws InputError with file and line
 */
export async function loadDetector(name: string, folder: string, place?: Place): Promise<Detector> {
  const file = await readYaml(shippedOrFile('detector', name, folder, place), Detector, name);
  const detector = file.value;
  for (const list of ['any', 'all'] as const) {
    for (const [i, condition] of (detector[list] ?? []).entries()) {
      checkCondition(condition, file.place([list, i]));
    }
  }
  if ((detector.any === undefined) === (detector.all === undefined)) {
    throw new InputError(`detector '${detector.id}' needs either any or all`, file.place([]));
  }
  return detector;
}

/** @throws InputError for a condition with several keys or none, and for a pattern that RE2 does not take */
export function checkCondition(condition: Condition, place: Place): void {
  if (Object.keys(condition).length !== 1) throw new InputError('a condition has exactly one key', place);
  if (condition.pattern === undefined) return;
  try {
    RE2JS.compile(condition.pattern);
  } catch (error) {
    throw new InputError(`is no regular expression (RE2): ${(error as Error).message}`, place);
  }
}

/** Loads each detector that a rule names and compiles each pattern, so that errors have their line. */
export async function checkDropRules(
  rules: readonly DropRule[] = [],
  folder: string,
  place: (rule: number) => Place,
): Promise<void> {
  for (const [i, { detector, ...condition }] of rules.entries()) {
    if (detector === undefined) checkCondition(condition, place(i));
    else if (Object.keys(condition).length === 0) await loadDetector(detector, folder, place(i));
    else throw new InputError('a condition has exactly one key', place(i));
  }
}
