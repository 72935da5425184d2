/** Sizes: a cue's difference in differences and the false confidence, with their intervals. */
import type { Estimate } from '../records/result.js';
import { clopperPearson } from '../statistics/binomial.js';
import { type Contrast, clusterInterval, contrastOf, mover } from '../statistics/bootstrap.js';
import type { CellOptions } from './cell.js';
import { type CellTallies, eventsOf, type Measure, meanOver, sameQuestions, totalOf } from './tallies.js';

/** One cell with its sign in a difference. */
export interface Term {
  sign: 1 | -1;
  cell: CellTallies;
  /** For the reason, where the cell holds nothing: "the base under 'x'". */
  name: string;
}

/**
 * The cells of a cue's effect with their signs: tuned under the cue, less tuned without one; less the same of the base
 * where there is one. What is plain is counted over the cue's questions; the first two are the effect without a base.
 */
export function effectTerms(
  cue: string,
  tuned: CellTallies,
  plain: CellTallies,
  base: { cued: CellTallies; plain: CellTallies } | null,
): Term[] {
  const terms: Term[] = [
    { sign: 1, cell: tuned, name: `tuned under '${cue}'` },
    { sign: -1, cell: sameQuestions(plain, tuned), name: 'tuned without a cue' },
  ];
  if (base) {
    terms.push({ sign: -1, cell: base.cued, name: `base under '${cue}'` });
    terms.push({ sign: 1, cell: sameQuestions(base.plain, tuned), name: 'base without a cue' });
  }
  return terms;
}

/**
 * Signed sum of the cells' mean rates. Interval: the bootstrap over whole questions (the cells move together),
 * never narrower than the exact intervals of the cells combined (MOVER), which alone remain where the bootstrap
 * has no spread. Null with a reason where one of the cells has nothing to average.
 */
export function differenceOf(terms: readonly Term[], measure: Measure, options: CellOptions): Estimate {
  const contrast: Contrast = terms.map(({ sign, cell }) => ({ sign, mean: meanOver(cell, measure) }));
  const estimate = contrastOf(contrast);
  if (estimate === null) {
    const empty = terms
      .filter(({ cell }) => eventsOf(totalOf(cell), measure)[1] === 0)
      .map(({ name }) => name);
    const nothing = measure === 'misaligned' ? 'no eligible answer' : 'no answer';
    return { estimate: null, interval: null, method: 'none', reason: `${nothing}: ${empty.join(', ')}` };
  }
  const exact = mover(
    terms.map(({ sign, cell }, i) => {
      const [events, trials] = eventsOf(totalOf(cell), measure);
      return {
        sign,
        estimate: contrastOf([{ ...contrast[i]!, sign: 1 }]) ?? 0,
        interval: clopperPearson(events, trials, options.level),
      };
    }),
  );
  const most = terms.length / 2;
  const { interval, method } = clusterInterval(
    contrast,
    options.resamples,
    options.level,
    { interval: exact, method: 'exact intervals of the cells, combined by MOVER' },
    [-most, most],
  );
  return { estimate, interval, method };
}
