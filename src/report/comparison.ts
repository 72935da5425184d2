import type { Comparison, CueComparison, Difference } from '../records/comparison.js';
import { printableLine } from '../shared/printable.js';
import { DASH, percent, points, pointsWithRange, range } from './numbers.js';
import { clip, pad } from './width.js';
import { SHAPES } from './words.js';

/** Columns of a number with its interval, and of a name. */
const NUMBER = 24;
const NAME = 22;

/**
 * A comparison as text: per arm a table of cues, one line a run.
 *
 * @param width columns of the terminal; Infinity where there is none, and nothing is cut but long names
 */
export function renderComparison({ runs, arms, warnings }: Comparison, width: number): string {
  const names = runs.map(({ folder }, i) => `${i + 1} ${clip(printableLine(folder), 40)}`);
  const lines = runs.map(({ name, verdict }, i) =>
    clip(
      `${names[i]}  ${SHAPES[verdict]} ${verdict}  ${printableLine(name)}${i === 0 ? '  (the others minus this one)' : ''}`,
      width,
    ),
  );
  for (const arm of arms) {
    const verdicts = arm.verdicts.map((verdict) => verdict ?? DASH).join(' → ');
    lines.push('', `${printableLine(arm.id)}: ${verdicts}${arm.changed ? '  (changed)' : ''}`);
    lines.push(
      `  ${pad('cue', NAME)}${pad('run', 5)}${pad('rate', NUMBER)}${pad('difference', NUMBER)}${pad('effect', 10)}difference`.trimEnd(),
    );
    for (const cue of arm.cues) lines.push(...rowsOf(cue).map((row) => clip(row, Math.max(width, 100))));
  }
  if (warnings.length) lines.push('');
  for (const text of warnings) lines.push(`! ${printableLine(text)}`);
  return lines.join('\n');
}

function rowsOf({ id, cells }: CueComparison): string[] {
  return cells.map((cell, i) => {
    const name = pad(i === 0 ? clip(printableLine(id), NAME - 1) : '', NAME);
    const run = pad(String(i + 1), 5);
    if (!cell) return `  ${name}${run}${DASH}`;
    const rate = pad(`${percent(cell.rate)} ${range(cell.interval)}`, NUMBER);
    const effect = cell.claimed === null ? '' : `${points(cell.effect)}${cell.claimed ? ' *' : ''}`;
    const text = `  ${name}${run}${rate}${pad(words(cell.rateDifference), NUMBER)}${pad(effect, 10)}${words(cell.effectDifference)}`;
    return text.trimEnd();
  });
}

const words = (difference: Difference | null): string =>
  difference === null ? '' : pointsWithRange(difference);
