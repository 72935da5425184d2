import type { Engine } from '../records/model.js';
import type { ModelJudge } from './outcome.js';

/**
 * Does some work for each judge: at once where its engine takes several calls, one after the other elsewhere. All of it has
 * ended before the first failure is thrown, so that nobody writes any more.
 */
export async function forEachJudge(
  judges: readonly ModelJudge[],
  engineOf: (judge: ModelJudge) => Engine,
  work: (judge: ModelJudge, engine: Engine) => Promise<void>,
): Promise<void> {
  const inTurn = async (of: readonly ModelJudge[]): Promise<void> => {
    for (const judge of of) await work(judge, engineOf(judge));
  };
  const isConcurrent = (judge: ModelJudge): boolean => engineOf(judge).concurrent;
  const others = judges.filter((judge) => !isConcurrent(judge));
  const ended = await Promise.allSettled([
    ...judges.filter(isConcurrent).map((judge) => inTurn([judge])),
    inTurn(others),
  ]);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
