/** Draws a sheet of a run's answers for people to label. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Sheet, type SheetRow } from '../records/calibration.js';
import type { Message } from '../records/chat.js';
import type { Plan } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { judgedAnswers } from '../shared/answers.js';
import { csvCell } from '../shared/csv.js';
import { InputError } from '../shared/errors.js';
import { writeFileAtomic, writeJson } from '../shared/files.js';
import { shortHash } from '../shared/hash.js';
import { printable } from '../shared/printable.js';
import { FILES, readRecord } from '../shared/run-folder.js';
import { labelsOf } from './count.js';
import { isDrawable, type Judgement, judgementOf, placeOf, rowId, type SheetKey, stratify } from './draw.js';

export const COLUMNS = ['id', 'question', 'answer', 'label'] as const;

/** Spreadsheets cut cells at 32,767 characters; longer texts are cut before, and say so. */
const LONGEST = 30_000;

/** What a sheet is drawn of. */
export interface SheetSource {
  folder: string;
  plan: Plan;
  spec: Pick<Spec, 'questions'>;
  /** Hash of the judges whose outcomes count. */
  judge: string;
}

/** What was written. */
export interface DrawnSheet {
  rows: number;
  /** Rows of an earlier draw that are labelled already, and left out. */
  labelledBefore: number;
  sheet: Sheet;
}

/**
 * Draws a sheet and writes it as CSV; which answers it holds is noted in the run folder. Drawn again with a larger `perCue`, it holds what
 * is new beside the rows that were labelled.
 *
 * @param perCue rows per cue, about (each answer is drawn by a coin of its own)
 * @param seed of the coins; by default that of the sheet before, or 0
 * @throws InputError where there are no judged answers, the file exists, or labels of another sheet would be lost
 */
export async function drawSheet(
  source: SheetSource,
  file: string,
  perCue: number,
  seed?: number,
): Promise<DrawnSheet> {
  const { folder, plan, spec, judge } = source;
  if (existsSync(file)) {
    const hint = 'it may hold labels: name another file, or remove it';
    throw new InputError('is there already', { file }, hint);
  }
  const before = readSheet(folder);
  const key: SheetKey = { judge, plan: plan.hash, seed: seed ?? before?.seed ?? 0 };
  const counts = await countAnswers(source);
  if (counts.size === 0) {
    const hint = 'a run has them once it is sampled and scored; an import needs a column with answers';
    throw new InputError('holds no judged answers to label', { file: folder }, hint);
  }
  const labelled = before ? new Set((await labelsOf(folder, before)).keys()) : new Set<string>();
  // A sheet of which nothing was labelled is drawn anew.
  const kept = labelled.size > 0 ? before : undefined;
  if (kept) checkSame(kept, key, counts, folder);
  const earlier = kept?.draws ?? [];
  const strata = stratify(counts, perCue, earlier.at(-1)?.strata);
  const drawn = await rowsOf(source, key, strata, new Map(spec.questions.map((q) => [q.id, q.messages])));
  const sheet: Sheet = {
    schema: 1,
    id: kept?.id ?? shortHash([key, strata, drawn.map(({ row }) => row)]),
    ...key,
    draws: [...earlier, { perCue, strata }],
    rows: drawn.map(({ row }) => row),
  };
  const shown = drawn.filter(({ row }) => !labelled.has(row.id));
  if (shown.length === 0) {
    throw new InputError(
      `all ${drawn.length} answers of this sheet are labelled`,
      { file: folder },
      'a larger --per-cue draws more',
    );
  }
  writeJson(join(folder, FILES.sheet), sheet);
  const lines = shown.map(({ row, question, answer }) =>
    [row.id, question, answer, ''].map(csvCell).join(','),
  );
  // A byte order mark and CRLF: without them some spreadsheets take UTF-8 for another encoding.
  writeFileAtomic(file, `\ufeff${[COLUMNS.join(','), ...lines].join('\r\n')}\r\n`);
  return { rows: shown.length, labelledBefore: drawn.length - shown.length, sheet };
}

