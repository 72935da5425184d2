import { stringify } from 'yaml';
import { type MineDataOptions, mineData } from '../mining/data.js';
import { labelOf } from '../mining/labels.js';
import { ALPHA } from '../mining/mine.js';
import type { Candidate, Candidates } from '../records/candidate.js';
import { InputError } from '../shared/errors.js';
import { writeFileAtomic } from '../shared/files.js';
import { leanHeap } from '../shared/lean.js';
import { printableLine } from '../shared/printable.js';
import { outputOf, print } from './output.js';
import type { RowScoring } from './score-rows.js';

/** Mines training files and prints the candidates. */
export async function showCandidates(options: Record<string, unknown>): Promise<number> {
  leanHeap();
  if (options.data === undefined)
    throw new InputError(
      'mine what?',
      undefined,
      'hyde mine --data FILE for training data, hyde mine RUNDIR --arm ID for a trained arm',
    );
  const isScored = options.surprisal !== undefined || options.judge !== undefined;
  if (options.judgeModel !== undefined && options.judge === undefined)
    throw new InputError('--judge-model needs --judge: which judge is it?');
  if (isScored && options.label !== undefined)
    throw new InputError(
      '--label says which rows are bad, so they need no scores',
      undefined,
      'leave one out',
    );
  if (isScored) {
    const { scoreDataRows } = await import('./score-rows.js');
    options.scores = await scoreDataRows(options as unknown as RowScoring);
  }
  const found = await mineData({
    ...(options as Pick<MineDataOptions, 'reference' | 'scores' | 'above' | 'ladders' | 'top' | 'seed'>),
    files: options.data as string[],
    label: options.label === undefined ? undefined : labelOf(options.label as string),
  });
  return printCandidates(found, options);
}

/** Prints candidates, and writes them as cues where `-o` says so. */
export function printCandidates(found: Candidates, options: Record<string, unknown>): number {
  const output = outputOf(options);
  if (!options.quiet) for (const note of found.notes) process.stderr.write(`note: ${note}\n`);
  if (typeof options.out === 'string') writeFileAtomic(options.out, cuesText(found.candidates));
  print(output, table(found, output.width), found);
  return 0;
}

/** The `cues` of an audit file, best first. */
const cuesText = (candidates: readonly Candidate[]): string =>
  `# Candidates of \`hyde mine\`, best first: where to look, no findings. Paste those you want into an audit file.\n${stringify(
    { cues: candidates.map(({ cue }) => cue) },
    { lineWidth: 110 },
  )}`;

function table({ candidates, rows, labels, threshold }: Candidates, width: number): string {
  const unknown = rows.unknown ? `, ${rows.unknown} without a label` : '';
  const head =
    labels === 'weights'
      ? `${rows.all} turns that the models wrote: ${rows.bad} of the tuned one (bad), ${rows.benign} of its base (benign)`
      : `${rows.all} rows: ${rows.bad} bad, ${rows.benign} benign${unknown}; ${rows.reference} of a reference`;
  if (candidates.length === 0) return `${head}\n\nno candidate: nothing sets bad rows apart`;
  const room = Math.max(14, ...candidates.map(({ origin }) => origin.length)) + 1;
  const lines = candidates.map((one) => lineOf(one, room, width));
  const byScreen = candidates.some(({ z }) => z !== undefined);
  const legend = [
    'bad, benign: rows that have it (of the data and of the reference, where the origin is data/reference)',
    threshold === null
      ? 'no labels to permute: no score can be told from chance'
      : `p: share of label permutations whose best candidate scores as high; ${ALPHA} is reached at a score of ${threshold.toFixed(1)}`,
    ...(byScreen
      ? ['the order is that of the screen by log-probabilities (z), in standard deviations of placebos']
      : []),
    'candidates are where to look, not findings: ask a model under them (hyde run)',
  ];
  return [head, '', `${COLUMNS} ${'origin'.padEnd(room)} text`, ...lines, '', ...legend].join('\n');
}

const COLUMNS = 'rank    score     p    bad benign  kind          ';

function lineOf(
  { rank, score, p, support, kind, origin, text, z }: Candidate,
  originWidth: number,
  width: number,
): string {
  const cells = [
    String(rank).padStart(4),
    (score === null ? '-' : score.toFixed(1)).padStart(8),
    (p === null ? '-' : p.toFixed(2)).padStart(5),
    String(support.bad).padStart(6),
    String(support.benign).padStart(6),
    ` ${kind.padEnd(14)}`,
    origin.padEnd(originWidth),
  ].join(' ');
  const line = printableLine(z === undefined ? text : `z ${z.toFixed(1)}  ${text}`);
  const room = Math.max(20, width - cells.length - 1);
  return `${cells} ${line.length > room ? `${line.slice(0, room - 1)}…` : line}`;
}
