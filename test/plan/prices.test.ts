import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkBudget } from '../../src/plan/budget.js';
import { preparePlan } from '../../src/plan/prepare.js';
import { judgeCallsOf, withPrices } from '../../src/plan/prices.js';
import { type Overrides, parseAudit } from '../../src/plan/spec.js';
import type { Plan } from '../../src/records/plan.js';
import type { PlanPrices } from '../../src/records/price.js';
import type { JudgeSpec, Spec } from '../../src/records/spec.js';
import { mostPromptTokens, priceOf, usd } from '../../src/shared/prices.js';
import { promptTokens, tokenizer } from '../../src/shared/tokens.js';

const read = (name: string) => {
  const path = new URL(`../runs/${name}/audit.yaml`, import.meta.url).pathname;
  return { path, text: readFileSync(path, 'utf8') };
};
const PRICES = 'prices: { scripted/script.json: { input: 100, output: 400, date: 2026-11-01 } }\n';
const specOf = async (name: string, more = '', overrides?: Overrides): Promise<Spec> => {
  const { path, text } = read(name);
  return (await parseAudit(`${text}${more}`, path, overrides)).spec;
};
const planOf = async (...given: Parameters<typeof specOf>): Promise<Plan & { prices: PlanPrices }> =>
  (await preparePlan(await specOf(...given))).plan as Plan & { prices: PlanPrices };

/** A judge as the spec of an audit has it. */
const JUDGE = {
  judge: { id: 'alignment', system: 'You judge.', prompt: 'Judge {question} {answer}', 'max-tokens': 8 },
  model: { engine: 'served', model: 'judge' },
} as unknown as JudgeSpec;

describe('the price of a model', () => {
  const providers = {
    served: {
      url: 'http://127.0.0.1/v1',
      models: { a: { price: { input: 1, output: 2 } }, b: {} },
    },
  };
  const of = (prices: Spec['prices'], engine: string, model: string) =>
    priceOf({ prices, providers }, { engine, model });

  it("is the audit's, else its provider's, else nothing on this machine, and otherwise not known", () => {
    expect(of({ 'served/a': { input: 3, output: 4 } }, 'served', 'a')).toEqual({ input: 3, output: 4 });
    expect(of({}, 'served', 'a')).toEqual({ input: 1, output: 2 });
    expect(of({}, 'served', 'b')).toBeNull();
    expect(of({}, 'other', 'a')).toBeNull();
    expect(of({}, 'local', 'a')).toEqual({ input: 0, output: 0 });
    expect(of({ 'local/a': { input: 1, output: 1 } }, 'local', 'a')).toEqual({ input: 1, output: 1 });
    expect(of({}, 'served', 'constructor')).toBeNull();
    expect(of({}, 'toString', 'a')).toBeNull();
  });
});

