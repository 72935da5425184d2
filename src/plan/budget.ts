import type { Plan } from '../records/plan.js';
import { InputError } from '../shared/errors.js';
import { answersBound, judgingBound, proposalsBound, timesOf, usd } from '../shared/prices.js';
import { PROPOSER } from '../shared/proposer.js';
import { designOf } from '../statistics/draws.js';
import { SequentialAudit } from '../statistics/sequential.js';
import { askedAtMost } from './prices.js';

/**
 * Refuses a budget that cannot be kept, before anything is spent.
 *
 * @throws InputError where the plan has a budget and a model without a known price, or where the first round of a sequential
 *   design, or the whole of a fixed one, could pass it
 */
export function checkBudget(plan: Plan): void {
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
