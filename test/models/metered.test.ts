import { describe, expect, it } from 'vitest';
import { Meter } from '../../src/models/metered.js';
import type { Answer, Engine, Model, SampleRequest } from '../../src/records/model.js';
import type { PlanPrices } from '../../src/records/price.js';
import { type Standing, silent } from '../../src/shared/observer.js';

const line = { calls: 0, promptTokens: 0, answerTokens: 0, most: null };
const prices = (price: { input: number; output: number } | null): PlanPrices => ({
  ...{ budget: null, maxTokens: 10, prompts: {}, judges: [] },
  models: [{ ...line, model: 'served/a', price, arms: ['base'] }],
});
const model: Model = { engine: 'served', base: 'a', adapter: null, identity: 'i' };
const request: SampleRequest = {
  id: 'r',
  messages: [{ role: 'user', content: 'Hello world' }],
  indices: [0, 1],
  seed: 0,
};
const sampling = { temperature: 1, topP: 1, maxTokens: 10 };

/** An engine that gives these answers; it keeps a count in a private field, as a class may. */
class Fake {
  #calls = 0;
  readonly name = 'served';
  readonly concurrent = true;
  constructor(private readonly answers: Answer[]) {}
  async fingerprint(): Promise<string> {
    return `called ${++this.#calls}`;
  }
  async *sample(...[, , , progress]: Parameters<Engine['sample']>): AsyncGenerator<Answer> {
    for (const answer of this.answers) {
      progress({ phase: 'sample', done: 1, total: 2, unit: 'answers', inFlight: 3, errors: { 429: 1 } });
      yield answer;
    }
  }
}

const answer = (more: Partial<Answer>): Answer => ({
  ...{ id: 'r', index: 0, text: 'x', finish: 'stop', tokens: 5 },
  ...more,
});
async function take(meter: Meter, answers: Answer[]): Promise<Answer[]> {
  const engine = meter.count(new Fake(answers) as unknown as Engine);
  const out: Answer[] = [];
  for await (const one of engine.sample(model, [request], sampling, () => {})) out.push(one);
  return out;
}

describe('a metered engine', () => {
  it('adds up what answers cost, and leaves usage in their meta', async () => {
    const meter = new Meter(prices({ input: 1e6, output: 1e4 }));
    meter.begin(100);
    const usage = { promptTokens: 2, completionTokens: 10 };
    const [first] = await take(meter, [answer({ usage, meta: { attempts: 2 } }), answer({ index: 1 })]);
    expect(first?.meta).toEqual({ attempts: 2, usage });
    // Of the second, 2 tokens of text with 7 around them, and 5 of the answer, were counted here.
    expect(meter.usd).toBeCloseTo(100 + 2 + 0.1 + 9 + 0.05, 9);
  });

  it('counts a failed answer as its prompt, and one without a price not at all', async () => {
    const meter = new Meter(prices({ input: 1e6, output: 1e6 }));
    await take(meter, [answer({ finish: 'failed', text: '', tokens: null })]);
    expect(meter.usd).toBeCloseTo(9, 9);
    const unknown = new Meter(prices(null));
    await take(unknown, [answer({ usage: { promptTokens: 2, completionTokens: 10 } }), answer({})]);
    expect(unknown.usd).toBe(0);
  });

  it('tells an observer of load and money, though the step listens to neither, and begins anew with each step', async () => {
    const meter = new Meter(prices({ input: 1e6, output: 0 }));
    const seen: (Standing | undefined)[] = [];
    const observer = meter.tell({ ...silent, progress: (_d, _t, _u, more) => seen.push(more) });
    await take(meter, [answer({ usage: { promptTokens: 1, completionTokens: 0 } })]);
    observer.progress(1, 2, 'answers');
    meter.begin(1);
    observer.progress(2, 2, 'answers');
    expect(seen).toEqual([{ inFlight: 3, errors: { 429: 1 }, spent: 1 }, { spent: 1 }]);
  });

  it('is the engine in all else', async () => {
    const engine = new Meter(prices(null)).count(new Fake([]) as unknown as Engine);
    expect([engine.name, engine.concurrent]).toEqual(['served', true]);
    expect([await engine.fingerprint('a'), await engine.fingerprint('a')]).toEqual(['called 1', 'called 2']);
  });
});
