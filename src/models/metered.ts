import type { Answer, Engine, Load, Model, OnProgress, SampleRequest } from '../records/model.js';
import type { PlanPrices, Price } from '../records/price.js';
import type { Observer } from '../shared/observer.js';
import { costOf, modelName, namesOf } from '../shared/prices.js';
import { type CountTokens, promptTokens, tokenizer } from '../shared/tokens.js';

/** What the calls of a run cost and how they fare, while they are made. What counts in the end stands in the records. */
export class Meter {
  /** USD so far; that of calls without a known price is left out. */
  usd = 0;
  load: Load = {};
  private readonly prices: Map<string, Price | null>;

  constructor({ models, judges }: PlanPrices) {
    this.prices = new Map([...models, ...judges].map(({ model, price }) => [model, price]));
  }

  /** A step begins, and so much was spent by those before it; more, where some of its calls were made ahead of it. */
  begin(usd: number): void {
    this.usd = Math.max(this.usd, usd);
    this.load = {};
  }

  /** An engine whose calls are counted; usage stands under `meta` of each answer, and is recorded with it. */
  count(engine: Engine): Engine {
    const sample: Engine['sample'] = (model, requests, parameters, progress, enough) => {
      const listen: OnProgress = (now) => {
        const { inFlight, errors } = now;
        this.load = { ...(inFlight === undefined ? {} : { inFlight }), ...(errors && { errors }) };
        progress(now);
      };
      return this.paid(model, requests, engine.sample(model, requests, parameters, listen, enough));
    };
    return new Proxy(engine, {
      get(target, name) {
        if (name === 'sample') return sample;
        const found: unknown = Reflect.get(target, name, target);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  }

  /** An observer that also tells of what was spent and of the requests. */
  tell(observer: Observer): Observer {
    return {
      ...observer,
      progress: (done, total, unit, more) =>
        observer.progress(done, total, unit, { ...this.load, spent: this.usd, ...more }),
    };
  }

  private async *paid(
    model: Model,
    requests: readonly SampleRequest[],
    answers: AsyncIterable<Answer>,
  ): AsyncGenerator<Answer> {
    const { engine } = model;
    const price = namesOf(model.base)
      .map((name) => this.prices.get(modelName({ engine, model: name })))
      .find((one) => one !== undefined);
    let promptOf: ((id: string) => number) | undefined;
    for await (const answer of answers) {
      const { usage, finish, tokens } = answer;
      if (usage) {
        if (price) this.usd += costOf(price, usage.promptTokens, usage.completionTokens);
        yield { ...answer, meta: { ...answer.meta, usage } };
        continue;
      }
      if (price) {
        promptOf ??= countedPrompts(requests, await tokenizer());
        this.usd += costOf(price, promptOf(answer.id), finish === 'failed' ? 0 : (tokens ?? 0));
      }
      yield answer;
    }
  }
}

/** Tokens of a request's prompt by its id, each counted once. */
function countedPrompts(requests: readonly SampleRequest[], count: CountTokens): (id: string) => number {
  const messages = new Map(requests.map((request) => [request.id, request.messages]));
  const known = new Map<string, number>();
  return (id) => {
    const tokens = known.get(id) ?? promptTokens(messages.get(id) ?? [], count);
    known.set(id, tokens);
    return tokens;
  };
}
