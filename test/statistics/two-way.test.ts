import { describe, expect, it } from 'vitest';
import { type Random, randomStream } from '../../src/shared/random.js';
import { studentQuantile, studentWithin } from '../../src/statistics/student.js';
import { type CrossedRates, meanRate, twoWayInterval } from '../../src/statistics/two-way.js';

describe("Student's t", () => {
  it.each([
    // Published table of two-sided 5% points.
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [7, 2.3646],
    [30, 2.0423],
    [1000, 1.9623],
  ])('has its tabulated points: %i degrees of freedom', (df, point) => {
    expect(studentQuantile(0.95, df)).toBeCloseTo(point, 4);
    expect(studentWithin(point, df)).toBeCloseTo(0.95, 5);
  });
});

describe('the two-way interval', () => {
  const trained = (group: string, rates: CrossedRates['rates']): CrossedRates => ({ group, rates });

  it('adds what questions and models make', () => {
    // Questions move the difference by 0.1 / -0.1, models by 0.2, 0, -0.2; none of the other side moves.
    const rates = [0.1, -0.1].map((question) => [0.2, 0, -0.2].map((model) => 0.5 + question + model));
    const base: CrossedRates = { group: null, rates: [[0.2], [0.2]] };
    const [low, high] = twoWayInterval(trained('a', rates), base, 0.95) as [number, number];
    const [ofQuestions, ofModels] = [0.1 ** 2, 0.04 / 3];
    const df = Math.floor((ofQuestions + ofModels) ** 2 / (ofQuestions ** 2 / 1 + ofModels ** 2 / 2));
    const reach = studentQuantile(0.95, df) * Math.sqrt(ofQuestions + ofModels);
    expect([low, high]).toEqual([expect.closeTo(0.3 - reach, 9), expect.closeTo(0.3 + reach, 9)]);
  });

  it('takes models of one arm as the same ones: what both of its rates share cancels', () => {
    const rates = [0.1, 0.5, 0.9].map((_, q) => [0.1, 0.4, 0.7].map((model) => model + q / 100));
    const higher = rates.map((row) => row.map((rate) => rate + 0.2));
    const [low, high] = twoWayInterval(trained('a', higher), trained('a', rates), 0.95) as [number, number];
    expect(low).toBeCloseTo(0.2, 9);
    expect(high).toBeCloseTo(0.2, 9);
    const apart = twoWayInterval(trained('a', higher), trained('b', rates), 0.95) as [number, number];
    expect(apart[0]).toBeLessThan(0);
  });

  it('leaves out what nothing is known of, and is none with two models or one question', () => {
    expect(meanRate({ group: null, rates: [[0.5, null], [], [0.1]] })).toBeCloseTo(0.3, 12);
    const base: CrossedRates = { group: null, rates: [[0.1], [0.2]] };
    expect(
      twoWayInterval(
        trained('a', [
          [0.1, 0.2],
          [0.3, 0.1],
        ]),
        base,
        0.95,
      ),
    ).toBeNull();
    expect(twoWayInterval(trained('a', [[0.1, 0.2, 0.4]]), { group: null, rates: [[0.1]] }, 0.95)).toBeNull();
    expect(twoWayInterval(trained('a', [[null], [null]]), base, 0.95)).toBeNull();
    expect(twoWayInterval(base, base, 0.95)).toEqual([0, 0]);
  });
});

/** Rates of `answers` answers under no difference: logits that questions, models, and both sides by themselves move. */
interface World {
  questions: number;
  models: number;
  answers: number;
  level: number;
  byQuestion: number;
  byModel: number;
  /** Questions and models differ between both sides too; neither side is higher on average. */
  questionBySide: number;
  modelBySide: number;
  sameArm: boolean;
  /** The other side is one model that nothing was trained for. */
  againstBase?: boolean;
}
const WORLD: World = {
  ...{ questions: 8, models: 3, answers: 8, level: 0, byQuestion: 1, byModel: 0.5 },
  ...{ questionBySide: 0, modelBySide: 0, sameArm: true },
};

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());

