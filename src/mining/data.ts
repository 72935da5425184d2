import type { Candidates } from '../records/candidate.js';
import { InputError } from '../shared/errors.js';
import { resource } from '../shared/package.js';
import { mineRows } from './mine.js';
import { type Label, labelledRows, readRows } from './read.js';
import { scoreLabels } from './scores-file.js';

export interface MineDataOptions {
  /** Training files, read one after the other. */
  files: readonly string[];
  /** Ordinary rows to compare with. Default: the corpus that ships with hyde. */
  reference?: string | undefined;
  /** Which rows are bad. Default: a field that commonly says so, or a mixture of answers. */
  label?: Label | undefined;
  /** A file of scores of rows in place of labels. */
  scores?: string | undefined;
  /** Rows that score above this are bad. Default: where the scores split best. */
  above?: number | undefined;
  /** Default 20. */
  top?: number | undefined;
  /** Default 0. */
  seed?: number | undefined;
}

/**
 * Candidate triggers from training files alone: no model is asked.
 *
 * @throws InputError for files, labels or scores that are none
 */
export async function mineData(options: MineDataOptions): Promise<Candidates> {
  const { files, label, scores, above } = options;
  if (scores && label)
    throw new InputError('--scores and --label both say which rows are bad', undefined, 'leave one out');
  const read = await readRows(files, label, scores === undefined);
  const reference = await readRows(
    [options.reference ?? resource('reference', 'everyday.jsonl')],
    undefined,
    false,
  );
  const fromFiles = read.label ? labelledRows(read) : undefined;
  return mineRows({
    rows: read.rows,
    labels: scores ? await scoreLabels(scores, read.rows.length, above) : fromFiles,
    origin: scores ? 'scores' : 'labels',
    reference: reference.rows,
    top: options.top ?? 20,
    seed: options.seed ?? 0,
  });
}
