import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AuditFile } from '../records/audit.js';
import type { JudgeLabels } from '../records/calibration.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { readJudgeLabels } from '../shared/judge-labels.js';
import { type Located, parseYaml } from './yaml.js';

/**
 * The labels of people that an audit names by their run folder; undefined where it names none.
 *
 * @throws InputError where the folder holds none
 */
export function resolveCalibration(audit: Located<AuditFile>, folder: string): JudgeLabels | undefined {
  const named = audit.value.verdict.calibration;
  if (named === undefined) return undefined;
  const place = audit.place(['verdict', 'calibration']);
  const path = resolve(folder, named);
  if (!existsSync(path)) throw new InputError(`there is no run folder '${named}'`, place);
  const labels = readJudgeLabels(path);
  if (labels) return labels;
  const hint =
    '`hyde calibrate DIR --sheet FILE.csv` draws answers to label, `--labels FILE.csv` reads the labels';
  throw new InputError(`'${named}' holds no labels of people`, place, hint);
}

/**
 * Refuses labels of other judges: they say nothing of these, which is better heard before anything is spent.
 *
 * @param judge hash of the panel that decides
 * @throws InputError with the line that names the labels
 */
export function checkCalibration({ spec, text }: { spec: Spec; text: string }, judge: string): void {
  const { calibration } = spec.verdict;
  if (!calibration || calibration.judge === judge) return;
  throw new InputError(
    'verdict.calibration: the labels are of other judges than those of this audit',
    parseYaml(text, AuditFile, spec.file).place(['verdict', 'calibration']),
    'draw a sheet of a run with these judges: hyde calibrate DIR --sheet FILE.csv',
  );
}
