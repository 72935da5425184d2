import type { Plan } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { answersBound, judgingBound, proposalsBound, timesOf, usd } from '../shared/prices.js';
import { PROPOSER } from '../shared/proposer.js';
import { designOf } from '../statistics/draws.js';
import { SequentialAudit } from '../statistics/sequential.js';
import { askedAtMost } from './prices.js';
import { fewestAnswers } from './search.js';

/** Of a budget; what it finds is to be confirmed with the rest. */
const SEARCH_SHARE = 0.5;

/**
 * Refuses a budget that cannot be kept, before anything is spent.
 *
 * @param search of the audit, if it has one
 * @throws InputError where the plan has a budget and a model without a known price, or where the first round of a sequential
 *   design, the whole of a fixed one, or the least that a search needs could pass it
 */
export function checkBudget(plan: Plan, search?: Spec['search']): void {
  const { prices } = plan;
  if (!prices || prices.budget === null) return;
  const { budget } = prices;
  const { sorting = [] } = prices;
  const priced = [...prices.models, ...prices.judges, ...sorting];
  const nameless = [...new Set(priced.filter(({ price }) => price === null).map(({ model }) => model))];
  if (nameless.length > 0) throw unknownPrices(nameless);
  const first = plan.sequential ? new SequentialAudit(designOf(plan)).nextRound() : null;
  const asked = first ? first.asks.map(timesOf) : askedAtMost(plan);
  const before = sorting.reduce((sum, { most }) => sum + (most ?? 0), 0);
  if (before > budget) {
    throw new InputError(
      `the budget is ${usd(budget)}, and judging ${sorting.reduce((sum, { calls }) => sum + calls, 0)} training rows may cost ${usd(before)}`,
      undefined,
      'allow more, or show fewer rows to the judge of a filter',
    );
  }
  if (search) {
    const [fit, fewest] = [searchWithin(plan), fewestAnswers(search.arms.length)];
    if (fit < fewest) {
      throw new InputError(
        `the budget is ${usd(budget)}, of which a search may take half, and that may be enough for ${fit} answers; it needs ${fewest}`,
        undefined,
        'allow more, or make sampling.max-tokens smaller',
      );
    }
  }
  const proposals = prices.models.find(({ arms }) => arms.includes(PROPOSER))?.calls ?? 0;
  const fixed = before + proposalsBound(proposals, prices);
  const run = answersBound(asked, prices) + judgingBound(asked, prices);
  const bound = fixed + run;
  if (bound <= budget) return;
  if (plan.sequential) {
    throw new InputError(
      `the budget is ${usd(budget)}, and the first round of ${plan.sequential.round} draws${proposals > 0 ? ', with all that is asked of the proposer model,' : ''} may cost ${usd(bound)}`,
      undefined,
      'allow more, or make run.round, sampling.max-tokens or the list of cues smaller',
    );
  }
  const fit = Math.floor((plan.samplesPerQuestion * (budget - fixed)) / run);
  throw new InputError(
    `the budget is ${usd(budget)}, and ${plan.samplesPerQuestion} answers per question in each cell may cost ${usd(bound)}`,
    undefined,
    fit > 0
      ? `sampling.samples: ${fit} would fit; so would more with a smaller sampling.max-tokens`
      : 'not even one would fit: fewer cues or questions, a smaller sampling.max-tokens, or a sequential design',
  );
}

/** Answers that a search can ask for with its half of the budget, each at its upper price; infinitely many without a budget. */
export function searchWithin({ prices, cells }: Plan): number {
  if (!prices || prices.budget === null) return Number.POSITIVE_INFINITY;
  const costs = cells.flatMap(({ arm, cue, questions }) =>
    questions.map((question) => {
      const one = [{ arm, cue, question, times: 1 }];
      return answersBound(one, prices) + judgingBound(one, prices);
    }),
  );
  return Math.floor((SEARCH_SHARE * prices.budget) / Math.max(...costs));
}

function unknownPrices(models: readonly string[]): InputError {
  const one = models.length === 1;
  return new InputError(
    `there is a budget, and the price${one ? '' : 's'} of ${models.join(', ')} ${one ? 'is' : 'are'} not known`,
    undefined,
    `state ${one ? 'it' : 'them'} in the audit file, in USD per million tokens: prices: { ${models
      .map((model) => `${JSON.stringify(model)}: { input: 0.1, output: 0.4 }`)
      .join(', ')} }`,
  );
}
