/** Failures in a row, with no answer between them, after which a server is taken for dead. */
const FAILURES = 20;
/** Milliseconds before the first look at a dead server, doubled for each further one. */
const FIRST_PROBE = 500;
const LAST_PROBE = 30_000;

/**
 * Circuit breaker of one server: after failures in a row it lets one request through at a time, at growing intervals,
 * until one is answered, so that a dead server does not use up the retries of every request. Knows no clock.
 */
export class Breaker {
  private failures = 0;
  private pause = FIRST_PROBE;
  private opensAt = 0;
  private troubleSince: number | undefined;

  /** @param patience milliseconds without any answer after which it is of no use to go on */
  constructor(
    private readonly patience: number,
    private readonly threshold = FAILURES,
  ) {}

  /** The server is taken for dead; one probe at a time may go out. */
  get open(): boolean {
    return this.failures >= this.threshold;
  }

  /** The server answered. */
  succeeded(): void {
    this.failures = 0;
    this.pause = FIRST_PROBE;
    this.troubleSince = undefined;
  }

  /** A request failed on the way, or the server answered that it is down. */
  failed(now: number): void {
    this.refused(now);
    // Of what was in flight when the server died nothing more is learnt.
    if (++this.failures < this.threshold || now < this.opensAt) return;
    this.opensAt = now + this.pause;
    this.pause = Math.min(LAST_PROBE, this.pause * 2);
  }

  /** The server is known to be dead, whatever was answered before. */
  trip(now: number): void {
    this.failures = Math.max(this.failures, this.threshold - 1);
    this.failed(now);
  }

  /** The server is there but takes nothing (429). It is not dead, but without an answer patience ends as well. */
  refused(now: number): void {
    this.troubleSince ??= now;
  }

  /** Milliseconds until the next request may go out; 0: now. */
  wait(now: number): number {
    return this.open ? Math.max(0, this.opensAt - now) : 0;
  }

  /** Nothing was answered for as long as patience lasts. */
  exhausted(now: number): boolean {
    return this.troubleSince !== undefined && now - this.troubleSince >= this.patience;
  }
}
