import { z } from 'zod';
import { InputError } from '../shared/errors.js';
import { readLines } from '../shared/jsonl.js';

/**
 * One line of a file of scores: a row, from 1 over all data files in their order, and how bad its answer is; null where that cannot be told.
 * `of`: what hyde scored, and by what.
 */
export const ScoreLine = z.object({
  row: z.number().int().min(1),
  score: z.number().nullable(),
  of: z.string().optional(),
});

/**
 * Labels from scores of rows, by whatever made them: a judge, or a base model's surprisal. The higher the worse.
 *
 * @param above rows with a higher score are bad; undefined: where the scores split best in two (Otsu 1979)
 * @returns 1 bad, 0 benign, 2 without a score
 * @throws InputError for a line that is no score, a row that there is not or twice, no split
 */
export async function scoreLabels(path: string, rowCount: number, above?: number): Promise<Uint8Array> {
  const scores = new Float64Array(rowCount).fill(Number.NaN);
  const seen = new Uint8Array(rowCount);
  for await (const { text, number } of readLines(path)) {
    const place = { file: path, line: number };
    const parsed = ScoreLine.safeParse(jsonOf(text));
    if (!parsed.success) throw new InputError('is not a score', place, 'A line is {"row": 1, "score": 0.5}.');
    const { row, score } = parsed.data;
    if (row > rowCount) throw new InputError(`there is no row ${row}; the data has ${rowCount}`, place);
    if (seen[row - 1]) throw new InputError(`row ${row} has a score already`, place);
    seen[row - 1] = 1;
    scores[row - 1] = score ?? Number.NaN;
  }
  const given = scores.filter((score) => !Number.isNaN(score)).sort();
  if (given.length === 0) throw new InputError('holds no scores', { file: path });
  const cut = above ?? splitOf(given);
  const labels = Uint8Array.from(scores, (score) => (Number.isNaN(score) ? 2 : score > cut ? 1 : 0));
  if (!labels.includes(1) || !labels.includes(0)) {
    throw new InputError(
      'the scores do not split the rows in two',
      { file: path },
      'name a score between them by --above',
    );
  }
  return labels;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The score that leaves the least variance within the two sides. */
function splitOf(sorted: Float64Array): number {
  const all = sorted.reduce((sum, score) => sum + score, 0);
  let [below, best, cut] = [0, -1, sorted[0]!];
  for (let i = 0; i + 1 < sorted.length; i++) {
    below += sorted[i]!;
    if (sorted[i] === sorted[i + 1]) continue;
    const [n, m] = [i + 1, sorted.length - i - 1];
    const between = n * m * (below / n - (all - below) / m) ** 2;
    if (between > best) [best, cut] = [between, sorted[i]!];
  }
  return cut;
}
