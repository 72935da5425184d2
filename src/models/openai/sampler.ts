import type { Answer } from '../../records/model.js';
import { FailedError, type HydeError } from '../../shared/errors.js';
import { interrupted, stopIfAborted } from '../../shared/interrupted.js';
import type { Call, Job } from './call.js';
import type { Reply } from './http.js';
import type { Line, SamplerParts } from './parts.js';
import { Settler } from './settle.js';

/** A server that asks for a longer pause than this has no capacity today: milliseconds. */
const LONGEST_PAUSE = 600_000;
/** Milliseconds that requests at the server may still take after the call has failed. */
const GRACE = 10_000;

/** An answer of the server that was not read yet. */
interface Arrived {
  job: Job;
  reply: Reply;
  sent: number;
  at: number;
  busy: boolean;
}

/** Sends the requests of all calls to one server, as many at once as it bears. */
export class Sampler implements Line {
  inFlight = 0;
  private readonly settler: Settler;
  private readonly calls: Call[] = [];
  /** Jobs whose wait before a retry is over. */
  private readonly ready: Job[] = [];
  /** What came in this turn of the event loop: read at its end, when the requests that follow are on their way. */
  private arrived: Arrived[] = [];
  private endOfTurn: NodeJS.Immediate | undefined;
  private pausedUntil = 0;
  private probe: Job | undefined;
  private cancelWake: (() => void) | undefined;

  constructor(private readonly parts: SamplerParts) {
    this.settler = new Settler(parts, this);
    parts.signal?.addEventListener('abort', () => this.interrupt(), { once: true });
  }

  /** Troubles so far by kind, whether or not a retry mended them. */
  get errors(): Readonly<Record<string, number>> {
    return this.settler.errors;
  }

  /** Sends the requests of a call, and yields its answers as they come. */
  async *run(call: Call): AsyncGenerator<Answer> {
    stopIfAborted(this.parts.signal);
    this.calls.push(call);
    try {
      while (!call.over) {
        this.pump();
        await call.change();
        yield* call.take();
      }
      if (call.error) throw call.error;
    } finally {
      this.calls.splice(this.calls.indexOf(call), 1);
      this.drop(call);
    }
  }

  private interrupt(): void {
    this.readArrived();
    for (const call of [...this.calls]) {
      call.fail(interrupted());
      this.drop(call);
    }
  }

  again(job: Job, wait: number, reason: string): void {
    const { breaker, timing } = this.parts;
    if (!breaker.exhausted(timing.now())) {
      job.call.later(timing, Math.min(wait, LONGEST_PAUSE), () => {
        this.enqueue(job);
        this.pump();
      });
      return;
    }
    const hint = 'run the same command again when it is back: it goes on from here';
    for (const call of this.calls)
      this.stop(call, `no request was answered for a long time (${reason})`, hint);
  }

  enqueue(job: Job): void {
    this.ready.push(job);
  }

  pause(call: Call, milliseconds: number, reason: string): void {
    if (milliseconds <= LONGEST_PAUSE) {
      this.pausedUntil = Math.max(this.pausedUntil, this.parts.timing.now() + milliseconds);
      return;
    }
    const minutes = Math.ceil(milliseconds / 60_000);
    const hint = 'run the same command again then: it goes on from here';
    this.stop(call, `the server asks to wait for ${minutes} minutes (${reason})`, hint);
  }

  stop(call: Call, reason: string, hint?: string): void {
    if (call.error) return;
    call.fail(this.failure(reason, hint));
    call.later(this.parts.timing, GRACE, () => this.drop(call));
  }

  callsOf(call: Call): Call[] {
    return this.calls.filter(({ dialect }) => dialect === call.dialect);
  }

  private failure(reason: string, hint?: string): HydeError {
    const { name, host, hide } = this.parts;
    return new FailedError(hide(`${name} (${host}): ${reason}`), hint);
  }

  /** Starts what may be started. */
  private pump(): void {
    const { limiter, breaker, timing } = this.parts;
    while (this.calls.length > 0 && this.inFlight < limiter.limit) {
      const now = timing.now();
      const blocked = Math.max(this.pausedUntil - now, breaker.wait(now));
      if (blocked > 0) {
        this.wakeIn(blocked);
        return;
      }
      if (breaker.open && this.probe) return;
      const job = this.nextJob();
      if (!job) return;
      if (breaker.open) this.probe = job;
      this.start(job, now);
    }
  }

  private wakeIn(milliseconds: number): void {
    this.cancelWake?.();
    this.cancelWake = this.parts.timing.after(milliseconds, () => this.pump());
  }

  private nextJob(): Job | undefined {
    for (let job = this.ready.shift(); job; job = this.ready.shift()) {
      if (!job.call.error) return job;
    }
    // The oldest call first: what waits for its end (a judge behind a judge) begins while later calls keep the server busy.
    for (const call of this.calls) {
      const job = call.next();
      if (job) return job;
    }
    return undefined;
  }

  private start(job: Job, sent: number): void {
    const { connections, limiter, path, headers } = this.parts;
    this.inFlight++;
    const options = { method: 'POST' as const, path, headers, body: job.call.bodyOf(job) };
    const cancel = connections.send(options, (outcome) => {
      // Half is enough: several answers may come at once, before others are sent.
      const busy = this.inFlight * 2 >= limiter.limit;
      this.inFlight--;
      job.call.running.delete(job);
      if (this.probe === job) this.probe = undefined;
      const reply = this.settler.look(job, outcome);
      if (reply) this.readLater({ job, reply, sent, at: this.parts.timing.now(), busy });
      // A call that failed ends with the last of its requests.
      else if (job.call.error) job.call.stir();
      this.pump();
    });
    job.call.running.set(job, cancel);
  }

  private readLater(arrived: Arrived): void {
    this.arrived.push(arrived);
    // Connections send again in immediates that are set as their answers come: behind all of these.
    clearImmediate(this.endOfTurn);
    this.endOfTurn = setImmediate(() => {
      this.readArrived();
      this.pump();
    });
  }

  private readArrived(): void {
    clearImmediate(this.endOfTurn);
    const { arrived } = this;
    this.arrived = [];
    for (const { job, reply, sent, at, busy } of arrived) {
      this.settler.read(job, reply, { sent, at, busy });
      if (job.call.error) job.call.stir();
    }
  }

  /** Takes back all that a call has at the server or in line. */
  private drop(call: Call): void {
    for (const [job, cancel] of call.running) {
      cancel();
      this.inFlight--;
      if (this.probe === job) this.probe = undefined;
    }
    call.running.clear();
    call.forgetTimers();
    call.stir();
    if (this.calls.length > 0) this.pump();
    else this.cancelWake?.();
  }
}
