import type { Answer } from '../../records/model.js';
import { FailedError } from '../../shared/errors.js';
import { interrupted, stopIfAborted } from '../../shared/interrupted.js';
import type { Call, Job } from './call.js';
import type { Host } from './host.js';
import { type Arrived, Inbox } from './inbox.js';
import type { Line, SamplerParts } from './parts.js';
import { Preparer } from './preparer.js';
import { Queue } from './queue.js';
import { LONGEST_WAIT } from './retry.js';
import { Settler } from './settle.js';

/** A server that asks for a longer pause than this has no capacity today: milliseconds. */
const LONGEST_PAUSE = 600_000;
/** Milliseconds that requests at the server may still take after the call has failed. */
const GRACE = 10_000;
/** A server that loses an adapter so often in a row does not keep it. */
const LOSSES = 3;

/** Sends the requests of all calls to the addresses of one provider, as many at once as each bears. */
export class Sampler implements Line {
  private readonly settler: Settler;
  private readonly preparer: Preparer;
  readonly calls: Call[] = [];
  private readonly queue: Queue;
  private readonly inbox = new Inbox(
    (arrived) => this.read(arrived),
    () => this.pump(),
  );
  private cancelWake: (() => void) | undefined;

  constructor(private readonly parts: SamplerParts) {
    this.settler = new Settler(parts, this);
    this.preparer = new Preparer(parts, this);
    this.queue = new Queue(parts.hosts, this.calls);
    parts.signal?.addEventListener('abort', () => this.fail(interrupted()), { once: true });
  }

  /** Requests that the servers work on. */
  get inFlight(): number {
    return this.parts.hosts.reduce((sum, host) => sum + host.inFlight, 0);
  }

  /** Troubles so far by kind, whether or not a retry mended them. */
  get errors(): Readonly<Record<string, number>> {
    return this.settler.errors;
  }

  /**
   * Sends the requests of a call, and yields its answers as they come.
   *
   * @param enough once aborted no further request is sent; those at the servers may still be answered for a while
   */
  async *run(call: Call, enough?: AbortSignal): AsyncGenerator<Answer> {
    stopIfAborted(this.parts.signal);
    this.calls.push(call);
    const halt = (): void => this.halt(call);
    enough?.addEventListener('abort', halt);
    if (enough?.aborted) halt();
    try {
      while (!call.over) {
        this.pump();
        await call.change();
        yield* call.take();
      }
      if (call.error) throw call.error;
    } finally {
      enough?.removeEventListener('abort', halt);
      call.halt();
      this.calls.splice(this.calls.indexOf(call), 1);
      this.drop(call);
    }
  }

  /** Ends all calls with an error. */
  fail(error: Error): void {
    this.inbox.readAll();
    for (const call of [...this.calls]) {
      call.fail(error);
      this.drop(call);
    }
  }

  again(job: Job, wait: number, reason: string): void {
    if (this.stopIfExhausted(reason) || job.call.ending) return;
    job.call.later(this.parts.timing, Math.min(wait, LONGEST_PAUSE), () => {
      this.enqueue(job);
      this.pump();
    });
  }

  stopIfExhausted(reason: string): boolean {
    const now = this.parts.timing.now();
    const { hosts, changing } = this.parts;
    if (changing && hosts.length === 0) return false;
    if (hosts.some(({ parts }) => !parts.breaker.exhausted(now))) return false;
    const hint = 'run the same command again when it is back: it goes on from here';
    for (const call of this.calls)
      this.stop(
        call,
        hosts.length > 1 ? undefined : hosts[0],
        `no request was answered for a long time (${reason})`,
        hint,
      );
    return true;
  }

  enqueue(job: Job): void {
    this.queue.add(job);
  }

  pause(call: Call, host: Host, milliseconds: number, reason: string): void {
    const now = this.parts.timing.now();
    const isLong = ({ pausedUntil }: Host): boolean => pausedUntil - now > LONGEST_PAUSE;
    host.pausedUntil = Math.max(host.pausedUntil, now + milliseconds);
    if (!this.parts.hosts.every(isLong)) return;
    const isYear = milliseconds >= LONGEST_WAIT;
    const time = isYear ? 'for over a year' : `for ${Math.ceil(milliseconds / 60_000)} minutes`;
    const hint = 'run the same command again then: it goes on from here';
    this.stop(call, host, `the server asks to wait ${time} (${reason})`, hint);
  }

  stop(call: Call, host: Host | undefined, reason: string, hint?: string, Kind = FailedError): void {
    if (call.error) return;
    const { name, hide } = this.parts;
    call.fail(new Kind(hide(`${name}${host ? ` (${host.at})` : ''}: ${reason}`), hint));
    this.dropLater(call);
  }

  private halt(call: Call): void {
    if (call.ending) return;
    call.halt();
    this.dropLater(call);
  }

  private dropLater(call: Call): void {
    call.later(this.parts.timing, GRACE, () => this.drop(call));
  }

