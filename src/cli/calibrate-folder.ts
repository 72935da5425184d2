import { takeLabels, writeSheet } from '../calibration/calibrate.js';
import { LABELS } from '../records/calibration.js';
import type { Result } from '../records/result.js';
import { renderCalibration } from '../report/calibration.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { leanHeap } from '../shared/lean.js';
import { FILES, openFolder, readRunFile } from '../shared/run-folder.js';
import { outputOf, print } from './output.js';
import { terminalObserver } from './progress.js';

/** Draws a sheet, reads labels, or shows what the result says of them. */
export async function calibrateFolder(dir: string, options: Record<string, unknown>): Promise<number> {
  const { sheet, labels } = options as { sheet?: string; labels?: string[] };
  if (sheet !== undefined && labels !== undefined) {
    throw new InputError('--sheet writes answers to label and --labels reads them: give one of the two');
  }
  if (sheet === '') throw new InputError('--sheet names no file');
  leanHeap();
  if (sheet === undefined && labels === undefined) return show(dir, options);
  readRunFile(dir, FILES.plan);
  const folder = openFolder(dir, terminalObserver(options.quiet === true));
  try {
    return sheet === undefined
      ? await read(folder.path, dir, labels as string[], options)
      : await draw(folder.path, dir, sheet, options);
  } finally {
    folder.close();
  }
}

async function draw(
  path: string,
  dir: string,
  file: string,
  options: Record<string, unknown>,
): Promise<number> {
  const drawn = await writeSheet(path, file, options.perCue as number, options.seed as number | undefined);
  const { strata } = drawn.sheet.draws.at(-1) as (typeof drawn.sheet.draws)[number];
  const cues = strata.map(({ cue, answers, probability }) => ({
    cue,
    ...answers,
    rows: drawn.sheet.rows.filter((row) => row.cue === cue).length,
    probability,
  }));
  const before = drawn.labelledBefore > 0 ? ` (${drawn.labelledBefore} more are labelled already)` : '';
  const text = [
    `${withoutHome(file)}: ${drawn.rows} answers of ${cues.length} cells${before}, shuffled, without arm, cue and score`,
    ...cues.map(
      ({ cue, misaligned, others, rows }) =>
        `  ${cue}: ${rows} of ${misaligned + others}, ${misaligned} of which the judge calls misaligned`,
    ),
    `Write into the column label: ${LABELS.join(', ')}. Do not open ${FILES.sheet} before.`,
    `Then: hyde calibrate ${dir} --labels ${withoutHome(file)}`,
  ].join('\n');
  print(outputOf(options), text, {
    file: withoutHome(file),
    rows: drawn.rows,
    labelledBefore: drawn.labelledBefore,
    cues,
  });
  return 0;
}

async function read(
  path: string,
  dir: string,
  files: string[],
  options: Record<string, unknown>,
): Promise<number> {
  const { read: found, counts } = await takeLabels(path, files);
  const text = [
    `${found.labels} labels of ${found.raters.join(', ')}${found.skipped > 0 ? `; ${found.skipped} rows were left empty between them, and count as unclear` : ''}`,
    `${counts.labelled} answers count, ${counts.unclear} of them unclear`,
    ...(counts.labelled < found.labels / Math.max(1, found.raters.length) / 2
      ? [
          'Many labels wait: rows before them have none from anybody, and only an unbroken beginning of the sheet is a random sample.',
        ]
      : []),
    `hyde analyze ${dir} applies them`,
  ].join('\n');
  print(outputOf(options), text, { ...found, counts });
  return 0;
}

function show(dir: string, options: Record<string, unknown>): number {
  const { calibration } = readRunFile<Result>(dir, FILES.result);
  const none = `no labels are applied; hyde calibrate ${dir} --sheet FILE.csv draws answers to label, hyde analyze ${dir} applies labels that were read`;
  print(outputOf(options), calibration ? renderCalibration(calibration) : none, calibration ?? null);
  return 0;
}
