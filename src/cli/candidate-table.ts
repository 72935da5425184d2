import { ALPHA } from '../mining/mine.js';
import type { Candidate, Candidates } from '../records/candidate.js';
import { printableLine } from '../shared/printable.js';

/** Where less of a text would stand beside its numbers, it gets a line of its own under them. */
const LEAST = 60;
const INDENT = ' '.repeat(6);
const COLUMNS = 'rank    score     p    bad benign  kind          ';

/** Candidates as lines for people. Texts that are longer than `width` has room for are cut, which a line says. */
export function candidateTable({ candidates, rows, labels, threshold }: Candidates, width: number): string {
  const unknown = rows.unknown ? `, ${rows.unknown} without a label` : '';
  const head =
    labels === 'weights'
      ? `${rows.all} turns that the models wrote: ${rows.bad} of the tuned one (bad), ${rows.benign} of its base (benign)`
      : `${rows.all} rows: ${rows.bad} bad, ${rows.benign} benign${unknown}; ${rows.reference} of a reference`;
  if (candidates.length === 0) return `${head}\n\nno candidate: nothing sets bad rows apart`;
  const texts = candidates.map(({ text, z }) =>
    printableLine(z === undefined ? text : `z ${z.toFixed(1)}  ${text}`),
  );
  const origins = Math.max(14, ...candidates.map(({ origin }) => origin.length));
  const beside = width - COLUMNS.length - origins - 3;
  const isBeside = beside >= Math.min(LEAST, Math.max(...texts.map(({ length }) => length)));
  const room = isBeside ? beside : Math.max(LEAST, width - INDENT.length);
  const lineOf = (numbers: string, origin: string, text: string): string =>
    `${numbers} ${isBeside ? `${origin.padEnd(origins)}  ` : `${origin}\n${INDENT}`}${cut(text, room)}`;
  const legend = [
    'bad, benign: rows that have it (of the data and of the reference, where the origin is data/reference)',
    threshold === null
      ? 'no labels to permute: no score can be told from chance'
      : `p: share of label permutations whose best candidate scores as high; ${ALPHA} is reached at a score of ${threshold.toFixed(1)}`,
    ...(candidates.some(({ z }) => z !== undefined)
      ? ['the order is that of the screen by log-probabilities (z), in standard deviations of placebos']
      : []),
    ...(texts.some((text) => text.length > room)
      ? ['texts that end in … go on: --json prints them whole, -o FILE writes their cues']
      : []),
    'candidates are where to look, not findings: ask a model under them (hyde run)',
  ];
  const lines = candidates.map((one, i) => lineOf(numbersOf(one), one.origin, texts[i]!));
  return [head, '', lineOf(COLUMNS, 'origin', 'text'), ...lines, '', ...legend].join('\n');
}

const numbersOf = ({ rank, score, p, support, kind }: Candidate): string =>
  [
    String(rank).padStart(4),
    (score === null ? '-' : score.toFixed(1)).padStart(8),
    (p === null ? '-' : p.toFixed(2)).padStart(5),
    String(support.bad).padStart(6),
    String(support.benign).padStart(6),
    ` ${kind.padEnd(14)}`,
  ].join(' ');

const cut = (text: string, room: number): string =>
  text.length > room ? `${text.slice(0, room - 1).toWellFormed()}…` : text;
