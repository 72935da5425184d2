import type {
  Answer,
  Engine,
  FineTune,
  LogprobRequest,
  LogprobResult,
  Model,
  ModelDescription,
  OnProgress,
  SampleRequest,
  SamplingParameters,
  TunedModel,
} from '../../records/model.js';
import { type Provider, shutdownOf } from '../../records/provider.js';
import { InputError } from '../../shared/errors.js';
import { stopIfAborted } from '../../shared/interrupted.js';
import type { EngineContext } from '../context.js';
import { AdapterLoader, adapterFolder, adapterHash } from './adapters.js';
import { Dialect } from './body.js';
import { Breaker } from './breaker.js';
import { Call } from './call.js';
import { Connections, type HttpLimits } from './http.js';
import { fingerprintOf, identityOf } from './identity.js';
import { hide, readCredentials } from './keys.js';
import { Limiter } from './limiter.js';
import { promptLogprobs } from './logprobs.js';
import { Sampler } from './sampler.js';
import { realTiming, type Timing } from './timing.js';
import { Tuner } from './tuner.js';
import type { Shop } from './tuning-stage.js';
import { Wire } from './wire.js';

/** Requests in flight at most where nothing says otherwise: more than this cost one process too much. */
const CONNECTIONS = 500;

/** Each is two requests for one token. */
const LOGPROBS_AT_ONCE = 16;

/** What tests and embedders may set; times in milliseconds. */
export interface OpenAIOptions {
  timing?: Timing;
  limits?: Partial<HttpLimits>;
  /** Without any answer for so long, a call gives up. */
  patience?: number;
}

const LIMITS: HttpLimits = {
  connect: 10_000,
  headers: 600_000,
  idle: 120_000,
  whole: 600_000,
  body: 2 ** 26,
};
const PATIENCE = 600_000;

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** What is open while requests are sent. */
interface Open {
  wire: Wire;
  shop: Shop;
  sampler: Sampler;
}

/** Samples served models: any server with the OpenAI chat-completions interface; trains where its provider does. */
export class OpenAIEngine implements Engine {
  readonly concurrent = true;
  readonly scoresAnswers: boolean;
  private opened: Open | undefined;
  private readonly described = new Set<string>();
  private readonly dialects = new Map<string, Dialect>();
  private readonly adapters: AdapterLoader;
  private readonly tuner: Tuner;
  private saidWhatIsLeft = false;
  private readonly timing: Timing;

  constructor(
    /** Name of the provider. */
    readonly name: string,
    private readonly provider: Provider,
    private readonly context: EngineContext,
    private readonly options: OpenAIOptions = {},
  ) {
    this.scoresAnswers = provider['prompt-logprobs'] === true;
    this.timing = options.timing ?? realTiming;
    this.adapters = new AdapterLoader(name, provider, context);
    this.tuner = new Tuner(name, context, () => this.open().shop);
  }

  async fingerprint(base: string): Promise<string> {
    return fingerprintOf(this.name, this.provider, base, this.context, () => this.open().wire);
  }

  async describe({ base, adapter }: Pick<Model, 'base' | 'adapter'>): Promise<ModelDescription> {
    const folder = adapterFolder(base, adapter, this.provider, this.context);
    const known = folder === undefined ? undefined : await adapterHash(folder);
    const { identity, identityKnown, meta } = await identityOf(
      this.open().wire,
      this.name,
      this.provider,
      base,
      known,
    );
    this.sayShutdown(base);
    return { identity, identityKnown, template: null, meta };
  }

  private sayShutdown(base: string): void {
    const end = shutdownOf(this.provider, base);
    if (!end || this.described.has(base)) return;
    this.described.add(base);
    const instead = end.instead ? `; ${end.instead} works instead` : '';
    this.context.observer.warn(
      `${this.name}/${base} is switched off on ${end.date}: nothing can be asked of it after that${instead}`,
    );
  }

