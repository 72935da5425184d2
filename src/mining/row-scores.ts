import { existsSync } from 'node:fs';
import type { AnsweredRow, RowScorer } from '../records/row-score.js';
import { InputError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import type { Row } from './row.js';
import { ScoreLine } from './scores-file.js';

/** A row as it is scored: its last question under its system prompt, and the head of its answer; undefined without an answer. */
export const answeredRow = ({ system, user, answer }: Row): AnsweredRow | undefined =>
  answer.trim() === '' || user.trim() === ''
    ? undefined
    : {
        messages: [
          ...(system === '' ? [] : [{ role: 'system' as const, content: system }]),
          { role: 'user', content: user },
        ],
        answer,
      };

/** Rows that are to be scored and have no score in the file yet, by their numbers from 0. */
export async function unscoredRows(
  rows: readonly Row[],
  { identity }: Pick<RowScorer, 'identity'>,
  file: string,
): Promise<Map<number, AnsweredRow>> {
  const open = new Map<number, AnsweredRow>();
  for (const [at, row] of rows.entries()) {
    const answered = answeredRow(row);
    if (answered) open.set(at, answered);
  }
  if (!existsSync(file)) return open;
  let line = 0;
  // As a journal: a call that was killed may have left half a line.
  for await (const given of readJournal<object>(file)) {
    line++;
    const { row, of } = ScoreLine.safeParse(given).data ?? { row: 0 };
    const answered = open.get(row - 1);
    if (!answered || of !== hashOf(answered, identity)) {
      const hint = 'name another file for the scores, or leave --surprisal and --judge out to use these';
      throw new InputError('is no score of these rows by this model or judge', { file, line }, hint);
    }
    open.delete(row - 1);
  }
  return open;
}

/**
 * Scores rows and records each score as it comes, in a file that can be read as labels (`scoreLabels`).
 *
 * @param open as `unscoredRows` gives them
 * @returns how many are still without a score, since their call failed
 */
export async function scoreRows(
  open: ReadonlyMap<number, AnsweredRow>,
  scorer: RowScorer,
  file: string,
  observer: Observer,
): Promise<number> {
  if (open.size === 0) return 0;
  const numbers = [...open.keys()];
  const rows = [...open.values()];
  const journal = new Journal(file, { perTurn: true });
  let done = 0;
  try {
    for await (const { at, score } of scorer.score(rows)) {
      journal.append({
        row: (numbers[at] as number) + 1,
        score,
        of: hashOf(rows[at] as AnsweredRow, scorer.identity),
      });
      observer.progress(++done, rows.length, 'rows');
    }
  } finally {
    journal.close();
  }
  return rows.length - done;
}

const hashOf = ({ messages, answer }: AnsweredRow, identity: string): string =>
  shortHash([identity, messages, answer]);
