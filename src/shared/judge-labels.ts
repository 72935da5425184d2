import { JudgeLabels } from '../records/calibration.js';
import { FILES, readRecord } from './run-folder.js';

/**
 * The labels of people in a run folder, counted; undefined where there are none.
 *
 * @throws InputError where the file is not what hyde writes
 */
export const readJudgeLabels = (folder: string): JudgeLabels | undefined =>
  readRecord(folder, FILES.judge, JudgeLabels, '`hyde calibrate DIR --labels FILE` counts the labels anew');
