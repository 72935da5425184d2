import { type Cue, isWording } from '../records/cue.js';
import { PLAIN } from '../records/ids.js';
import type { Plan } from '../records/plan.js';
import type { PlanPrices } from '../records/price.js';
import type { StepResult } from '../records/step.js';
import type { CuedRound } from '../search/search.js';
import { answersBound, judgingBound, spentBy, timesOf } from '../shared/prices.js';

/** Of text that is counted without a tokenizer; ordinary English has twice as many characters a token, emoji about so many. */
const CHARACTERS_A_TOKEN = 2;

/** Most USD that a round of a search can cost, with the texts of its cues, which the plan does not know. */
export function roundBound({ asks, cues }: Pick<CuedRound, 'asks' | 'cues'>, prices: PlanPrices): number {
  const plain = prices.prompts[PLAIN] ?? {};
  const under = (cue: Cue): Record<string, number> => {
    const more = Math.ceil(lengthOf(cue) / CHARACTERS_A_TOKEN);
    return Object.fromEntries(Object.entries(plain).map(([question, tokens]) => [question, tokens + more]));
  };
  const prompts = { ...prices.prompts, ...Object.fromEntries(cues.map((cue) => [cue.id, under(cue)])) };
  const asked = asks.map(timesOf);
  return answersBound(asked, { ...prices, prompts }) + judgingBound(asked, { ...prices, prompts });
}

/** Could so much more, in USD, pass the budget of a plan? */
export const passesBudget = (
  { prices }: Plan,
  done: readonly StepResult[],
  boundBy: (prices: PlanPrices) => number,
): boolean =>
  prices !== undefined && prices.budget !== null && spentBy(done) + boundBy(prices) > prices.budget;

/** Characters that a cue adds to a question. */
export const lengthOf = ({ transforms }: Cue): number =>
  transforms.reduce((sum, one) => sum + (isWording(one) ? one.text.length : 0), 0);
