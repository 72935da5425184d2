import type { ServerFleet } from '../records/launch.js';
import type {
  Answer,
  LogprobRequest,
  LogprobResult,
  Model,
  ModelDescription,
  OnProgress,
  SampleRequest,
  SamplingParameters,
} from '../records/model.js';
import type { Provider } from '../records/provider.js';
import { hashOf, shortHash } from '../shared/hash.js';
import type { EngineContext, Serving } from './context.js';
import { LocalEngine } from './local/engine.js';
import { workerEnvironment, workerOf } from './local/environment.js';
import { OpenAIEngine } from './openai/engine.js';

/** Servers that were started for this run, and what asks them. */
interface Service {
  fleet: ServerFleet;
  engine: OpenAIEngine;
}

/**
 * The local engine, whose base and fine-tunes are asked at servers (vLLM) that a launcher starts when the first answer is wanted.
 * Other local models, such as judges, are still asked on this machine.
 */
export class ServedLocalEngine extends LocalEngine {
  override readonly concurrent = true;
  private service: Promise<Service> | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    context: EngineContext,
    private readonly serving: Serving,
  ) {
    super(context);
  }

  private isServed({ base }: Pick<Model, 'base'>): boolean {
    return base === this.serving.spec.base;
  }

  /** How a model is served is a part of what it is: `--quantization` changes answers. */
  override async fingerprint(base: string): Promise<string> {
    const own = await super.fingerprint(base);
    return this.isServed({ base }) ? shortHash([own, this.serving.spec.command]) : own;
  }

  override async describe(model: Pick<Model, 'base' | 'adapter'>): Promise<ModelDescription> {
    const own = await this.alone(() => super.describe(model));
    if (!this.isServed(model)) return own;
    return {
      ...own,
      identity: hashOf([own.identity, this.serving.spec.command]),
      meta: { ...own.meta, served: true },
    };
  }

  override async *sample(
    model: Model,
    requests: SampleRequest[],
    parameters: SamplingParameters,
    progress: OnProgress,
    enough?: AbortSignal,
  ): AsyncGenerator<Answer> {
    if (this.isServed(model)) {
      const { engine } = await this.opened();
      yield* engine.sample(model, requests, parameters, progress, enough);
      return;
    }
    const release = await this.hold();
    try {
      for await (const answer of super.sample(model, requests, parameters, progress)) {
        yield answer;
        if (enough?.aborted) return;
      }
    } finally {
      release();
    }
  }

  override async logprobs(model: Model, requests: LogprobRequest[]): Promise<LogprobResult[]> {
    if (!this.isServed(model)) return this.alone(() => super.logprobs(model, requests));
    return (await this.opened()).engine.logprobs(model, requests);
  }

  override async close(): Promise<void> {
    const { service } = this;
    this.service = undefined;
    // Servers that could not be started were said where they were wanted.
    const opened = await service?.catch(() => undefined);
    await opened?.engine.close();
    await opened?.fleet.close();
    await super.close();
  }

  private async alone<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.hold();
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Waits for the worker of this machine, which does one thing at a time. @returns what lets the next one have it */
  private async hold(): Promise<() => void> {
    const before = this.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.turn = promise;
    await before;
    return resolve;
  }

  private opened(): Promise<Service> {
    this.service ??= this.start();
    return this.service;
  }

  private async start(): Promise<Service> {
    const { launch, ...context } = this.context;
    const { spec, open } = this.serving;
    const { python = null } = launch?.spec ?? {};
    const worker =
      python === null ? await workerEnvironment(context.observer, context.signal) : workerOf(python);
    const fleet = await open(this.baseOf(spec.base).name, spec.base, worker);
    const provider: Provider = {
      ...{ url: [], seed: true, 'prompt-logprobs': true, 'lora-loading': true },
      adapters: spec.adapters,
    };
    const engine = new OpenAIEngine(this.name, provider, context, { key: fleet.key });
    try {
      await fleet.watch(engine.listener);
    } catch (error) {
      await fleet.close();
      throw error;
    }
    return { fleet, engine };
  }
}
