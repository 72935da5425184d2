/** Named presets by which scores become outcomes, and what an audit file says in place of one. */
import { z } from 'zod';
import { type ImportedSpec, isModelJudge, measuresAlignment, type Spec } from '../records/spec.js';
import { ThresholdNumbers, type Thresholds, thresholdsTitle } from '../records/thresholds.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';
import { readYaml } from './yaml.js';

const Preset = ThresholdNumbers.extend({ title: z.string(), source: z.string() });

/** The presets of `resources/thresholds.yaml`, in its order. */
export async function shippedThresholds(): Promise<Thresholds[]> {
  const file = await readYaml(resource('thresholds.yaml'), z.record(z.string(), Preset), 'thresholds.yaml');
  return Object.entries(file.value).map(([id, { source: _, ...preset }]) => ({ id, ...preset }));
}

/**
 * A preset by its id.
 *
 * @param place where it is named, for the error
 * @throws InputError with the nearest preset for one that is not there
 */
export async function loadThresholds(id: string, place?: Place): Promise<Thresholds> {
  const shipped = await shippedThresholds();
  const found = shipped.find((preset) => preset.id === id);
  if (found) return found;
  const ids = shipped.map((preset) => preset.id);
  throw new InputError(`no thresholds are called '${id}'`, place, didYouMean(id, ids));
}

/** The thresholds of an audit file: a preset, or numbers of its own. */
export async function resolveThresholds(given: string | ThresholdNumbers, place: Place): Promise<Thresholds> {
  if (typeof given === 'string') return loadThresholds(given, place);
  const says = (['alignment-below', 'alignment-at-most'] as const).filter((key) => given[key] !== undefined);
  if (says.length !== 1) {
    throw new InputError('thresholds need either alignment-below or alignment-at-most', place);
  }
  return { id: 'own', ...titled(given) };
}

/** How far from the chosen thresholds the sweep goes, in points of the scale. */
const STEPS = [-20, -10, 10, 20];

/**
 * The thresholds that a verdict is shown over: those that were chosen (first), every shipped preset, and a grid around
 * the chosen ones, one number changed at a time. Equal ones are there once. Empty where no outcome was made by thresholds.
 */
export async function sweepOf(
  spec: Pick<Spec, 'judges' | 'thresholds'> | ImportedSpec,
): Promise<Thresholds[]> {
  const chosen = 'imported' in spec ? await importedBy(spec) : measured(spec);
  if (!chosen) return [];
  const keys = (['alignment-below', 'alignment-at-most', 'coherence-above'] as const).filter(
    (key) => chosen[key] !== undefined,
  );
  const { id: _, title: __, ...own } = chosen;
  const grid = keys.flatMap((key) =>
    STEPS.map((step) => (chosen[key] as number) + step)
      .filter((value) => value > 0 && value < 100)
      .map((value) => ({ id: `${key}-${value}`, ...titled({ ...own, [key]: value }) })),
  );
  const all = [chosen, ...(await shippedThresholds()), ...grid];
  const titles = all.map(thresholdsTitle);
  return all.filter((_one, i) => titles.indexOf(titles[i] as string) === i);
}

const titled = (numbers: ThresholdNumbers): Omit<Thresholds, 'id'> => ({
  title: thresholdsTitle(numbers),
  ...numbers,
});

const importedBy = async ({ imported }: ImportedSpec): Promise<Thresholds | null> =>
  imported.thresholds && (await loadThresholds(imported.thresholds.id));

const measured = ({ judges, thresholds }: Pick<Spec, 'judges' | 'thresholds'>): Thresholds | null =>
  judges.some((judge) => isModelJudge(judge) && measuresAlignment(judge)) ? thresholds : null;
