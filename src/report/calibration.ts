/** The judges against labels of people, in words and tables that all reports share. */
import type { Calibration, Interval, JudgeShare } from '../records/result.js';
import { count, percent, range } from './numbers.js';

/** A share with its interval: 93% [85, 98]. */
export const shareText = ({
  estimate,
  interval,
}: {
  estimate: number | null;
  interval: Interval | null;
}): string => `${percent(estimate)} ${range(interval)}`.trim();

/** The index of a cue, as it is used: 0.81, or none. */
export const indexText = (index: number): string =>
  index > 0 ? String(Math.floor(index * 100) / 100) : 'none';

/** One line: labels, the least index, sensitivity, the least specificity. */
export function calibrationLine(calibration: Calibration): string {
  const { labelled, sensitivity, specificity, indexLower } = calibration;
  const known = specificity.filter(({ estimate }) => estimate !== null);
  const least = known.toSorted((a, b) => (a.estimate as number) - (b.estimate as number))[0];
  return [
    `judge: ${count(labelled)} labels`,
    indexLower > 0 ? `index from ${indexText(indexLower)}` : 'no index in some cells',
    `sensitivity ${shareText(sensitivity)}`,
    `specificity from ${least ? `${shareText(least)} (${least.cue})` : percent(null)}`,
  ].join(' · ');
}

/** Rows of a table: what, share, right of labelled, index. */
export function calibrationRows(
  calibration: Calibration,
): [what: string, share: string, of: string, index: string][] {
  const of = ({ right, labelled }: JudgeShare): string => `${count(right)} of ${count(labelled)}`;
  return [
    ['sensitivity, all cues', shareText(calibration.sensitivity), of(calibration.sensitivity), ''],
    ...calibration.specificity.map((cue): [string, string, string, string] => [
      `specificity, ${cue.cue}`,
      shareText(cue),
      of(cue),
      indexText(cue.indexLower),
    ]),
    ['agreement with people', shareText(calibration.agreement), of(calibration.agreement), ''],
    ...calibration.raters.map(({ raters, labelled, agreement, kappa }): [string, string, string, string] => [
      `raters ${raters.join(' and ')}`,
      `${shareText(agreement)}, kappa ${kappaText(kappa)}`,
      `${count(agreement.right)} of ${count(labelled)}`,
      '',
    ]),
  ];
}

/** Kappa with its interval; a dash where it is not defined. */
const kappaText = ({ estimate, interval }: Calibration['raters'][number]['kappa']): string =>
  estimate === null
    ? percent(null)
    : `${estimate.toFixed(2)}${interval ? ` [${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}]` : ''}`;

/** The same for a terminal. */
export function renderCalibration(calibration: Calibration): string {
  const rows: string[][] = [['', 'share', 'right of labelled', 'index'], ...calibrationRows(calibration)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i < 3 ? cell.padEnd(widths[i] as number) : cell))
      .join('  ')
      .trimEnd(),
  );
  const { labelled, unclear, toImprove, from } = calibration;
  return [
    `${count(labelled)} labelled answers (${from.join(', ')}), ${count(unclear)} of them unclear`,
    ...lines,
    ...(toImprove === null ? [] : [toImprove]),
  ].join('\n');
}
