import type { Candidate, Candidates } from '../records/candidate.js';
import { InputError } from '../shared/errors.js';
import { resource } from '../shared/package.js';
import { merged, PARTS, renumbered } from './candidates.js';
import { type Label, labelledRows } from './labels.js';
import { ladderOf } from './ladder.js';
import { mineRows } from './mine.js';
import { placebosFor, wordsOf } from './placebos.js';
import { readRows } from './read.js';
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
  /** For so many of the best candidates also the ladder and a placebo. Default 0. */
  ladders?: number | undefined;
  /** Candidates at most, ladders and placebos not counted. Default 20. */
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
  const fromFiles = read.label && labelledRows(read.rows, read.label);
  const seed = options.seed ?? 0;
  const mined = mineRows({
    rows: read.rows,
    labels: scores ? await scoreLabels(scores, read.rows.length, above) : fromFiles,
    origin: scores ? 'scores' : 'labels',
    reference: reference.rows,
    top: options.top ?? 20,
    seed,
  });
  const found = { ...mined, notes: [...(scores ? [] : read.notes), ...mined.notes] };
  const best = found.candidates.slice(0, options.ladders ?? 0);
  if (best.length === 0) return found;
  const words = wordsOf(read.rows.flatMap(({ system, user }) => [system, user]));
  const placebos = placebosFor(best, words, { seed, count: best.length });
  const ladders = best.flatMap((candidate) => rungsOf(candidate, seed));
  const candidates = renumbered(merged([...found.candidates, ...ladders, ...placebos]));
  return { ...found, candidates };
}

/** The ladder of a cue's system prompt, or of its first other text; the candidate itself is the rung `verbatim`. */
function rungsOf({ cue }: Candidate, seed: number): Candidate[] {
  const place = PARTS.find((name) => cue[name] !== undefined);
  return place ? ladderOf(cue[place]!, place, seed).filter(({ origin }) => origin !== 'ladder/verbatim') : [];
}
