import type { Dialect } from './body.js';
import type { Call, Job } from './call.js';
import type { Host } from './host.js';
import type { Line, SamplerParts } from './parts.js';
import type { Probed } from './probe.js';
import { backoff } from './retry.js';

/** Requests that failed before any was answered, after which all are taken for wrong. */
const REFUSALS = 8;

/** Times that a plain question is asked where the server is too busy for it. */
const PLAIN_ATTEMPTS = 5;

interface Held {
  job: Job;
  host: Host;
  reason: string;
}

/** Decides whether requests that were not answered are recorded as failed, or show that no request can be. */
export class Failures {
  /** Jobs that failed, by what they were asked of, until a plain question tells whose fault it is. */
  private readonly held = new Map<Dialect, Held[]>();

  constructor(
    private readonly parts: SamplerParts,
    private readonly line: Line,
    private readonly askPlain: (call: Call, host: Host) => Promise<Probed>,
  ) {}

  /**
   * A request that cannot be answered is recorded as failed. But where the model has answered none yet, the reason may
   * be the same for all: it waits until that is known, and ends the call rather than record thousands of failures.
   *
   * @param own the reason is taken for the request's own where a plain question is answered
   */
  add(job: Job, host: Host, reason: string, own: boolean): void {
    const { call } = job;
    const { dialect } = call;
    if (dialect.answered || (own && dialect.plain === 'answered')) {
      this.giveUp(job, reason);
      return;
    }
    if (own && dialect.plain === undefined) {
      this.holdUntilKnown({ job, host, reason });
      return;
    }
    call.undecided.push({ job, reason });
    if (call.undecided.length < REFUSALS) {
      this.decideRest(call);
      return;
    }
    const hint =
      "see that the url, the sampling settings and the provider's `body` are what this server takes";
    this.line.stop(call, host, `no request is answered (${reason})`, hint);
  }

  private async holdUntilKnown(one: Held): Promise<void> {
    const { call } = one.job;
    const { dialect } = call;
    const others = this.held.get(dialect);
    if (others) {
      others.push(one);
      return;
    }
    const held = [one];
    this.held.set(dialect, held);
    let probed = await this.askPlain(call, one.host);
    for (let attempt = 1; typeof probed !== 'string' && attempt < PLAIN_ATTEMPTS; attempt++) {
      await this.sleep(backoff(attempt, this.parts.timing.random()));
      probed = await this.askPlain(call, one.host);
    }
    this.held.delete(dialect);
    dialect.plain = probed === 'answered' ? 'answered' : 'failed';
    for (const { job, host, reason } of held) this.add(job, host, reason, true);
    this.line.pump();
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.parts.timing.after(milliseconds, resolve));
  }

  private giveUp({ call, request, indices }: Job, reason: string): void {
    const shown = this.parts.hide(reason);
    for (const index of indices) {
      call.add({ id: request.id, index, text: '', finish: 'failed', reason: shown, tokens: null });
    }
    this.close(call);
  }

  /** A job is settled. */
  close(call: Call): void {
    call.open--;
    this.decideRest(call);
    call.stir();
  }

  /** What failed stays failed where nothing else is left to tell whether everything would. */
  private decideRest(call: Call): void {
    if (call.begun && call.open === call.undecided.length) this.refuseUndecided(call);
  }

  /** The model has answered others: what failed meanwhile stays failed. */
  refuseUndecided(call: Call): void {
    const { undecided } = call;
    call.undecided = [];
    for (const { job, reason } of undecided) this.giveUp(job, reason);
  }
}
