import type { Ask, Driver } from '../records/step.js';
import { answersIn, isPriced } from '../shared/prices.js';

/** Answers that are asked for before all others where answers are paid for: what they cost foretells the rest. */
export const PILOT = 20;

/** Without a price that is known a pilot foretells only how the server fares: a run of fewer answers than this shows that itself. */
const WORTH_A_PILOT = 1000;

/**
 * A driver whose first round begins with a pilot: some of its answers, spread over the cells. The round then asks for the rest,
 * so nothing is asked for twice, and what the inner driver decides does not change.
 */
export const pilotFirst = (driver: Driver): Driver => ({
  next(plan, done) {
    if (!plan.prices) return driver.next(plan, done);
    const others = done.filter(({ step }) => step.kind !== 'pilot');
    const step = driver.next(plan, others);
    if (step?.kind !== 'sample' || step.round !== 1) return step;
    const worth = isPriced(plan.prices) || plan.totals.answers >= WORTH_A_PILOT;
    const asks = worth ? pilotAsks(step.asks) : [];
    if (asks.length === 0) return step;
    return others.length === done.length
      ? { kind: 'pilot', asks }
      : { ...step, asks: without(step.asks, asks) };
  },
});

const keyOf = ({ arm, seed, cue, question }: Ask): string => `${arm}|${seed}|${cue}|${question}`;

/**
 * The first answers of questions that are spread over the cells of a round: one of each cell in turn, or of evenly spaced ones
 * where there are many. None where the round is no larger than the pilot.
 */
export function pilotAsks(asks: readonly Ask[]): Ask[] {
  if (answersIn(asks) <= PILOT) return [];
  const cells = [...Map.groupBy(asks, ({ arm, seed, cue }) => `${arm}|${seed}|${cue}`).values()];
  const spread =
    cells.length <= PILOT
      ? cells
      : Array.from({ length: PILOT }, (_, i) => cells[Math.floor((i * cells.length) / PILOT)] as Ask[]);
  const turns = spread.map(questionByQuestion);
  const taken = new Map<Ask, number>();
  for (let left = PILOT; left > 0; ) {
    for (const turn of turns) {
      const { value: ask, done } = turn.next();
      if (done || left === 0) continue;
      taken.set(ask, (taken.get(ask) ?? 0) + 1);
      left--;
    }
  }
  return [...taken].map(([ask, answers]) => ({ ...ask, to: ask.from + answers }));
}

/** The asks of a cell, each once for its first answer, then each for its second, and so on. */
function* questionByQuestion(cell: readonly Ask[]): Generator<Ask, undefined> {
  const most = cell.reduce((longest, { from, to }) => Math.max(longest, to - from), 0);
  for (let answer = 0; answer < most; answer++) {
    for (const ask of cell) if (ask.from + answer < ask.to) yield ask;
  }
}

/** The asks without the answers that the pilot has asked for. */
function without(asks: readonly Ask[], pilot: readonly Ask[]): Ask[] {
  const from = new Map(pilot.map((ask) => [keyOf(ask), ask.to]));
  return asks
    .map((ask) => ({ ...ask, from: from.get(keyOf(ask)) ?? ask.from }))
    .filter(({ from, to }) => from < to);
}
