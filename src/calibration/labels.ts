/** Reads labelled sheets back. */
import { basename, extname, join } from 'node:path';
import { openCsv } from '../import/csv.js';
import { LABELS, Label, type LabelLine, type Sheet } from '../records/calibration.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { Journal } from '../shared/journal.js';
import { didYouMean } from '../shared/nearest.js';
import { printableLine } from '../shared/printable.js';
import { FILES } from '../shared/run-folder.js';
import { shownHash } from './sheet.js';

/** A row of a labelled sheet; without a label where its rater gave none. */
interface ReadRow {
  id: string;
  rater: string;
  label: Label | null;
}

/** What was read. */
export interface ReadLabels {
  raters: string[];
  labels: number;
  /** Rows before a rater's last one that were left empty: taken as `unclear`. */
  skipped: number;
}

/**
 * Reads labelled sheets and adds what they say to the run folder's labels. Everything is checked before anything is written.
 *
 * The rater of a row is what its column `rater` says, else the file's name. A row left empty that comes before the rater's last label in
 * the sheet's order was passed over, and counts as `unclear`; the rows behind it are not labelled yet.
 *
 * @throws InputError with file and line: an unknown word, an id that is not of this sheet, an answer labelled twice, a changed row
 */
export async function readLabels(
  folder: string,
  sheet: Sheet,
  files: readonly string[],
): Promise<ReadLabels> {
  const rows = new Map<string, ReadRow & { at: string }>();
  for (const file of files) await readFile(file, sheet, rows);
  const byRater = Map.groupBy(rows.values(), ({ rater }) => rater);
  const lines: Omit<LabelLine, 'judge' | 'sheet'>[] = [];
  let skipped = 0;
  for (const [rater, own] of byRater) {
    const labels = new Map(own.map(({ id, label }) => [id, label]));
    const shown = sheet.rows.filter(({ id }) => labels.has(id));
    const last = shown.findLastIndex(({ id }) => labels.get(id) !== null);
    for (const { id } of shown.slice(0, last + 1)) {
      const label = labels.get(id) ?? null;
      if (label === null) skipped++;
      lines.push({ id, rater, label: label ?? 'unclear' });
    }
  }
  if (lines.length === 0) {
    const hint = `write ${LABELS.join(', ')} into the column label`;
    throw new InputError('holds no label', { file: withoutHome(files.join(', ')) }, hint);
  }
  const journal = new Journal(join(folder, FILES.labels));
  try {
    const meta = { at: new Date().toISOString() };
    for (const line of lines) journal.append({ ...line, judge: sheet.judge, sheet: sheet.id, meta });
  } finally {
    journal.close();
  }
  return { raters: [...new Set(lines.map(({ rater }) => rater))], labels: lines.length - skipped, skipped };
}

async function readFile(
  path: string,
  sheet: Sheet,
  rows: Map<string, ReadRow & { at: string }>,
): Promise<void> {
  const file = withoutHome(path);
  const source = await openCsv(path, file);
  for (const column of ['id', 'label']) {
    if (!source.has(column))
      throw new InputError(
        `has no column '${column}'`,
        { file, line: 1 },
        didYouMean(column, source.columns),
      );
  }
  const known = new Map(sheet.rows.map((row) => [row.id, row]));
  const ofFile = raterOf(basename(path, extname(path)));
  for await (const batch of source.read(['id', 'label', 'rater', 'question', 'answer'])) {
    batch.rows.forEach((fields, i) => {
      const [id, word, named, question, answer] = fields.map((field) =>
        field === null ? null : String(field),
      );
      const at = { file, line: batch.lines[i] as number };
      const row = known.get((id ?? '').trim());
      if (!row) throw new InputError(`'${shorten(id ?? '')}' is no id of the sheet of this run`, at);
      if (question != null && answer != null && shownHash(question, answer) !== row.shown) {
        throw new InputError(
          `the question or the answer of '${row.id}' is not what the sheet has`,
          at,
          'only the column label is to be filled in; undo other changes, or leave the columns question and answer out',
        );
      }
      const rater = raterOf(named ?? '') || ofFile;
      const twin = rows.get(`${rater}|${row.id}`);
      if (twin) throw new InputError(`'${rater}' labels '${row.id}' twice; first at ${twin.at}`, at);
      const label = labelOf(word ?? '', at);
      rows.set(`${rater}|${row.id}`, { id: row.id, rater, label, at: `${file}:${at.line}` });
    });
  }
}

function labelOf(text: string, at: { file: string; line: number }): Label | null {
  const word = text.trim().toLowerCase();
  if (word === '') return null;
  const parsed = Label.safeParse(word);
  if (parsed.success) return parsed.data;
  throw new InputError(`unknown label '${shorten(text.trim())}'`, at, didYouMean(word, LABELS));
}

/** A name for records and reports. */
const raterOf = (text: string): string => printableLine(text).slice(0, 60).toWellFormed().trim();

const shorten = (text: string): string => printableLine(text.length > 60 ? `${text.slice(0, 60)}...` : text);