  reload(job: Job, host: Host): boolean {
    const { call } = job;
    if (!call.prepare || call.losses >= LOSSES) return false;
    // Of what was in flight when the server lost it the first one tells.
    if (job.place && call.places.get(host) === job.place) {
      call.losses++;
      call.leave(host);
      host.lost(call.dialect.model);
    }
    this.enqueue(job);
    return true;
  }

  doubt(host: Host): void {
    host.agreed.clear();
    for (const call of this.calls) call.leave(host);
  }

  callsOf(call: Call): Call[] {
    return this.calls.filter(({ dialect }) => dialect === call.dialect);
  }

  pump(): void {
    while (this.calls.length > 0) {
      const now = this.parts.timing.now();
      this.preparer.begin(now);
      if (!this.startOne(now)) return;
    }
  }

  /** Sends one request to the host with most room for it. */
  private startOne(now: number): boolean {
    const { hosts } = this.parts;
    const byRoom = hosts.length > 1 ? hosts.toSorted((a, b) => a.load - b.load) : hosts;
    for (const host of byRoom) {
      const job = host.takes(now) ? this.queue.next(host, now) : undefined;
      if (!job) continue;
      if (host.parts.breaker.open) {
        this.enqueue(job);
        void this.probe(job.call, host);
      } else this.start(job, host, now);
      return true;
    }
    const soonest = hosts.reduce(
      (least, host) => Math.min(least, host.wait(now) || least),
      Number.POSITIVE_INFINITY,
    );
    if (soonest < Number.POSITIVE_INFINITY) this.wakeIn(soonest);
    return false;
  }

  /**
   * Looks whether a host that is taken for dead is alive. What failed there is not sent for that: where the host is alive
   * and those requests alone fail, they would keep it dead for good.
   */
  private async probe(call: Call, host: Host): Promise<void> {
    const { breaker } = host.parts;
    const probe = {};
    host.probe = probe;
    const probed = await this.settler.askPlain(call, host);
    if (host.probe === probe) host.probe = undefined;
    if (!this.calls.includes(call) || call.ending) {
      this.pump();
      return;
    }
    if (typeof probed === 'string') breaker.succeeded();
    else {
      breaker.failed(this.parts.timing.now());
      if (probed.wait !== undefined) this.pause(call, host, probed.wait, probed.reason);
      if (this.stopIfExhausted(probed.reason)) return;
    }
    this.pump();
  }

  private wakeIn(milliseconds: number): void {
    this.cancelWake?.();
    // Timers hold no more than 25 days; awake too early it looks again.
    this.cancelWake = this.parts.timing.after(Math.min(milliseconds, LONGEST_PAUSE), () => this.pump());
  }

  /** An address is gone for good: what was sent there is sent to others. */
  leave(host: Host): void {
    this.preparer.leave(host);
    for (const { running } of this.calls) {
      for (const [job, { cancel, at }] of running) {
        if (at !== host) continue;
        cancel();
        running.delete(job);
        this.enqueue(job);
      }
    }
    void host.close();
    this.pump();
  }

  private start(job: Job, host: Host, sent: number): void {
    const { connections, limiter, breaker, path } = host.parts;
    const { call } = job;
    host.inFlight++;
    job.host = host;
    const place = call.places.get(host);
    if (typeof place === 'function') job.place = place;
    const options = { method: 'POST' as const, path, headers: this.parts.headers, body: call.bodyOf(job) };
    const end = (): void => {
      host.inFlight--;
    };
    const cancel = connections.send(options, (outcome) => {
      // Half is enough: several answers may come at once, before others are sent.
      const busy = host.inFlight * 2 >= limiter.limit;
      const wasOpen = breaker.open;
      end();
      call.running.delete(job);
      const reply = this.settler.look(job, host, outcome);
      this.leaveIfDead(host, wasOpen);
      if (reply) {
        call.unread++;
        this.inbox.add({ job, host, reply, sent, at: this.parts.timing.now(), busy });
      }
      // A call that is ending ends with the last of its requests.
      else if (call.ending) call.stir();
      this.pump();
    });
    call.running.set(job, {
      at: host,
      cancel: () => {
        cancel();
        end();
      },
    });
  }

  private read({ job, host, reply, ...when }: Arrived): void {
    const wasOpen = host.parts.breaker.open;
    job.call.unread--;
    this.settler.read(job, host, reply, when);
    this.leaveIfDead(host, wasOpen);
    if (job.call.ending) job.call.stir();
  }

  /** What calls hold at a host that was found to be dead may be gone when it is back. */
  private leaveIfDead(host: Host, wasOpen: boolean): void {
    if (host.parts.breaker.open && !wasOpen) this.preparer.leave(host);
  }

  drop(call: Call): void {
    for (const { cancel } of call.running.values()) cancel();
    call.running.clear();
    call.forgetTimers();
    for (const host of [...call.places.keys()]) call.leave(host);
    call.stir();
    if (this.calls.length > 0) this.pump();
    else this.cancelWake?.();
  }
}
