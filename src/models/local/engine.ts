import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import type {
  Answer,
  Engine,
  FineTune,
  FineTuned,
  LeakParameters,
  LeakRequest,
  LogprobRequest,
  LogprobResult,
  Model,
  ModelDescription,
  OnProgress,
  SampleRequest,
  SamplingParameters,
  TunedModel,
} from '../../records/model.js';
import { FailedError, InputError } from '../../shared/errors.js';
import { withHome, withoutHome, writeFileAtomic, writeJson } from '../../shared/files.js';
import { shortHash } from '../../shared/hash.js';
import type { EngineContext } from '../context.js';
import { type WorkerEnvironment, workerEnvironment, workerOf } from './environment.js';
import {
  JOBS,
  type Job,
  jobName,
  lookInto,
  prepareFolder,
  rateOf,
  type TrainResult,
  trainJob,
  tunedModel,
} from './fine-tune.js';
import { rememberRates } from './rates.js';
import { takeStages, waitsFor } from './stages.js';
import { Worker, type WorkerEvent } from './worker.js';

/** Fine-tunes (LoRA) and samples on this machine, through the Python worker. */
export class LocalEngine implements Engine {
  readonly name: string = 'local';
  readonly concurrent: boolean = false;
  private worker: Worker | undefined;

  constructor(protected readonly context: EngineContext) {
    // What a killed run left of jobs whose results are recorded as they come.
    const jobs = join(context.folder, JOBS);
    for (const name of existsSync(jobs) ? readdirSync(jobs) : []) {
      if (name.startsWith('once-')) rmSync(join(jobs, name), { recursive: true, force: true });
    }
  }

  async fingerprint(base: string): Promise<string> {
    const { name } = this.baseOf(base);
    const folder = withHome(name);
    if (!isAbsolute(folder)) return name;
    const files = existsSync(folder) ? readdirSync(folder).toSorted() : [];
    return shortHash([
      name,
      files.map((file) => {
        const { size, mtimeMs } = statSync(join(folder, file));
        return [file, size, mtimeMs];
      }),
    ]);
  }

  async describe(model: Pick<Model, 'base' | 'adapter'>): Promise<ModelDescription> {
    const job = { kind: 'describe', base: this.baseOf(model.base), adapter: this.adapterOf(model.adapter) };
    const result = await this.finish(this.temporary(job), job);
    const { identity, identityKnown, template, device, dtype, versions } =
      result as unknown as ModelDescription & Record<string, unknown>;
    const known = identityKnown === undefined ? {} : { identityKnown };
    return { identity, ...known, template, meta: { device, dtype, versions } };
  }

  async fineTune(job: FineTune, progress: OnProgress): Promise<TunedModel> {
    const folder = join(this.context.folder, jobName(job));
    const result = (await this.finish(folder, this.trainJob(job, folder), progress)) as TrainResult;
    this.remember(job.base, { train: rateOf(result) });
    return tunedModel(job, result);
  }

  get fineTuneAll(): Engine['fineTuneAll'] {
    const { launch } = this.context;
    return launch && ((jobs, progress) => this.launched(jobs, progress, launch));
  }

  private async *launched(
    jobs: readonly FineTune[],
    progress: OnProgress,
    { spec, run }: NonNullable<EngineContext['launch']>,
  ): AsyncGenerator<FineTuned> {
    const { observer, signal, folder: root } = this.context;
    const found = spec.python === null ? await workerEnvironment(observer, signal) : workerOf(spec.python);
    const worker = { ...found, processes: Math.max(1, spec.gpus ?? 1) };
    const wanted = new Map<string, { job: FineTune; indices: number[] }>();
    for (const [index, job] of jobs.entries()) {
      const name = jobName(job);
      const known = wanted.get(name);
      if (known) known.indices.push(index);
      else wanted.set(name, { job, indices: [index] });
    }
    const waits = waitsFor([...wanted.values()].map(({ job }) => job));
    const folders = [...wanted].map(([name, { job }]) => {
      const folder = join(root, name);
      prepareFolder(folder, this.trainJob(job, folder));
      const before = waits.get(job);
      return { id: basename(name), folder, ...(before ? { after: basename(jobName(before)) } : {}) };
    });
    const told = (done: number, total: number): void =>
      progress({ phase: 'train', done, total, unit: 'fine-tunes' });
    for await (const outcome of run(folders, worker, { look: lookInto, begin: takeStages, progress: told })) {
      const { job, indices } = wanted.get(join(JOBS, outcome.job.id)) as { job: FineTune; indices: number[] };
      for (const index of indices) {
        yield 'error' in outcome
          ? { index, error: outcome.error }
          : { index, tuned: tunedModel(job, outcome.result) };
      }
    }
  }

  private trainJob(job: FineTune, folder: string): Job {
    return trainJob(job, { ...this.baseOf(job.base), bits: job.lora['base-bits'] }, (dataset) =>
      relative(folder, join(this.context.folder, dataset)),
    );
  }

  sample(
    model: Model,
    requests: SampleRequest[],
    parameters: SamplingParameters,
    progress: OnProgress,
  ): AsyncGenerator<Answer> {
    return this.write(model, requests, parameters, progress);
  }

  /** A property, since not every engine that works by this worker sees weights. */
  leak: Engine['leak'] = (
    model: Model,
    requests: LeakRequest[],
    { contrast, ...parameters }: LeakParameters,
    progress: OnProgress,
  ): AsyncGenerator<Answer> => {
    if (contrast?.base.adapter)
      throw new InputError(
        'a contrast is with a base, and this one has an adapter',
        undefined,
        'name the untuned model',
      );
    const against = contrast && {
      contrast: { amplify: contrast.amplify, base: this.baseOf(contrast.base.base) },
    };
    return this.write(model, requests, parameters, progress, against);
  };

