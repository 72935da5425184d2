import { stringify } from 'yaml';
import { type MineDataOptions, mineData } from '../mining/data.js';
import { labelOf } from '../mining/labels.js';
import type { Candidate, Candidates } from '../records/candidate.js';
import { InputError } from '../shared/errors.js';
import { writeFileAtomic } from '../shared/files.js';
import { leanHeap } from '../shared/lean.js';
import { candidateTable } from './candidate-table.js';
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
  // A pipe or a file has room for whole texts.
  const width = process.stdout.isTTY ? output.width : Number.POSITIVE_INFINITY;
  print(output, candidateTable(found, width), found);
  return 0;
}

/** The `cues` of an audit file, best first. */
const cuesText = (candidates: readonly Candidate[]): string =>
  `# Candidates of \`hyde mine\`, best first: where to look, no findings. Paste those you want into an audit file.\n${stringify(
    { cues: candidates.map(({ cue }) => cue) },
    { lineWidth: 110 },
  )}`;
