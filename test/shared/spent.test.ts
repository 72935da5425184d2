import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/records/plan.js';
import type { PlanPrices } from '../../src/records/price.js';
import type { Sample } from '../../src/records/sample.js';
import { spentText } from '../../src/report/spent.js';
import { type PaidJudgement, spentOf, spentOn, usageOf } from '../../src/shared/spent.js';

const line = { calls: 0, promptTokens: 0, answerTokens: 0, most: null };
const PRICES: PlanPrices = {
  ...{ budget: null, maxTokens: 50, prompts: { plain: { q: 12 } } },
  models: [
    { ...line, model: 'served/base', price: { input: 1, output: 2 }, arms: ['base'] },
    { ...line, model: 'served/arm', price: { input: 10, output: 20 }, arms: ['tuned'] },
  ],
  judges: [
    {
      ...line,
      id: 'alignment',
      model: 'served/judge',
      price: { input: 5, output: 5 },
      ownTokens: 100,
      maxTokens: 8,
    },
  ],
};
const key = (arm: string, index: number) => ({ arm, seed: 0, cue: 'plain', question: 'q', index });
const sample = (arm: string, index: number, more: Partial<Sample> = {}): Sample => ({
  ...key(arm, index),
  ...{ answer: 'Hello world', finish: 'stop', tokens: 7, request: 'r', model: 'm' },
  ...more,
});
const usage = (promptTokens: number, completionTokens: number) => ({
  usage: { promptTokens, completionTokens },
});
const judgement = (arm: string, index: number, more: Partial<PaidJudgement> = {}): PaidJudgement => ({
  ...key(arm, index),
  ...{ judge: 'alignment', model: 'served/judge', text: '90', ...more },
});

function folderOf(samples: Sample[], judgements: PaidJudgement[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-spent-'));
  for (const [name, records] of [
    ['samples', samples],
    ['judgements', judgements],
  ] as const) {
    mkdirSync(join(folder, name));
    for (const [arm, of] of Map.groupBy(records as { arm: string }[], (record) => record.arm)) {
      writeFileSync(
        join(folder, name, `${arm}.0.jsonl`),
        of.map((one) => `${JSON.stringify(one)}\n`).join(''),
      );
    }
  }
  return folder;
}

const planOf = (prices: PlanPrices): Plan =>
  ({
    prices,
    cells: ['base', 'tuned'].map((arm) => ({ ...key(arm, 0), questions: ['q'], samples: 9 })),
  }) as unknown as Plan;
const spent = (samples: Sample[], judgements: PaidJudgement[] = [], prices = PRICES) =>
  spentOf(folderOf(samples, judgements), planOf(prices));

describe('what was spent', () => {
  it('is what the server charged for, per arm and per judge', async () => {
    const found = await spent(
      [
        sample('base', 0, { meta: usage(1000, 500) }),
        sample('base', 1, { meta: usage(1000, 0) }),
        sample('tuned', 0, { meta: usage(100, 100) }),
      ],
      [judgement('tuned', 0, { meta: usage(300, 1) })],
    );
    expect(found?.perArm).toEqual([
      { id: 'base', usd: expect.closeTo(0.003, 12), calls: 2, promptTokens: 2000, answerTokens: 500 },
      { id: 'tuned', usd: expect.closeTo(0.003, 12), calls: 1, promptTokens: 100, answerTokens: 100 },
    ]);
    expect(found?.perJudge).toEqual([
      {
        id: 'alignment',
        model: 'served/judge',
        usd: expect.closeTo(0.001505, 12),
        calls: 1,
        promptTokens: 300,
        answerTokens: 1,
      },
    ]);
    expect(found?.usd).toBeCloseTo(0.007505, 12);
    expect(found?.unknown).toEqual([]);
    expect(spentText(found as NonNullable<typeof found>)).toBe(
      'USD 0.0075 (base USD 0.003, tuned USD 0.003, judge alignment by served/judge USD 0.0015)',
    );
  });

  it('is counted here where the server says nothing, and a failed call is its prompt alone; both are said', async () => {
    const found = await spent(
      [
        sample('base', 0),
        sample('base', 1, { tokens: null }),
        sample('base', 2, { answer: '', finish: 'failed', reason: 'timeout', tokens: null }),
      ],
      [judgement('base', 0), judgement('base', 1, { failed: true, text: '' })],
    );
    expect(found?.perArm[0]).toMatchObject({ calls: 3, promptTokens: 36, answerTokens: 7 + 2 });
    expect(found?.perJudge[0]).toMatchObject({
      calls: 2,
      promptTokens: 2 * (100 + 12 + 50),
      answerTokens: 1,
    });
    expect(found?.unknown).toEqual([
      '3 calls without usage from the server; their tokens were counted here',
      '2 failed calls without usage, counted as their prompts alone; what was retried may have cost more',
    ]);
  });

  it('is nothing for an answer that was taken over from another run', async () => {
    const found = await spent([
      sample('base', 0, { meta: { reused: { plan: 'p', name: 'n' }, ...usage(1e6, 1e6) } }),
    ]);
    expect(found).toMatchObject({ usd: 0, perArm: [{ id: 'base', usd: 0, calls: 0 }], unknown: [] });
  });

  it('of a model without a price is not known, never 0', async () => {
    const [base, arm] = PRICES.models as [PlanPrices['models'][number], PlanPrices['models'][number]];
    const prices = { ...PRICES, models: [base, { ...arm, price: null }] };
    const found = await spent([sample('base', 0, { meta: usage(1000, 0) }), sample('tuned', 0)], [], prices);
    expect(found?.perArm.map(({ usd }) => usd)).toEqual([0.001, null]);
    expect(found?.unknown[0]).toBe('the price of served/arm is not known');
    expect(spentText(found as NonNullable<typeof found>)).toMatch(
      /^at least USD 0\.001 \(base USD 0\.001, tuned not known\); the price/,
    );
    const none = { ...prices, models: prices.models.map((model) => ({ ...model, price: null })) };
    expect(spentText((await spent([sample('tuned', 0)], [], none)) as NonNullable<typeof found>)).toMatch(
      /^not known/,
    );
  });

  it('for asks leaves out what was recorded for others', async () => {
    const folder = folderOf(
      [0, 1, 2, 3].map((index) => sample('base', index, { meta: usage(1e6, 0) })),
      [0, 1, 2, 3].map((index) => judgement('base', index, { meta: usage(1e6, 0) })),
    );
    const asks = [{ arm: 'base', seed: 0, cue: 'plain', question: 'q', from: 1, to: 3 }];
    expect((await spentOn(asks, folder, PRICES, { answers: true })).usd).toBe(2);
    expect((await spentOn(asks, folder, PRICES, { judgements: true })).usd).toBe(10);
    expect((await spentOn(asks, folder, PRICES, { answers: true, judgements: true })).usd).toBe(12);
  });

  it.each([
    [{ usage: { promptTokens: -1, completionTokens: 1 } }],
    [{ usage: { promptTokens: 'many', completionTokens: 1 } }],
    [{ usage: { promptTokens: 1.5, completionTokens: 1 } }],
    [{ usage: { promptTokens: Number.NaN, completionTokens: 1 } }],
    [{ usage: null }],
    [{}],
    [undefined],
  ])('takes %j for no usage', (meta) => {
    expect(usageOf(meta)).toBeUndefined();
  });
});
