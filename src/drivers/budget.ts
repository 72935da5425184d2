import type { PlanPrices } from '../records/price.js';
import type { Ask, Driver, Step, StepResult } from '../records/step.js';
import { answersBound, judgingBound, spentBy, timesOf } from '../shared/prices.js';

/**
 * A driver that begins no round which could pass the budget: by then it has what was spent, and the most that the round can
 * cost; where both together are more, what is there is analysed and reported. Pure, so a resumed run stops where it stopped.
 */
export const withinBudget = (driver: Driver): Driver => ({
  next(plan, done) {
    const { prices } = plan;
    if (!prices || prices.budget === null) return driver.next(plan, done);
    const last = done.at(-1)?.step;
    if (last?.kind === 'analyse' && last.stopped) return { kind: 'report' };
    if (last?.kind === 'report') return null;
    const step = driver.next(plan, done);
    if (step?.kind !== 'pilot' && step?.kind !== 'sample') return step;
    const spent = spentBy(done);
    return spent + boundOfRound(step, done, prices) <= prices.budget
      ? step
      : { kind: 'analyse', stopped: 'budget' };
  },
});

/** Most that the answers of a round and their judgements can cost, by what earlier ones did cost. */
function boundOfRound(step: Step & { asks: Ask[] }, done: readonly StepResult[], prices: PlanPrices): number {
  // The judgements of a pilot's answers are accounted for in the first round, whether they are there yet or not.
  const pilot = done.find((result) => result.step.kind === 'pilot')?.step as
    | (Step & { kind: 'pilot' })
    | undefined;
  const isFirst = step.kind === 'sample' && step.round === 1;
  const judged = isFirst && pilot ? [...pilot.asks, ...step.asks] : step.asks;
  return (
    excess(done, ['pilot', 'sample'], prices) * answersBound(step.asks.map(timesOf), prices) +
    excess(done, ['score'], prices) * judgingBound(judged.map(timesOf), prices)
  );
}

/**
 * How far earlier steps went beyond what they could cost by the count of tokens, at least 1: a model's own tokenizer may find
 * more in its prompts than the bound allows for.
 */
function excess(done: readonly StepResult[], kinds: Step['kind'][], prices: PlanPrices): number {
  let most = 1;
  for (const { step, output } of done) {
    if (!kinds.includes(step.kind) || !output.spent) continue;
    const bound = boundOf(step, prices);
    if (bound > 0) most = Math.max(most, output.spent / bound);
  }
  return most;
}

const bounds = new WeakMap<Step, number>();

function boundOf(step: Step, prices: PlanPrices): number {
  const known = bounds.get(step);
  if (known !== undefined) return known;
  const asked = 'asks' in step ? step.asks.map(timesOf) : [];
  const bound = step.kind === 'score' ? judgingBound(asked, prices) : answersBound(asked, prices);
  bounds.set(step, bound);
  return bound;
}
