/** Stated contrasts: differences of two rates, held against the direction that was expected. */
import type { ContrastSpec, Side } from '../records/contrast.js';
import type { Agreement, ContrastResult, ContrastSide, Estimate } from '../records/result.js';
import { clopperPearson } from '../statistics/binomial.js';
import { meanOf, mover } from '../statistics/bootstrap.js';
import { MODELS_FROM, twoWayInterval } from '../statistics/two-way.js';
import { optionsOf, rateInterval } from './cell.js';
import { BASE_SEED, type Shared } from './input.js';
import { type CellTallies, meanOver, oneSeed, sameQuestions, talliesOf, totalOf } from './tallies.js';

/** Every contrast with its rates, its interval, and whether it agrees. A cue that some questions lack is compared on the others. */
export function contrastsOf(contrasts: readonly ContrastSpec[], shared: Shared): ContrastResult[] {
  return contrasts.map(({ of, against, ...stated }) => {
    const [first, second] = [cellFor(of, shared), cellFor(against, shared)];
    const cells = [
      { ...first, tallies: sameQuestions(first.tallies, second.tallies) },
      { ...second, tallies: sameQuestions(second.tallies, first.tallies) },
    ] as const;
    const difference = differenceOf(...cells, shared.input.verdict.level);
    return {
      ...stated,
      of: sideOf(of, cells[0], shared),
      against: sideOf(against, cells[1], shared),
      ...difference,
      agreement: agreementOf(difference, stated.direction),
    };
  });
}

/** Whether an interval excludes 0, and on which side. */
export function agreementOf(
  { interval }: Pick<Estimate, 'interval'>,
  direction: 'higher' | 'lower',
): Agreement {
  if (interval === null) return 'undecided';
  const [low, high] = direction === 'higher' ? interval : [-interval[1], -interval[0]];
  return low > 0 ? 'agrees' : high < 0 ? 'disagrees' : 'undecided';
}

interface ContrastCell {
  /** What its models are draws of. */
  group: string | null;
  seeds: readonly number[];
  tallies: CellTallies;
}

function cellFor({ arm, cue }: Side, { input, table, questionIds }: Shared): ContrastCell {
  const trained = input.arms.find(({ id }) => id === arm);
  const seeds = trained?.seeds ?? [BASE_SEED];
  return {
    group: trained?.isTrained ? arm : null,
    seeds,
    tallies: talliesOf(table, { arm, seeds, cue }, questionIds),
  };
}

function sideOf({ arm, cue }: Side, { seeds, tallies }: ContrastCell, shared: Shared): ContrastSide {
  const counts = (cell: CellTallies) => {
    const { misaligned, eligible } = totalOf(cell);
    return { rate: meanOf(meanOver(cell, 'misaligned')), misaligned, eligible };
  };
  const interval = rateInterval(tallies, 'misaligned', optionsOf(cue, shared.ledger.base, shared));
  return {
    arm,
    cue,
    ...counts(tallies),
    interval: interval?.interval ?? null,
    seeds: seeds.map((seed, i) => ({ seed, ...counts(oneSeed(tallies, i)) })),
  };
}

/**
 * The difference with an interval over questions and training seeds, never narrower than the exact intervals of both rates
 * combined: answers that are all alike are no certainty.
 */
function differenceOf(first: ContrastCell, second: ContrastCell, level: number): Estimate {
  const [a, b] = [first, second].map(({ tallies }) => meanOf(meanOver(tallies, 'misaligned')));
  if (a == null || b == null) {
    return { estimate: null, interval: null, method: 'none', reason: 'no eligible answer on one side' };
  }
  const spread = twoWayInterval(crossed(first), crossed(second), level);
  if (spread === null) {
    return {
      estimate: a - b,
      interval: null,
      method: 'none',
      reason: `no interval: it needs ${MODELS_FROM} training seeds of each trained arm, and 2 questions`,
    };
  }
  const exactOf = (cell: ContrastCell): [number, number] => {
    const { misaligned, eligible } = totalOf(cell.tallies);
    return clopperPearson(misaligned, eligible, level);
  };
  const exact = mover([
    { sign: 1, estimate: a, interval: exactOf(first) },
    { sign: -1, estimate: b, interval: exactOf(second) },
  ]);
  return {
    estimate: a - b,
    interval: [Math.max(-1, Math.min(spread[0], exact[0])), Math.min(1, Math.max(spread[1], exact[1]))],
    method:
      'two-way clustered t interval over questions and training seeds, never narrower than the exact intervals of both rates, combined by MOVER',
  };
}

const crossed = ({ group, tallies }: ContrastCell) => ({
  group,
  rates: tallies.rows.map((row) =>
    row.map(({ misaligned, eligible }) => (eligible === 0 ? null : misaligned / eligible)),
  ),
});
