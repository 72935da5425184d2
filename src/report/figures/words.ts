import { count, percent, range } from '../numbers.js';
import { type Figure, type FigureArm, type FigureCell, isShare } from './figure.js';

/** What a figure shows, in one line. */
export const headOf = ({ x, arms }: Figure): string =>
  x ? `Misaligned answers by ${x.label}` : `Misaligned answers by cue, ${arms.length} arms`;

/** Whose fine-tunes it shows. */
export const baseText = ({ base }: Figure): string => (base ? `base ${base.model}` : 'no base');

/** A dose as a reader says it: a share in percent, else a count. */
export const doseText = (dose: number, { key }: NonNullable<Figure['x']>): string =>
  isShare(key) ? percent(dose) : dose >= 1 && Number.isInteger(dose) ? count(dose) : String(dose);

/** A point in words. */
export const cellText = (arm: string, { cue, rate, interval, misaligned, eligible }: FigureCell): string =>
  `${arm} under ${cue}: ${percent(rate)} ${range(interval)}, ${count(misaligned)} of ${count(eligible)} eligible`;

/** All that a figure shows, for readers who hear it. */
export function describe(figure: Figure): string {
  const lines = figure.cues.map(({ id }) => {
    const at = (arm: FigureArm): string[] => {
      const cell = arm.cells.find(({ cue }) => cue === id);
      const where = figure.x && arm.x !== null ? doseText(arm.x, figure.x) : arm.id;
      return cell ? [`${where} ${percent(cell.rate)}`] : [];
    };
    const base = figure.baseline.find(({ cue }) => cue === id);
    return `${id}: ${[...(base ? [`base ${percent(base.rate)}`] : []), ...figure.arms.flatMap(at)].join(', ')}.`;
  });
  return lines.join(' ');
}
