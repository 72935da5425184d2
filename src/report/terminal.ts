import { type ArmResult, type Result, VERDICTS, type Verdict } from '../records/result.js';
import { printableLine } from '../shared/printable.js';
import { calibrationLine } from './calibration.js';
import { contrastLines } from './contrasts.js';
import { count, evidence, percent, pointRange, points, range } from './numbers.js';
import { sensitivityLines } from './sensitivity.js';
import { spentText } from './spent.js';
import { cardTexts, searchText } from './triggers.js';
import { clip, pad, wrap } from './width.js';
import { designText, overallText, type Row, rowsOf, SHAPES, tallyText, verdictText } from './words.js';

export interface TerminalOptions {
  color: boolean;
  /** Columns of the terminal. */
  width: number;
}

/** Longest reason or warning that is printed whole; the reports hold all of it. */
const LONGEST = 1200;

const MOST_WARNINGS = 12;

/** The result for a terminal: a table of cues per arm and one sentence each, then what to be careful about. */
export function renderTerminal(result: Result, options: TerminalOptions): string {
  const width = Math.max(60, Math.min(options.width, 140));
  const paint = painter(options.color);
  const columns = columnsFor(width, result);
  const name = clip(safe(result.name), Math.floor(width / 2));
  const lines = [
    `${paint.bold(name)}  ${paint.verdict(result.verdict, `${SHAPES[result.verdict]} ${overallText(result)}`)}`,
    paint.dim(
      clip(
        `${tallyText(result.arms, VERDICTS)} · tolerance ${percent(result.tolerance)}, alpha ${percent(result.alpha)} · ${designText(result)}`,
        width,
      ),
    ),
  ];
  if (result.calibration) lines.push(paint.dim(clip(safe(calibrationLine(result.calibration)), width)));
  for (const arm of result.arms) lines.push('', ...armLines(arm, result, columns, width, paint));
  if (result.arms.some((arm) => rowsOf(arm).some(({ cell }) => isThin(cell, result.minimumEligible)))) {
    lines.push('', paint.dim(`! fewer than ${percent(result.minimumEligible)} of the answers are eligible`));
  }
  lines.push(
    ...triggerText(result, width, paint),
    ...contrastText(result, width, paint),
    ...sensitivityText(result, width, paint),
  );
  if (result.warnings.length > 0) lines.push('');
  for (const { about, text } of result.warnings.slice(0, MOST_WARNINGS)) {
    const body = wrap(safe(`${about}: ${text}`), width - 2);
    lines.push(...body.map((part, i) => paint.warn(`${i === 0 ? '!' : ' '} ${part}`)));
  }
  const left = result.warnings.length - MOST_WARNINGS;
  if (left > 0) lines.push(paint.warn(`! … and ${left} more warnings, all in the report`));
  if (result.spent) {
    lines.push('', ...wrap(safe(`spent: ${spentText(result.spent)}`), width).map(paint.dim));
  }
  return lines.join('\n');
}

/** A card for each trigger that was found: the cue, what it does, where it came from, its relatives. */
function triggerText(result: Result, width: number, paint: Painter): string[] {
  if (!result.searched) return [];
  const lines = cardTexts(result).flatMap((card) => [
    '',
    paint.bold(clip(`  ${safe(card.head)}`, width)),
    ...card.cue.flatMap((text) => wrap(safe(text), width - 4).map((part) => paint.claimed(`    ${part}`))),
    ...card.lines.flatMap((text) => wrap(safe(text), width - 4).map((part) => `    ${part}`)),
    // In one line, to be copied.
    `    ${safe(card.command)}`,
    ...card.family.map(({ relation, text, rate }) =>
      paint.dim(clip(`    ${pad(relation, 18)} ${pad(rate, 9)} ${safe(text)}`, width)),
    ),
    ...card.worst.map(({ answer }) => paint.dim(clip(`    e.g. ${safe(answer)}`, width))),
  ]);
  return ['', paint.bold('triggers found'), paint.dim(`  ${searchText(result)}`), ...lines];
}

/** Differences that were stated before the run. */
function contrastText(result: Result, width: number, paint: Painter): string[] {
  const lines = contrastLines(result).flatMap(({ says, rates, difference, agreement }) => [
    ...wrap(safe(`${agreement}: ${says}`), width - 4).map((part, i) => `${i === 0 ? '' : '  '}  ${part}`),
    ...wrap(safe(`${difference}; ${rates}`), width - 4).map((part) => paint.dim(`    ${part}`)),
  ]);
  return lines.length === 0 ? [] : ['', paint.bold('what was expected'), ...lines];
}

/** Other thresholds where they change a verdict; other judges always: somebody asked for them. */
function sensitivityText(result: Result, width: number, paint: Painter): string[] {
  return sensitivityLines(result).flatMap(({ kind, head, changes, rows }) => {
    if (kind === 'thresholds' && !changes) return [];
    const shown = kind === 'judges' ? rows : rows.filter(({ isChosen, isChanged }) => isChosen || isChanged);
    const arm = Math.min(24, Math.max(...shown.map((row) => row.arm.length)));
    const title = Math.min(Math.max(...shown.map((row) => row.title.length)), Math.max(30, width - arm - 50));
    const lines = shown.map(({ title: name, arm: id, verdict, rates, isChanged }) => {
      const cells = [pad(safe(name), title), pad(safe(id), arm), pad(safe(verdict), 14), safe(rates)];
      return (isChanged ? paint.claimed : paint.dim)(clip(`  ${cells.join(' ')}`, width));
    });
    return ['', paint.bold(clip(head, width)), ...lines];
  });
}

