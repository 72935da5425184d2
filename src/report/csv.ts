import type { Design } from '../records/plan.js';
import type { AnswerKey, Score } from '../records/sample.js';
import { csvCell } from '../shared/csv.js';

/** Columns of the flat table; `hyde import csv` reads the same. */
export const COLUMNS = ['arm', 'seed', 'cue', 'question', 'sample', 'outcome'] as const;
/** The column behind them where the answers were taken until the answer was in: no other design may be read into them. */
const DESIGN = 'design';

/** Text is handed on in pieces of about this many characters. */
const CHUNK = 1 << 16;

/**
 * The flat table of a run, streamed: one line per scored answer. `arm` is the base's id for the untuned model.
 * Cells are quoted as RFC 4180 asks; lines end in a line feed, so that line tools see clean columns. The table of a
 * sequential run has one column more, which says so in every row.
 */
export async function* csvOf(
  scores: Iterable<CsvRecord> | AsyncIterable<CsvRecord>,
  design: Design = 'fixed',
): AsyncGenerator<string> {
  const [name, mark] = design === 'sequential' ? [`,${DESIGN}`, `,${design}`] : ['', ''];
  let text = `${COLUMNS.join(',')}${name}\n`;
  for await (const { arm, seed, cue, question, index, outcome } of scores) {
    text += `${[arm, seed, cue, question, index, outcome].map(csvCell).join(',')}${mark}\n`;
    if (text.length >= CHUNK) {
      yield text;
      text = '';
    }
  }
  yield text;
}

/** The fields of a score line that the table holds. */
export type CsvRecord = AnswerKey & Pick<Score, 'outcome'>;
