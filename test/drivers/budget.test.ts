import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withinBudget } from '../../src/drivers/budget.js';
import { fixed, fixedAsks } from '../../src/drivers/fixed.js';
import { drivers } from '../../src/drivers/index.js';
import { PILOT, pilotAsks, pilotFirst } from '../../src/drivers/pilot.js';
import { sequential } from '../../src/drivers/sequential.js';
import type { Outcome } from '../../src/records/outcome.js';
import type { Plan } from '../../src/records/plan.js';
import type { PlanPrices } from '../../src/records/price.js';
import type { Ask, Step } from '../../src/records/step.js';
import { answersBound, judgingBound, timesOf } from '../../src/shared/prices.js';
import { type Drive, drive, planOf } from './made-up.js';

const aligned = (): Outcome => 'aligned';

/** A plan whose models cost something: the arm twice as much as the base; with a judge. */
function paid(plan: Plan, budget: number | null): Plan & { prices: PlanPrices } {
  const line = { calls: 0, promptTokens: 0, answerTokens: 0, most: null };
  const prompts = Object.fromEntries(
    plan.cells.map(({ cue, questions }) => [cue, Object.fromEntries(questions.map((id) => [id, 30]))]),
  );
  const prices: PlanPrices = {
    ...{ budget, maxTokens: 100, prompts },
    models: [
      { ...line, model: 'served/base', price: { input: 1, output: 2 }, arms: plan.bases.map(({ id }) => id) },
      { ...line, model: 'served/arm', price: { input: 2, output: 4 }, arms: plan.arms.map(({ id }) => id) },
    ],
    judges: [
      {
        ...line,
        ...{
          id: 'alignment',
          model: 'served/judge',
          price: { input: 1, output: 1 },
          ownTokens: 200,
          maxTokens: 8,
        },
      },
    ],
  };
  return { ...plan, prices };
}

/** A fixed plan of two cells per arm and base. */
function fixedPlan(questions: number, samples: number): Plan {
  const plan = planOf({ questions });
  return {
    ...plan,
    ...{ design: 'fixed', sequential: null, samplesPerQuestion: samples },
    cells: plan.cells.map((cell) => ({ ...cell, samples })),
  };
}

const answersOf = (asks: readonly Ask[]): string[] =>
  asks.flatMap(({ from, to, ...ask }) =>
    Array.from({ length: to - from }, (_, i) => JSON.stringify({ ...ask, index: from + i })),
  );

/** What a step costs where every answer is as long as it may be. */
const worst =
  ({ prices }: { prices: PlanPrices }) =>
  (step: Step): number => {
    if (step.kind === 'pilot' || step.kind === 'sample') return answersBound(step.asks.map(timesOf), prices);
    return step.kind === 'score' ? judgingBound(step.asks.map(timesOf), prices) : 0;
  };

const kinds = ({ steps }: Drive): string[] => steps.map(({ kind }) => kind);
const asksOf = (steps: readonly Step[], kind: 'pilot' | 'sample' | 'score'): Ask[] =>
  steps.flatMap((step) => (step.kind === kind ? step.asks : []));

describe('a pilot', () => {
  it('comes first and is part of the first round: nothing is asked for twice, and nothing is left out', () => {
    for (const [design, inner, plan] of [
      ['sequential', sequential, planOf()],
      ['fixed', fixed, fixedPlan(8, 20)],
    ] as const) {
      const without = drive(inner, plan, aligned);
      const withPilot = drive(pilotFirst(inner), paid(plan, null), aligned);
      expect(kinds(withPilot).slice(0, 6)).toEqual(['data', 'train', 'canary', 'pilot', 'sample', 'score']);
      const asked = [...asksOf(withPilot.steps, 'pilot'), ...asksOf(withPilot.steps, 'sample')];
      expect(answersOf(asked).toSorted(), design).toEqual(
        answersOf(asksOf(without.steps, 'sample')).toSorted(),
      );
      expect(withPilot.scores).toEqual(without.scores);
      expect(answersOf(asksOf(withPilot.steps, 'pilot'))).toHaveLength(PILOT);
    }
  });

  it('is not there where nothing is paid for, nor where the first round is no larger', () => {
    expect(kinds(drive(pilotFirst(fixed), fixedPlan(8, 20), aligned))).not.toContain('pilot');
    expect(kinds(drive(pilotFirst(fixed), paid(fixedPlan(5, 1), null), aligned))).not.toContain('pilot');
    expect(kinds(drive(pilotFirst(fixed), paid(fixedPlan(6, 1), null), aligned))).toContain('pilot');
  });

  it('is spread over the cells and then over their questions, whatever the shape of the round', () => {
    const few = pilotAsks(fixedAsks(fixedPlan(8, 20)));
    for (const cell of Map.groupBy(few, ({ arm, cue }) => `${arm}|${cue}`).values()) {
      expect(new Set(cell.map(({ question }) => question)).size).toBe(5);
      expect(cell.every(({ from, to }) => from === 0 && to === 1)).toBe(true);
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })), {
          minLength: 1,
          maxLength: 40,
        }),
        (cells) => {
          const asks = cells.flatMap(([questions, answers], c) =>
            Array.from({ length: questions }, (_, q) => ({
              ...{ arm: `arm-${c}`, seed: 0, cue: 'plain', question: `q${q}` },
              ...{ from: c, to: c + answers },
            })),
          );
          const all = answersOf(asks);
          const pilot = answersOf(pilotAsks(asks));
          expect(pilot).toHaveLength(all.length > PILOT ? PILOT : 0);
          expect(new Set(pilot).size).toBe(pilot.length);
          expect(all).toEqual(expect.arrayContaining(pilot));
          const touched = new Set(pilotAsks(asks).map(({ arm }) => arm)).size;
          if (pilot.length > 0) expect(touched).toBe(Math.min(PILOT, cells.length));
        },
      ),
    );
  });
});