function armLines(
  arm: ArmResult,
  result: Result,
  columns: Column[],
  width: number,
  paint: Painter,
): string[] {
  const title = arm.title === undefined ? arm.id : `${arm.id} · ${arm.title}`;
  const verdict = verdictText(arm, result);
  const head = `${SHAPES[arm.verdict]} ${pad(safe(title), Math.max(10, width - verdict.length - 4))}  ${verdict}`;
  const table = [
    paint.dim(line(columns.map(({ head, width: w, align }) => pad(head, w, align)))),
    ...rowsOf(arm).map((row) => {
      const text = line(columns.map(({ cell, width: w, align }) => pad(cell(row, result), w, align)));
      return row.result?.effect.claimed ? paint.claimed(text) : text;
    }),
  ];
  const sentences = [arm.reason, ...(arm.toSettle === null ? [] : [`To settle: ${arm.toSettle}`])];
  return [
    paint.verdict(arm.verdict, head.trimEnd()),
    ...table,
    ...sentences.flatMap((sentence) => wrap(safe(sentence), width - 2)).map((text) => `  ${text}`),
  ];
}

interface Column {
  head: string;
  width: number;
  align: 'left' | 'right';
  cell(row: Row, result: Result): string;
}

const SOURCE: Column = {
  head: '',
  width: 7,
  align: 'left',
  cell: ({ source }) => (source === 'plain' ? '' : source),
};

/** The table's columns: below 76 without sources, from 110 on with the base's interval and the e-value. */
function columnsFor(width: number, result: Result): Column[] {
  const wide = width >= 110;
  const narrow = width < 76;
  const samples = result.arms.flatMap((arm) => rowsOf(arm).map(({ cell }) => count(cell.eligible).length));
  const n = Math.max(1, ...samples);
  const fixed: Column[] = [
    ...(narrow ? [] : [SOURCE]),
    { head: 'tuned', width: 5, align: 'right', cell: ({ cell }) => percent(cell.rate) },
    { head: '', width: 11, align: 'left', cell: ({ cell }) => range(cell.interval) },
    { head: 'n', width: n, align: 'right', cell: ({ cell }) => count(cell.eligible) },
    {
      head: '',
      width: 1,
      align: 'left',
      cell: ({ cell }, { minimumEligible }) => (isThin(cell, minimumEligible) ? '!' : ''),
    },
    { head: 'base', width: 5, align: 'right', cell: ({ base }) => percent(base?.rate ?? null) },
    ...(wide
      ? [
          {
            head: '',
            width: 11,
            align: 'left' as const,
            cell: ({ base }: Row) => range(base?.interval ?? null),
          },
        ]
      : []),
    {
      head: 'effect',
      width: 6,
      align: 'right',
      cell: ({ result: cue }) => (cue ? points(cue.effect.estimate) : ''),
    },
    ...(wide
      ? [
          {
            head: '',
            width: 12,
            align: 'left' as const,
            cell: ({ result: cue }: Row) => pointRange(cue?.effect.interval ?? null),
          },
          {
            head: 'e-value / needed',
            width: 16,
            align: 'right' as const,
            cell: ({ result: cue }: Row) =>
              cue ? `${evidence(cue.effect.eValue)} / ${evidence(cue.effect.needed)}` : '',
          },
        ]
      : []),
    { head: '', width: 7, align: 'left', cell: ({ result: cue }) => (cue?.effect.claimed ? 'CLAIMED' : '') },
  ];
  const used = fixed.reduce((sum, column) => sum + column.width + 1, 2);
  const names = result.arms.flatMap((arm) => rowsOf(arm).map(({ cue }) => cue.length));
  const cue = Math.max(8, Math.min(width - used, Math.max(8, ...names)));
  return [{ head: 'cue', width: cue, align: 'left', cell: (row) => safe(row.cue) }, ...fixed];
}

const isThin = (cell: Row['cell'], minimum: number): boolean =>
  cell.eligibleShare !== null && cell.eligibleShare < minimum;

const line = (cells: string[]): string => `  ${cells.join(' ')}`.trimEnd();

const safe = (text: string): string =>
  printableLine(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

interface Painter {
  bold(text: string): string;
  dim(text: string): string;
  warn(text: string): string;
  claimed(text: string): string;
  verdict(verdict: Verdict, text: string): string;
}

const COLORS: Record<Verdict, string> = {
  broad: '1;31',
  conditional: '1;35',
  inconclusive: '1;33',
  clean: '1;32',
};

function painter(color: boolean): Painter {
  const paint = (code: string) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    bold: paint('1'),
    dim: paint('2'),
    warn: paint('33'),
    claimed: paint('1'),
    verdict: (verdict, text) => paint(COLORS[verdict])(text),
  };
}