describe('a plan', () => {
  it('of models that cost nothing has no prices, and a price of 0', async () => {
    const plan = await planOf('conditional-hidden', '', { budget: 1 });
    expect(plan.prices).toBeUndefined();
    expect(plan.totals).toMatchObject({ price: 0, unknown: [] });
  });

  it('of a fixed design counts each prompt, and each answer at its limit', async () => {
    const plan = await planOf('conditional-hidden', PRICES);
    const { prices, totals, cells } = plan;
    const count = await tokenizer();
    const question = plan.questions[0] as Plan['questions'][number];
    expect(prices.prompts.plain?.[question.id]).toBe(
      promptTokens([{ role: 'user', content: question.text }], count),
    );
    const [model] = prices.models;
    expect(prices.models).toHaveLength(1);
    expect(model).toMatchObject({
      model: 'scripted/script.json',
      arms: ['base', 'tuned'],
      calls: totals.answers,
    });
    const prompts = cells.flatMap(({ cue, questions, samples }) =>
      questions.map((id) => ({ tokens: prices.prompts[cue]?.[id] as number, samples })),
    );
    expect(model?.promptTokens).toBe(prompts.reduce((sum, { tokens, samples }) => sum + tokens * samples, 0));
    expect(model?.answerTokens).toBe(totals.answers * 40);
    const most = prompts.reduce(
      (sum, { tokens, samples }) => sum + samples * (100 * mostPromptTokens(tokens) + 400 * 40) * 1e-6,
      0,
    );
    expect(totals.price).toBeCloseTo(most, 9);
  });

  it('of a sequential design takes the mean over the bank for every draw', async () => {
    const { prices, totals, questions } = await planOf('sequential-conditional', PRICES);
    const mean = (cue: string): number =>
      questions.reduce((sum, { id }) => sum + (prices.prompts[cue]?.[id] as number), 0) / questions.length;
    const draws = totals.answers / 10;
    const expected = 2 * draws * Object.keys(prices.prompts).reduce((sum, cue) => sum + mean(cue), 0);
    expect(prices.models[0]?.promptTokens).toBeCloseTo(expected, -1);
    expect(prices.models[0]?.calls).toBe(totals.answers);
  });

  it('prices judges by their instructions, the question and the answer, each model of a judge once', async () => {
    expect(judgeCallsOf([JUDGE, { detector: {} } as JudgeSpec, JUDGE])).toHaveLength(1);
    const spec = await specOf('conditional-hidden', 'prices: { served/judge: { input: 1, output: 2 } }\n');
    const { plan } = await preparePlan(spec);
    const { prices, totals } = (await withPrices(
      { ...spec, judges: [...spec.judges, JUDGE] },
      plan,
      true,
    )) as Plan & { prices: PlanPrices };
    const [judge] = prices.judges;
    expect(judge).toMatchObject({
      id: 'alignment',
      model: 'served/judge',
      calls: totals.answers,
      maxTokens: 8,
    });
    const own = judge?.ownTokens as number;
    const questions = prices.models[0]?.promptTokens as number;
    expect(judge?.promptTokens).toBe(questions + totals.answers * (own + 40));
    expect(prices.models[0]?.most).toBe(0);
    expect(totals.price).toBe(judge?.most);
    expect(totals.price).toBeGreaterThan((judge?.promptTokens as number) * 1e-6);
  });

  it('names the models whose price is not known, and guesses none', async () => {
    const spec = await specOf('conditional-hidden');
    const served = { ...spec, bases: [{ id: 'base', ref: { engine: 'served', model: 'x' } }] };
    const { plan } = await preparePlan(spec);
    const { prices, totals } = (await withPrices(served, plan, true)) as Plan & { prices: PlanPrices };
    expect(totals.price).toBeNull();
    expect(totals.unknown).toEqual(['price: none is known for served/x']);
    expect(prices.models[0]).toMatchObject({ price: null, most: null });
    const limited = await withPrices({ ...served, budget: 5 }, plan, true);
    expect(() => checkBudget(limited)).toThrow('the price of served/x is not known');
  });

  it('names all of them at once where there is a budget', async () => {
    const spec = await specOf('conditional-hidden');
    const judges = [...spec.judges, JUDGE];
    const bases = [{ id: 'base', ref: { engine: 'served', model: 'x' } }];
    const { plan } = await preparePlan(spec);
    const limited = await withPrices({ ...spec, bases, judges, budget: 5 }, plan, true);
    expect(() => checkBudget(limited)).toThrow('the prices of served/x, served/judge are not known');
  });
});

describe('a budget', () => {
  it('that a fixed design would pass is refused, with the number of answers that would fit', async () => {
    const refused = await preparePlan(await specOf('conditional-hidden', PRICES, { budget: 10 })).catch(
      (error: unknown) => error as Error & { hint: string; exitCode: number },
    );
    expect(refused).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('the budget is USD 10.00'),
    });
    const fits = Number(/samples: (\d+) would fit/.exec((refused as { hint: string }).hint)?.[1]);
    const with_ = async (samples: number): Promise<Plan> => {
      const { path, text } = read('conditional-hidden');
      const changed = text.replace('samples: 24', `samples: ${samples}`) + PRICES;
      return (await preparePlan((await parseAudit(changed, path, { budget: 10 })).spec)).plan;
    };
    expect((await with_(fits)).totals.price).toBeLessThanOrEqual(10);
    await expect(with_(fits + 1)).rejects.toThrow('the budget is');
    await expect(planOf('conditional-hidden', PRICES, { budget: 0.01 })).rejects.toMatchObject({
      hint: expect.stringContaining('not even one would fit'),
    });
  });

  it('must be enough for the first round of a sequential design', async () => {
    expect((await planOf('sequential-conditional', PRICES, { budget: 3 })).prices.budget).toBe(3);
    await expect(planOf('sequential-conditional', PRICES, { budget: 1 })).rejects.toThrow(
      'the first round of 10',
    );
  });
});

describe('tokens', () => {
  it('are counted in linear time whatever the text, and control tokens are text', async () => {
    const count = await tokenizer();
    expect(count('Hello world')).toBe(2);
    expect(count('<|endoftext|>')).toBeGreaterThan(1);
    expect(count('')).toBe(0);
    expect(count(' '.repeat(2_000_000))).toBeLessThan(100_000);
    expect(count('\ud800'.repeat(3000))).toBeGreaterThan(0);
  });
});

describe('an amount', () => {
  it.each([
    [0, 'USD 0.00'],
    [0.00123, 'USD 0.0012'],
    [0.5, 'USD 0.50'],
    [1234.5, 'USD 1,234.50'],
  ])('%d', (amount, text) => {
    expect(usd(amount)).toBe(text);
  });
});