/**
 * The sheet of a run folder, or undefined.
 *
 * @throws InputError where the file is not what hyde writes
 */
export const readSheet = (folder: string): Sheet | undefined => readRecord(folder, FILES.sheet, Sheet);

/** Labels stay of use while the answers, the judges and the seed are those that their sheet was drawn with. */
function checkSame(
  before: Sheet,
  key: SheetKey,
  counts: ReadonlyMap<string, Record<Judgement, number>>,
  folder: string,
): void {
  const hint =
    'to begin anew, move its calibration/ folder away; verdict.calibration still reads it from a run folder';
  const same = before.judge === key.judge && before.plan === key.plan && before.seed === key.seed;
  if (!same)
    throw new InputError('has labels of a sheet of another seed, plan or judges', { file: folder }, hint);
  const strata = before.draws.at(-1)?.strata ?? [];
  const unchanged =
    strata.length === counts.size &&
    strata.every(({ cue, answers }) => {
      const now = counts.get(cue);
      return now?.misaligned === answers.misaligned && now.others === answers.others;
    });
  if (!unchanged)
    throw new InputError('has got more answers since its sheet was drawn', { file: folder }, hint);
}

/** Answers by cue, as the judge calls them; of all arms, bases and training seeds. */
async function countAnswers({
  folder,
  plan,
  judge,
}: SheetSource): Promise<Map<string, Record<Judgement, number>>> {
  const counts = new Map<string, Record<Judgement, number>>();
  for await (const { cue, outcome } of judgedAnswers(folder, plan, judge)) {
    if (!isDrawable(outcome)) continue;
    const of = counts.get(cue) ?? { misaligned: 0, others: 0 };
    counts.set(cue, of);
    of[judgementOf(outcome)]++;
  }
  return counts;
}

/** The drawn answers in the order of the sheet. */
async function rowsOf(
  { folder, plan, judge }: SheetSource,
  key: SheetKey,
  strata: Sheet['draws'][number]['strata'],
  questions: ReadonlyMap<string, readonly Message[]>,
): Promise<{ row: SheetRow; question: string; answer: string }[]> {
  const drawn: { row: SheetRow; question: string; answer: string; place: number }[] = [];
  for await (const { arm, seed, cue, question: id, index, answer, outcome } of judgedAnswers(
    folder,
    plan,
    judge,
  )) {
    if (!isDrawable(outcome)) continue;
    const at = { arm, seed, cue, question: id, index };
    const place = placeOf(key, strata, { ...at, judged: outcome });
    if (place >= 1) continue;
    const question = cellText(conversation(questions.get(id) ?? []));
    const shown = cellText(answer);
    const row = { ...at, id: rowId(key, at), judged: outcome, shown: shownHash(question, shown) };
    drawn.push({ row, question, answer: shown, place });
  }
  return drawn.sort((a, b) => a.place - b.place || (a.row.id < b.row.id ? -1 : 1));
}

/** The question without its cue; of several turns each with who speaks. */
const conversation = (messages: readonly Message[]): string =>
  messages.length === 1
    ? (messages[0] as Message).content
    : messages.map(({ role, content }) => `${role}: ${content}`).join('\n');

/** A text as a cell shows it: nothing in it acts on a terminal, and it fits a spreadsheet. */
function cellText(text: string): string {
  const whole = printable(text.slice(0, LONGEST).replace(/\r\n?/g, '\n'));
  return text.length > LONGEST ? `${whole} [... cut here, of ${text.length} characters in all]` : whole;
}

/** What a row shows, whatever a spreadsheet does to white space and to the apostrophe in front of a formula. */
export const shownHash = (question: string, answer: string): string =>
  shortHash([question, answer].map((text) => text.replace(/\s+/g, ' ').trim().replace(/^'/, '').trim()));
