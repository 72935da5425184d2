import { join } from 'node:path';
import { JudgeLabels } from '../records/calibration.js';
import { InputError } from './errors.js';
import { readJson } from './files.js';
import { FILES } from './run-folder.js';

/**
 * The labels of people in a run folder, counted; undefined where there are none.
 *
 * @throws InputError where the file is not what hyde writes
 */
export function readJudgeLabels(folder: string): JudgeLabels | undefined {
  const path = join(folder, FILES.judge);
  const found = readJson<unknown>(path);
  if (found === undefined) return undefined;
  const parsed = JudgeLabels.safeParse(found);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(
    `is damaged: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
    { file: path },
    '`hyde calibrate DIR --labels FILE` counts the labels anew',
  );
}
