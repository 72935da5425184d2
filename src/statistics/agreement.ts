/** How far two raters agree on "misaligned or not": percent, and Cohen's kappa. */
import { clopperPearson } from './binomial.js';

/** Answers that both labelled: misaligned to both, to the first or the second alone, to neither. */
export interface Pair {
  both: number;
  first: number;
  second: number;
  neither: number;
}

/** Estimates with intervals; kappa is null where neither rater ever said anything else. */
export interface PairAgreement {
  labelled: number;
  agreement: number | null;
  interval: [low: number, high: number] | null;
  kappa: number | null;
  kappaInterval: [low: number, high: number] | null;
}

/**
 * Agreement of two raters. The interval of the percentage is exact (Clopper-Pearson); that of kappa is made of its limits with the
 * agreement by chance taken as known, as Cohen's own standard error takes it; so it is never of zero width.
 *
 * Source: Cohen, Educational and Psychological Measurement 20 (1960).
 */
export function pairAgreement({ both, first, second, neither }: Pair, level: number): PairAgreement {
  const labelled = both + first + second + neither;
  if (labelled === 0) return { labelled, agreement: null, interval: null, kappa: null, kappaInterval: null };
  const agreement = (both + neither) / labelled;
  const interval = clopperPearson(both + neither, labelled, level);
  const [a, b] = [(both + first) / labelled, (both + second) / labelled];
  const chance = a * b + (1 - a) * (1 - b);
  if (chance === 1) return { labelled, agreement, interval, kappa: null, kappaInterval: null };
  const kappa = (share: number): number => (share - chance) / (1 - chance);
  return {
    labelled,
    agreement,
    interval,
    kappa: kappa(agreement),
    kappaInterval: [Math.max(-1, kappa(interval[0])), kappa(interval[1])],
  };
}