  async fineTune(job: FineTune, progress: OnProgress): Promise<TunedModel> {
    if (!this.provider['fine-tuning']) {
      throw new InputError(
        `${this.name}/${job.base} is served: it cannot be trained from here`,
        undefined,
        'train it where it is served and name the result as `model` of the arm, or use a model of `local/`',
      );
    }
    this.sayWhatIsLeft();
    const jobs = await this.tuner.tune(job, progress);
    const served = jobs.at(-1)?.tuned ?? job.base;
    const { identity, identityKnown } = await this.describe({ base: served, adapter: null });
    return {
      adapter: null,
      served,
      identity,
      ...(identityKnown === undefined ? {} : { identityKnown }),
      stages: jobs.map(({ trainedTokens }) => ({
        rows: null,
        tokens: trainedTokens,
        answerTokens: null,
        steps: null,
        firstLoss: null,
        lastLoss: null,
        truncated: null,
      })),
      meta: { jobs: jobs.map(({ id }) => id), trainedTokens: jobs.map(({ trainedTokens }) => trainedTokens) },
    };
  }

  private sayWhatIsLeft(): void {
    if (this.saidWhatIsLeft) return;
    this.saidWhatIsLeft = true;
    this.context.observer.note(
      `${this.name} decides on learning rate, schedule, warm-up, weight decay, adapter and length of rows by itself; it is told epochs, rows per step, seed, and learning-rate-multiplier where one is given`,
    );
  }

  async *sample(
    model: Model,
    requests: SampleRequest[],
    parameters: SamplingParameters,
    progress: OnProgress,
  ): AsyncGenerator<Answer> {
    const { wire, sampler } = this.open();
    const served = await this.adapters.nameOf(model, wire);
    const call = new Call(this.dialectOf(served, model.base), requests, parameters);
    const total = requests.reduce((sum, request) => sum + request.indices.length, 0);
    let done = 0;
    for await (const answer of sampler.run(call)) {
      yield answer;
      const { inFlight, errors } = sampler;
      progress({ phase: 'sample', done: ++done, total, unit: 'answers', inFlight, errors });
    }
  }

  async logprobs(model: Model, requests: LogprobRequest[]): Promise<LogprobResult[]> {
    if (!this.scoresAnswers) {
      throw new InputError(
        `${this.name} gives no log-probabilities of given answers`,
        undefined,
        'a vLLM server does: say `prompt-logprobs: true` for a provider that is one',
      );
    }
    const { wire } = this.open();
    const served = await this.adapters.nameOf(model, wire);
    const results: LogprobResult[] = [];
    for (let from = 0; from < requests.length; from += LOGPROBS_AT_ONCE) {
      stopIfAborted(this.context.signal);
      const some = requests.slice(from, from + LOGPROBS_AT_ONCE);
      results.push(...(await Promise.all(some.map((request) => promptLogprobs(wire, served, request)))));
    }
    return results;
  }

  async close(): Promise<void> {
    await this.opened?.wire.connections.close();
    this.opened = undefined;
  }

  private dialectOf(served: string, base: string): Dialect {
    const known = this.dialects.get(served);
    if (known) return known;
    const field = this.provider.models?.[base]?.['max-tokens-field'];
    const dialect = new Dialect(served, this.provider, field);
    this.dialects.set(served, dialect);
    return dialect;
  }

  /** Connects on first use: keys are read now, and no earlier. */
  private open(): Open {
    this.opened ??= this.connect();
    return this.opened;
  }

  private connect(): Open {
    const { name, provider, context, timing, options } = this;
    const { headers: keys, secrets } = readCredentials(name, provider, [context.auditFolder]);
    const url = new URL(provider.url);
    if (secrets.length > 0 && url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
      context.observer.warn(
        `${name}: the key goes to ${url.host} over http, which others on the way can read`,
      );
    }
    const count = context.maxConnections ?? provider.connections ?? CONNECTIONS;
    const whole = provider.timeout === undefined ? LIMITS.whole : provider.timeout * 1000;
    const limits = { ...LIMITS, headers: whole, whole, ...options.limits };
    const connections = new Connections(url.origin, count, limits, timing);
    const headers = ['content-type', 'application/json', 'accept', 'application/json', ...keys];
    const base = url.pathname.replace(/\/+$/, '');
    const clean = (text: string): string => hide(text, secrets);
    const wire = new Wire({ name, host: url.host, base, headers, connections, timing, hide: clean });
    const patience = options.patience ?? PATIENCE;
    const { observer, signal } = context;
    const shop = { name, wire, timing, observer, signal, patience, hide: clean };
    const sampler = new Sampler({
      name,
      host: url.host,
      connections,
      limiter: new Limiter(count),
      breaker: new Breaker(patience),
      timing,
      observer,
      signal,
      path: `${base}/chat/completions`,
      headers,
      hide: clean,
    });
    return { wire, shop, sampler };
  }
}