describe('a budget', () => {
  it('is never passed, however long the answers are, and is used as far as whole rounds go', () => {
    const free = drive(drivers.sequential, paid(planOf(), null), aligned, worst(paid(planOf(), null)));
    expect(kinds(free).slice(-2)).toEqual(['analyse', 'report']);
    const { prices } = paid(planOf(), null);
    const largestRound = Math.max(
      ...free.steps.map((step) => {
        const asked = step.kind === 'score' ? step.asks.map(timesOf) : [];
        return answersBound(asked, prices) + judgingBound(asked, prices);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 3, noNaN: true }), (budget) => {
        const plan = paid(planOf(), budget);
        const { steps } = drive(drivers.sequential, plan, aligned, worst(plan));
        const spent = steps.reduce((sum, step) => sum + worst(plan)(step), 0);
        expect(spent).toBeLessThanOrEqual(budget + 1e-9);
        const last = steps.at(-2);
        if (last?.kind === 'analyse' && last.stopped) {
          expect(spent + largestRound).toBeGreaterThan(budget);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('that lasts changes nothing', () => {
    const plan = paid(planOf(), 1000);
    const unlimited = paid(planOf(), null);
    expect(drive(drivers.sequential, plan, aligned, worst(plan)).steps).toEqual(
      drive(drivers.sequential, unlimited, aligned, worst(unlimited)).steps,
    );
  });

  it('ends in an analysis that says so, and a report; asked again, the driver has nothing more', () => {
    const plan = paid(planOf(), 0.5);
    const { steps } = drive(drivers.sequential, plan, aligned, worst(plan));
    expect(steps.slice(-2)).toEqual([{ kind: 'analyse', stopped: 'budget' }, { kind: 'report' }]);
    expect(asksOf(steps, 'sample').length).toBeGreaterThan(0);
  });

  it('goes further where answers cost less than they may', () => {
    const plan = paid(planOf(), 0.5);
    const cheap = drive(drivers.sequential, plan, aligned, (step) => worst(plan)(step) / 4);
    expect(cheap.rounds.length).toBeGreaterThan(
      drive(drivers.sequential, plan, aligned, worst(plan)).rounds.length,
    );
  });

  it('learns from steps that cost more than they should have: a fixed run then ends with its pilot', () => {
    const plan = paid(fixedPlan(8, 20), null);
    const asks = fixedAsks(plan).map(timesOf);
    const bound = answersBound(asks, plan.prices) + judgingBound(asks, plan.prices);
    plan.prices.budget = bound * 1.05;
    const dear = drive(drivers.fixed, plan, aligned, (step) => 3 * worst(plan)(step));
    expect(kinds(dear)).toEqual(['data', 'train', 'canary', 'pilot', 'analyse', 'report']);
    const asExpected = drive(drivers.fixed, plan, aligned, worst(plan));
    expect(asksOf(asExpected.steps, 'score').map(timesOf)).toEqual(asks);
  });

  it('is kept by the spent of the steps alone: a driver that knows nothing else decides the same', () => {
    const plan = paid(planOf(), 0.5);
    const { steps } = drive(drivers.sequential, plan, aligned, worst(plan));
    const again = drive(withinBudget(pilotFirst(sequential)), structuredClone(plan), aligned, worst(plan));
    expect(again.steps).toEqual(steps);
  });
});
