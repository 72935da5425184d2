import type { TuningJob } from '../../records/tuning.js';
import { FailedError, InputError } from '../../shared/errors.js';
import { interrupted, stopIfAborted } from '../../shared/interrupted.js';
import { type Fields, isObject } from '../../shared/objects.js';
import type { Observer } from '../../shared/observer.js';
import { printableLine } from '../../shared/printable.js';
import { Form } from './form.js';
import { backoff, type Decision } from './retry.js';
import type { Timing } from './timing.js';
import { isTold, type Told, type Wire } from './wire.js';

/** Where a stage is trained. */
export interface Shop {
  /** Name of the provider, for messages. */
  name: string;
  wire: Wire;
  timing: Timing;
  observer: Observer;
  signal: AbortSignal | undefined;
  /** Milliseconds without any answer after which it gives up. */
  patience: number;
  hide(text: string): string;
}

/** Milliseconds between two looks at a job: few at first, for what ends soon, such as a file that is refused. */
const FIRST_LOOK = 2000;
const LAST_LOOK = 60_000;
/** Looks at the list of models until a new one is in it. */
const LOOKS_AT_LIST = 12;

/** Brings one job at a provider to its end, from wherever it stands. Every id is on disk before anything waits for it. */
export class TuningStage {
  /** @param keep writes the job to disk; `read` gives the training file in the provider's format */
  constructor(
    private readonly job: TuningJob,
    private readonly suffix: string,
    private readonly keep: () => void,
    private readonly read: () => string,
    private readonly shop: Shop,
  ) {}

  /**
   * @throws InputError where the provider does not take the training file or the hyperparameters
   * @throws FailedError where the job failed, was cancelled or cannot be asked after
   */
  async finish(): Promise<TuningJob> {
    const { job } = this;
    if (job.id === null) {
      const isFresh = job.file === null;
      // On disk before anything is sent: by its ticket a job is found whose id never came.
      this.keep();
      if (job.file === null) await this.upload();
      const id = idOf(await this.create(isFresh));
      if (id === undefined) throw this.failed('gave a job without an id');
      Object.assign(job, { id, status: 'running' });
      this.keep();
    }
    this.shop.observer.note(`${this.shop.name}: fine-tuning ${job.model} in job ${job.id}`);
    await this.wait();
    return job;
  }

  private async upload(): Promise<void> {
    const form = await Form.of({ purpose: 'fine-tune' }, { name: `${this.suffix}.jsonl`, text: this.read() });
    const { json, status } = await this.insist('/files', form);
    const id = idOf(json);
    if (status === 404) throw this.failed('takes no files: is it a server that can train?');
    if (id === undefined) throw this.failed('took the training file and gave no id for it');
    await this.processed(id, json);
    this.job.file = id;
    this.keep();
  }

  /** Waits until the provider has looked at a file. Where it does not tell how far it is, the job will. */
  private async processed(id: string, json: unknown): Promise<void> {
    let file = fields(json);
    for (let look = 0; file.status === 'uploaded'; look++) {
      await this.sleep(lookAfter(look));
      file = fields((await this.insist(`/files/${encodeURIComponent(id)}`)).json);
    }
    if (file.status !== 'error') return;
    throw new InputError(this.words('refused the training file', file.status_details));
  }

  /** Makes the job. Where an answer was lost, looks first whether it is there already. */
  private async create(isFresh: boolean): Promise<unknown> {
    const { model, file, seed, hyperparameters, ticket } = this.job;
    const body = {
      model,
      training_file: file,
      seed,
      suffix: this.suffix,
      method: { type: 'supervised', supervised: { hyperparameters } },
      metadata: { hyde: ticket },
    };
    const since = this.shop.timing.now();
    for (let attempt = 1; ; attempt++) {
      const found = isFresh && attempt === 1 ? undefined : await this.find();
      if (found) return found;
      const outcome = await this.ask('/fine_tuning/jobs', body);
      if (!isTold(outcome)) await this.pause(outcome, attempt, since);
      else if (outcome.status === 404) {
        throw new InputError(`${this.shop.name} does not train ${model}, or trains nothing at all`);
      } else return outcome.json;
    }
  }

  private async find(): Promise<unknown> {
    const { ticket } = this.job;
    const { json } = await this.insist(`/fine_tuning/jobs?limit=100&metadata%5Bhyde%5D=${ticket}`);
    const { data } = fields(json);
    return Array.isArray(data)
      ? data.find((each) => fields(fields(each).metadata).hyde === ticket)
      : undefined;
  }

