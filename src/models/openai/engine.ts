import type { FleetListener } from '../../records/launch.js';
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
import { FailedError, InputError } from '../../shared/errors.js';
import { stopIfAborted } from '../../shared/interrupted.js';
import type { EngineContext } from '../context.js';
import { adapterFolder, adapterHash, type Served, ServedNames } from './adapters.js';
import { Agreement } from './agreement.js';
import { Dialect } from './body.js';
import { Call } from './call.js';
import { connect, type Open, type OpenAIOptions } from './connect.js';
import type { Host } from './host.js';
import { fingerprintOf, identityOf } from './identity.js';
import { promptLogprobs } from './logprobs.js';
import type { Release } from './shelf.js';
import { realTiming } from './timing.js';
import { Tuner } from './tuner.js';
import { Away } from './wire.js';

/** Each is two requests for one token. */
const LOGPROBS_AT_ONCE = 16;

/** Samples served models: any server with the OpenAI chat-completions interface; trains where its provider does. */
export class OpenAIEngine implements Engine {
  readonly concurrent = true;
  readonly scoresAnswers: boolean;
  private opened: Open | undefined;
  private readonly described = new Set<string>();
  private readonly dialects = new Map<string, Dialect>();
  private readonly names: ServedNames;
  private readonly agreement: Agreement;
  private readonly away = new Set<string>();
  private readonly tuner: Tuner;
  private saidWhatIsLeft = false;

  constructor(
    /** Name of the provider. */
    readonly name: string,
    private readonly provider: Provider,
    private readonly context: EngineContext,
    private readonly options: OpenAIOptions = {},
  ) {
    this.scoresAnswers = provider['prompt-logprobs'] === true;
    this.names = new ServedNames(provider, context);
    this.agreement = new Agreement(name);
    this.tuner = new Tuner(name, context, () => this.open().shop());
  }

  async fingerprint(base: string): Promise<string> {
    return fingerprintOf(this.name, this.provider, base, this.context, () => this.open().hosts);
  }

  async describe({ base, adapter }: Pick<Model, 'base' | 'adapter'>): Promise<ModelDescription> {
    const folder = adapterFolder(base, adapter, this.provider, this.context);
    const known = folder === undefined ? undefined : await adapterHash(folder);
    const { entry, away } = await this.agreement.entry(this.open().hosts, base);
    const { identity, identityKnown, meta } = identityOf(this.name, this.provider, base, entry, known);
    this.sayShutdown(base);
    for (const { at } of away) this.sayAway(at);
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

  private sayAway(at: string): void {
    if (this.away.has(at)) return;
    this.away.add(at);
    this.context.observer.warn(`${this.name} (${at}) does not answer; it is left out until it does`);
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
    enough?: AbortSignal,
  ): AsyncGenerator<Answer> {
    if (requests.some(({ messages }) => messages[0]?.role === 'raw'))
      throw new InputError(
        `${this.name}/${model.base} is asked through a chat interface, which cannot leave the chat template out`,
        undefined,
        'leave cues with `chat-template: none` out, or ask a model of the local engine',
      );
    const { sampler, hosts } = this.open();
    const served = await this.names.of({ ...model, engine: this.name });
    const prepare =
      served.adapter || hosts.length > 1 || this.options.key !== undefined
        ? (host: Host): Promise<Release> => this.prepare(host, served)
        : undefined;
    const call = new Call(this.dialectOf(served.name, model.base), requests, parameters, prepare);
    const total = requests.reduce((sum, request) => sum + request.indices.length, 0);
    let done = 0;
    for await (const answer of sampler.run(call, enough)) {
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
    const served = await this.names.of({ ...model, engine: this.name });
    return this.atOne(served, async ({ parts }) => {
      const results: LogprobResult[] = [];
      for (let from = 0; from < requests.length; from += LOGPROBS_AT_ONCE) {
        stopIfAborted(this.context.signal);
        const some = requests.slice(from, from + LOGPROBS_AT_ONCE);
        const asked = some.map((request) => promptLogprobs(parts.wire, served.name, request));
        results.push(...(await Promise.all(asked)));
      }
      return results;
    });
  }

  /** Does something at the address with most room; where that does not answer, at another one. */
  private async atOne<T>(served: Served, work: (host: Host) => Promise<T>): Promise<T> {
    await this.open().some();
    const now = (this.options.timing ?? realTiming).now();
    const hosts = this.open().hosts.toSorted((a, b) => a.wait(now) - b.wait(now) || a.load - b.load);
    for (const [index, host] of hosts.entries()) {
      try {
        const release = await this.prepare(host, served);
        try {
          return await work(host);
        } finally {
          release();
        }
      } catch (error) {
        if (!(error instanceof Away) || index === hosts.length - 1) throw error;
        this.sayAway(host.at);
      }
    }
    throw new FailedError(`${this.name} has no address`);
  }

  /** Makes an address ready to be asked for a model. */
  private async prepare(host: Host, served: Served): Promise<Release> {
    const release = await host.take(served);
    try {
      if (this.open().hosts.length > 1) await this.agreement.check(host, served);
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Where servers come and go: what is to be told of them. */
  get listener(): FleetListener {
    const { add, remove, fail } = this.open();
    return { added: add, gone: remove, failed: fail };
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    opened?.sampler.fail(new FailedError(`${this.name}: closed while it was asked`));
    await Promise.all(opened?.hosts.map((host) => host.close()) ?? []);
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
    this.opened ??= connect(this.name, this.provider, this.context, this.options);
    return this.opened;
  }
}
