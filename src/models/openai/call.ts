import type { Answer, SampleRequest, SamplingParameters } from '../../records/model.js';
import type { Dialect } from './body.js';
import type { Host } from './host.js';
import type { Release } from './shelf.js';
import type { Timing } from './timing.js';

/** Answers that wait for the caller; while there are more, no further request of the call is sent. */
const WAITING = 4096;

const PLAIN = [{ role: 'user' as const, content: 'Say hello.' }];

/** One request to the server: one answer, or several with the same messages. */
export interface Job {
  call: Call;
  request: SampleRequest;
  indices: number[];
  /** Attempts that failed, by weight. */
  failed: number;
  /** Times that the server was too busy for it. */
  busy: number;
  version: number;
  /** Where it was sent last. */
  host?: Host;
  /** What its call held there. */
  place?: Release;
}

/**
 * One call of `sample`: hands out its requests one at a time, however many they are, and holds the answers until the
 * caller takes them.
 */
export class Call {
  /** Requests at a server, and what takes them back. */
  readonly running = new Map<Job, { at: Host; cancel: () => void }>();
  /** Jobs that are begun and not settled: at the server, waiting for a retry, or undecided. */
  open = 0;
  /** Jobs that failed while it was not known whether all do. */
  undecided: { job: Job; reason: string }[] = [];
  error: Error | undefined;
  /** One of its requests was answered, so its settings are what the server takes. */
  answered = false;
  /** Replies that came and were not read yet. */
  unread = 0;
  private enough = false;
  /** Hosts that are ready for it, or are being made ready. */
  readonly places = new Map<Host, Release | 'preparing'>();
  /** Times in a row that a server did not know the model that it had loaded. */
  losses = 0;
  private readonly timers = new Set<() => void>();
  private answers: Answer[] = [];
  private request = 0;
  private position = 0;
  private wake: (() => void) | undefined;
  private cached: { request: SampleRequest; version: number; text: string } | undefined;

  constructor(
    readonly dialect: Dialect,
    private readonly requests: readonly SampleRequest[],
    readonly parameters: SamplingParameters,
    /** Makes a host ready: its model is looked at, its adapter loaded. Absent where that takes nothing. */
    readonly prepare?: (host: Host) => Promise<Release>,
  ) {}

  /** Whether requests may go to this host. */
  isReady(host: Host): boolean {
    return !this.prepare || typeof this.places.get(host) === 'function';
  }

  /** Gives up what it holds at a host. */
  leave(host: Host): void {
    const place = this.places.get(host);
    // What is being made ready is looked at again when it is.
    if (typeof place !== 'function') return;
    this.places.delete(host);
    place();
  }

  /** The next job that was not begun yet; undefined at the end, or while the caller does not keep up. */
  next(): Job | undefined {
    if (this.ending || this.answers.length >= WAITING) return undefined;
    let request = this.requests[this.request];
    while (request && this.position >= request.indices.length) {
      request = this.requests[++this.request];
      this.position = 0;
    }
    if (!request) return undefined;
    const to = this.position + this.dialect.together;
    const indices = request.indices.slice(this.position, to);
    this.position = to;
    this.open++;
    return { call: this, request, indices, failed: 0, busy: 0, version: 0 };
  }

  /** The body of a job's request. What its request's other jobs have in common is made once. */
  bodyOf(job: Job): string {
    const { request, indices } = job;
    const { dialect } = this;
    job.version = dialect.version;
    if (this.cached?.request !== request || this.cached.version !== dialect.version) {
      const text = dialect.open(request.messages, this.parameters);
      this.cached = { request, version: dialect.version, text };
    }
    return this.cached.text + dialect.close(request, indices);
  }

  /** The body of a plain question with the settings of this call, no matter what it asks. */
  plainBody(): object {
    const { topLogprobs: _, ...parameters } = this.parameters;
    return JSON.parse(`${this.dialect.open(PLAIN, parameters)}}`);
  }

  add(answer: Answer): void {
    this.answers.push(answer);
    this.stir();
  }

  /** Ends the call with an error once what is at the server has come, or at once. */
  fail(error: Error): void {
    this.error ??= error;
    this.stir();
  }

  /** Begins nothing more: it ends once what is at the server has come. */
  halt(): void {
    this.enough = true;
    this.stir();
  }

  /** It begins nothing more, whether or not it failed. */
  get ending(): boolean {
    return this.enough || this.error !== undefined;
  }

  /** Does something later, unless the call is at an end by then. */
  later(timing: Timing, milliseconds: number, act: () => void): void {
    const cancel = timing.after(milliseconds, () => {
      this.timers.delete(cancel);
      act();
    });
    this.timers.add(cancel);
  }

  forgetTimers(): void {
    for (const cancel of this.timers) cancel();
    this.timers.clear();
  }

  /** Lets the caller look again whether there is anything for it. */
  stir(): void {
    this.wake?.();
    this.wake = undefined;
  }

  /** The answers that came since; each is handed out once. */
  take(): Answer[] {
    const { answers } = this;
    this.answers = [];
    return answers;
  }

  get begun(): boolean {
    const last = this.requests.length - 1;
    return (
      this.request > last ||
      (this.request === last && this.position >= (this.requests[last]?.indices.length ?? 0))
    );
  }

  /** Nothing more will come. */
  get over(): boolean {
    if (this.answers.length > 0) return false;
    return this.ending ? this.running.size + this.unread === 0 : this.open === 0 && this.begun;
  }

  /** Waits until there is something to look at. */
  change(): Promise<void> {
    if (this.answers.length > 0 || this.over) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}