  private async wait(): Promise<void> {
    const { job, shop } = this;
    let seen: unknown;
    for (let look = 0; ; look++) {
      const { json, status } = await this.insist(`/fine_tuning/jobs/${encodeURIComponent(job.id as string)}`);
      if (status === 404) {
        this.end('cancelled');
        throw this.failed(`no longer knows the job ${job.id}`);
      }
      const now = fields(json);
      if (now.status !== seen) shop.observer.detail(this.words(`job ${job.id}`, now.status));
      seen = now.status;
      if (now.status === 'succeeded') return this.succeeded(now);
      if (now.status === 'failed') throw this.refused(now);
      if (now.status === 'cancelled') {
        this.end('cancelled');
        throw this.failed(`says that the job ${job.id} was cancelled`);
      }
      await this.sleep(lookAfter(look));
    }
  }

  private async succeeded({ fine_tuned_model, trained_tokens }: Fields): Promise<void> {
    const tuned = nameOf(fine_tuned_model);
    if (tuned === undefined) throw this.failed(`names no model that the job ${this.job.id} made`);
    await this.listed(tuned);
    this.job.tuned = tuned;
    this.job.trainedTokens = Number.isSafeInteger(trained_tokens) ? (trained_tokens as number) : null;
    this.end('succeeded');
  }

  /** A new model is served a little after its job has ended. */
  private async listed(model: string): Promise<void> {
    for (let look = 0; look < LOOKS_AT_LIST; look++) {
      const { data } = fields((await this.insist('/models')).json);
      if (!Array.isArray(data) || data.some((each) => fields(each).id === model)) return;
      await this.sleep(lookAfter(look));
    }
  }

  private refused(job: Fields): Error {
    this.end('failed');
    const { code, message, param } = fields(job.error);
    const text = this.words(`failed in job ${this.job.id}`, message ?? code);
    const ofData =
      /training_file/.test(String(param)) || /invalid|unsafe|policy|moderation/i.test(String(code));
    return ofData ? new InputError(text) : new FailedError(text, AGAIN);
  }

  private end(status: TuningJob['status']): void {
    this.job.status = status;
    this.keep();
  }

  /** Asks until there is an answer, and as long as another try can help. */
  private async insist(path: string, body?: unknown): Promise<Told> {
    const since = this.shop.timing.now();
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.ask(path, body);
      if (isTold(outcome)) return outcome;
      await this.pause(outcome, attempt, since);
    }
  }

  private ask(path: string, body?: unknown): Promise<Told | Decision> {
    stopIfAborted(this.shop.signal);
    return this.shop.wire.once(path, body);
  }

  /** Waits before another try, or throws where it would be the last one too many. */
  private async pause(outcome: Decision, attempt: number, since: number): Promise<void> {
    const { timing, patience, wire } = this.shop;
    // A provider that runs as many jobs at once as it allows says 429 until one of them ends, which may take hours.
    const isFull = outcome.kind === 'busy' && /active|concurren|running/i.test(outcome.reason);
    if (isFull) return this.sleep(LAST_LOOK);
    const again = outcome.kind === 'retry' || outcome.kind === 'busy';
    if (!again || timing.now() - since > patience) throw wire.failure(outcome);
    await this.sleep(Math.max(outcome.wait ?? 0, backoff(attempt, timing.random())));
  }

  private sleep(milliseconds: number): Promise<void> {
    const { timing, signal } = this.shop;
    stopIfAborted(signal);
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        cancel();
        reject(interrupted());
      };
      const cancel = timing.after(milliseconds, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  private failed(what: string): FailedError {
    return new FailedError(this.words(what), AGAIN);
  }

  /** One line of ours, with words of the provider's behind it. */
  private words(ours: string, theirs?: unknown): string {
    const { name, hide } = this.shop;
    const said =
      typeof theirs === 'string' && theirs !== '' ? `: ${printableLine(theirs.slice(0, 300))}` : '';
    return hide(`${name} ${ours}${said}`);
  }
}

const AGAIN = 'run the same command again: it begins a new job, and keeps what is finished';

const lookAfter = (look: number): number => Math.min(LAST_LOOK, FIRST_LOOK * 1.5 ** look);

const fields = (value: unknown): Fields => (isObject(value) ? value : {});

/** A name of the provider's that may stand in a path or a request; undefined where it is none. */
const nameOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w.:/@+-]{1,200}$/.test(value) ? value : undefined;

const idOf = (json: unknown): string | undefined => nameOf(fields(json).id);
