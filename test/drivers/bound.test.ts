import { expect, it } from 'vitest';
import { roundBound } from '../../src/drivers/bound.js';
import type { PlanPrices } from '../../src/records/price.js';

const prices: PlanPrices = {
  ...{ budget: 1, maxTokens: 0, prompts: { plain: { q: 10 } }, judges: [] },
  models: [
    {
      ...{ model: 'x/y', arms: ['tuned'], price: { input: 1e6, output: 0 }, calls: 0 },
      ...{ promptTokens: 0, answerTokens: 0, most: null },
    },
  ],
};

it('counts the texts of cues that the plan does not know', () => {
  const bound = (text: string): number =>
    roundBound(
      {
        asks: [{ arm: 'tuned', seed: 0, cue: 'pack', question: 'q', from: 0, to: 2 }],
        cues: [{ id: 'pack', source: 'mined', transforms: [{ kind: 'before', text }] }],
      },
      prices,
    );
  // Two prompts of a dollar a token, each half as long again as counted.
  expect(bound('x'.repeat(1000)) - bound('')).toBeCloseTo(2 * 1.5 * 500);
});