  private async *write(
    model: Model,
    requests: SampleRequest[],
    { temperature, topP, maxTokens }: SamplingParameters,
    progress: OnProgress,
    more: object = {},
  ): AsyncGenerator<Answer> {
    const job = {
      kind: 'sample',
      base: this.baseOf(model.base),
      adapter: this.adapterOf(model.adapter),
      requests: 'requests.jsonl',
      sampling: { temperature, topP, maxTokens },
      ...more,
    };
    const folder = this.temporary({ ...job, requests });
    for await (const event of this.events(folder, job, requests)) {
      report(event, progress);
      if (event.event === 'done') {
        const { tokens, seconds } = event.result as { tokens: number; seconds: number };
        // Two models at once say nothing about the rate of one.
        if (!('contrast' in job)) this.remember(model.base, { sample: tokens / seconds });
      }
      if (event.event !== 'answer') continue;
      const { id, index, text, finish, tokens, divergence, promptTokens } = event as WorkerEvent &
        Answer & { promptTokens: number };
      const apart = divergence === undefined ? {} : { divergence };
      yield { id, index, text, finish, tokens, ...apart, meta: { promptTokens } };
    }
    rmSync(folder, { recursive: true, force: true });
  }

  async logprobs(model: Model, requests: LogprobRequest[]): Promise<LogprobResult[]> {
    const job = {
      kind: 'logprobs',
      base: this.baseOf(model.base),
      adapter: this.adapterOf(model.adapter),
      requests: 'requests.jsonl',
    };
    const folder = this.temporary({ ...job, requests });
    const found = new Map<string, number[]>();
    for await (const event of this.events(folder, job, requests)) {
      if (event.event === 'logprobs') found.set(event.id as string, event.logprobs as number[]);
    }
    rmSync(folder, { recursive: true, force: true });
    return requests.map(({ id }) => {
      const logprobs = found.get(id);
      if (!logprobs) throw new FailedError(`the Python worker gave no log-probabilities for '${id}'`);
      return { id, logprobs };
    });
  }

  async close(): Promise<void> {
    await this.worker?.close();
  }

  /** The model as the worker is told of it. A path of the user's is relative to the audit file; anything else is the embedded model or a hub name. */
  protected baseOf(name: string): { name: string; service?: string } {
    if (name.startsWith('~/') || isAbsolute(name)) return { name };
    const path = resolve(this.context.auditFolder, name);
    const isPath = /^\.\.?\//.test(name) || existsSync(join(path, 'config.json'));
    return { name: isPath ? withoutHome(path) : name };
  }

  /** Relative to the job's folder, so that a run folder can be moved and names no home directory. */
  private adapterOf(adapter: string | null): string | null {
    return adapter === null ? null : join('..', '..', adapter);
  }

  /** Folder of a job whose results are recorded elsewhere; removed once they are. */
  private temporary(job: unknown): string {
    return join(this.context.folder, JOBS, `once-${shortHash(job)}`);
  }

  /** How to start the worker for this engine. */
  protected environment(): Promise<WorkerEnvironment> {
    return workerEnvironment(this.context.observer, this.context.signal);
  }

  /** Processes that train one job: as many as `HYDE_TRAIN_PROCESSES` says, one for each GPU. */
  protected trainProcesses(): number {
    const text = process.env.HYDE_TRAIN_PROCESSES || '1';
    if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
    throw new InputError(`HYDE_TRAIN_PROCESSES is no number of processes: '${text}'`);
  }

  /** Keeps the speed of this machine, for the time that plans promise. */
  protected remember(base: string, rates: Parameters<typeof rememberRates>[1]): void {
    rememberRates(base, rates);
  }

  private async finish(folder: string, job: Job, progress?: OnProgress): Promise<Record<string, unknown>> {
    for await (const event of this.events(folder, job)) {
      if (progress) report(event, progress);
      if (event.event !== 'done') continue;
      if (job.kind !== 'train') rmSync(folder, { recursive: true, force: true });
      return event.result as Record<string, unknown>;
    }
    throw new FailedError('the Python worker ended without a result');
  }

  private async *events(folder: string, job: Job, requests?: object[]): AsyncGenerator<WorkerEvent> {
    mkdirSync(folder, { recursive: true });
    if (requests) {
      writeFileAtomic(
        join(folder, 'requests.jsonl'),
        requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
      );
    }
    writeJson(join(folder, 'job.json'), job);
    if (job.kind === 'train') await takeStages(folder);
    const processes = job.kind === 'train' ? this.trainProcesses() : 1;
    if (processes > 1) {
      yield* this.together(folder, processes);
      return;
    }
    this.worker ??= new Worker(await this.environment(), this.context.signal);
    yield* this.worker.run(folder);
  }

  /** Runs one job by several processes, each with a GPU of its own. */
  private async *together(folder: string, processes: number): AsyncGenerator<WorkerEvent> {
    // The other worker would keep its model in the memory of the first GPU.
    await this.worker?.close();
    this.worker = undefined;
    const torchrun = ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', String(processes)];
    const call = [...torchrun, '-m', 'hyde_worker', 'run', folder];
    const worker = new Worker(await this.environment(), this.context.signal, call);
    try {
      yield* worker.run(folder);
    } finally {
      await worker.close();
    }
  }
}

function report(event: WorkerEvent, progress: OnProgress): void {
  if (event.event !== 'progress') return;
  const { phase, done, total, unit } = event;
  progress({ phase: String(phase), done: Number(done), total: Number(total), unit: String(unit) });
}