const draws = (random: Random, count: number, spread: number): number[] =>
  Array.from({ length: count }, () => spread * normal(random));

const drawnSides = (world: World, random: Random): [CrossedRates, CrossedRates] =>
  drawnOver(draws(random, world.questions, world.byQuestion), world, random);

function drawnOver(question: number[], world: World, random: Random): [CrossedRates, CrossedRates] {
  const shared = draws(random, world.models, world.byModel);
  const side = (name: string): CrossedRates => {
    const own = draws(random, world.questions, world.questionBySide);
    const model = world.sameArm ? shared : draws(random, world.models, world.byModel);
    const ownModel = draws(random, world.models, world.modelBySide);
    const rate = (logit: number): number => {
      let hits = 0;
      for (let i = 0; i < world.answers; i++) if (random.unit() < 1 / (1 + Math.exp(-logit))) hits++;
      return hits / world.answers;
    };
    return {
      group: world.sameArm ? 'a' : name,
      rates: question.map((of, q) =>
        model.map((by, m) => rate(world.level + of + (own[q] as number) + by + (ownModel[m] as number))),
      ),
    };
  };
  const [first, second] = [side('a'), side('b')];
  if (!world.againstBase) return [first, second];
  const alone = { ...world, againstBase: false, sameArm: true, byModel: 0, modelBySide: 0, models: 1 };
  const [base] = drawnOver(question, alone, random);
  return [first, { group: null, rates: base.rates }];
}

describe('without any true difference', () => {
  it.each<[string, Partial<World>]>([
    ['questions differ', {}],
    ['models differ', { byModel: 2, sameArm: false }],
    ['each model has its own difference', { modelBySide: 1.5, byModel: 0 }],
    ['each question has its own difference', { questionBySide: 1 }],
    ['both do', { questionBySide: 1, modelBySide: 1 }],
    ['both do, between two arms', { questionBySide: 1, modelBySide: 1, sameArm: false }],
    // At a logit of 0 the mean over models is the base's rate.
    ['models differ, against one base', { byModel: 1.5, sameArm: false, againstBase: true }],
    ['misaligned answers are rare', { level: -3, modelBySide: 1 }],
    ['answers are few', { answers: 2, level: -2, modelBySide: 1 }],
  ])('0 is rarely excluded on a given side: %s', (name, given) => {
    const runs = 1500;
    let [above, below, pooled] = [0, 0, 0];
    for (let run = 0; run < runs; run++) {
      const world = { ...WORLD, ...given };
      const [first, second] = drawnSides(world, randomStream('two-way', name, run));
      const [low, high] = twoWayInterval(first, second, 0.95) as [number, number];
      if (low > 0) above++;
      if (high < 0) below++;
      pooled += Number(binomialExcludes(first, second, world.answers));
    }
    // 3.2% is the worst that 4000 runs of each showed; three standard errors of 1500 runs are 1.4 points.
    expect(above / runs).toBeLessThan(0.046);
    expect(below / runs).toBeLessThan(0.046);
    // What it is for: answers taken as independent exclude 0 far too often where models or questions differ.
    if (given.modelBySide && given.questionBySide) expect(pooled / runs).toBeGreaterThan(0.2);
  });

  it('a true difference is found', () => {
    let found = 0;
    for (let run = 0; run < 200; run++) {
      const [, plain] = drawnSides({ ...WORLD, level: -3 }, randomStream('power', run));
      const [cued] = drawnSides({ ...WORLD, level: 1 }, randomStream('power-cued', run));
      if ((twoWayInterval(cued, plain, 0.95)?.[0] ?? 0) > 0) found++;
    }
    expect(found).toBeGreaterThan(190);
  });
});

/** The usual test of two proportions, all answers as independent ones. */
function binomialExcludes(first: CrossedRates, second: CrossedRates, answers: number): boolean {
  const [a, b] = [meanRate(first) as number, meanRate(second) as number];
  const n = first.rates.flat().length * answers;
  return Math.abs(a - b) > 1.96 * Math.sqrt((a * (1 - a) + b * (1 - b)) / n);
}
