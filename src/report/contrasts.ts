/** The stated contrasts of a result, as all reports write them. */
import type { ContrastResult, ContrastSide, Result } from '../records/result.js';
import { percent, pointsWithRange, range } from './numbers.js';

export interface ContrastLine {
  id: string;
  says: string;
  finding: string | null;
  /** Both rates: `mixed, note 88% [80, 93] against mixed, plain 4% [1, 9]`. */
  rates: string;
  /** The difference in points, with its interval or the reason why it has none. */
  difference: string;
  agreement: ContrastResult['agreement'];
}

export const contrastLines = ({ contrasts = [] }: Pick<Result, 'contrasts'>): ContrastLine[] =>
  contrasts.map((contrast) => ({
    id: contrast.id,
    says: contrast.says,
    finding: contrast.finding,
    rates: `${sideText(contrast.of)} against ${sideText(contrast.against)}`,
    difference: contrast.reason ?? `${pointsWithRange(contrast)} points`,
    agreement: contrast.agreement,
  }));

const sideText = ({ arm, cue, rate, interval }: ContrastSide): string =>
  `${arm}, ${cue} ${percent(rate)} ${range(interval)}`.trim();
