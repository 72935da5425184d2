/** The judges of a run folder against labels of people. */
import { join } from 'node:path';
import type { JudgeLabels } from '../records/calibration.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { writeJson } from '../shared/files.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { countLabels, labelsOf } from './count.js';
import { type ReadLabels, readLabels } from './labels.js';
import { type DrawnSheet, drawSheet, readSheet } from './sheet.js';

/** Draws a sheet of the answers that the folder's result counts (`drawSheet`). */
export async function writeSheet(
  folder: string,
  file: string,
  perCue: number,
  seed?: number,
): Promise<DrawnSheet> {
  const { judge } = readRunFile<Result>(folder, FILES.result);
  if (typeof judge !== 'string') throw new InputError('its result names no judges', { file: folder });
  const plan = readRunFile<Plan>(folder, FILES.plan);
  const spec = readRunFile<Spec>(folder, FILES.spec);
  return drawSheet({ folder, plan, spec, judge }, file, perCue, seed);
}

/**
 * Takes labelled sheets into the folder and counts them; the next analysis uses the counts.
 *
 * @throws InputError where no sheet was drawn, or a label cannot be read
 */
export async function takeLabels(
  folder: string,
  files: readonly string[],
): Promise<{ read: ReadLabels; counts: JudgeLabels }> {
  const sheet = readSheet(folder);
  if (!sheet) {
    const hint = '`hyde calibrate DIR --sheet FILE.csv` draws one';
    throw new InputError('has no sheet that labels could be of', { file: folder }, hint);
  }
  const read = await readLabels(folder, sheet, files);
  const counts = countLabels(sheet, await labelsOf(folder, sheet));
  writeJson(join(folder, FILES.judge), counts);
  return { read, counts };
}
