/** In flight at first: more would be refused by small servers, fewer cost a round trip of every run. */
const START = 100;
/** Added per round trip once the slow start is over. */
const STEP = 4;
/** What is left of the window after a server said that it is too much. */
const CUT = 0.7;
/** One overload answers many requests with an error; it counts once in this time, in milliseconds. */
const CUT_EVERY = 250;
/** A round this much slower than the one before it, at twice the requests, has brought no answers more. */
const NO_GAIN = 1.8;
/** Slower than this against the settled latency is an overload, though the server does not say so. */
const TOO_SLOW = 3;
/** Milliseconds that a round must have become slower by: below it is noise of the scheduler. */
const NOISE = 25;

/**
 * How many requests one server bears at once. Doubles per round trip (slow start) until the first 429, 5xx, or a
 * doubling that brought no more answers per second; from there it grows by four per round trip and is cut to 0.7 by each
 * overload (additive increase, multiplicative decrease: Chiu and Jain 1989). Knows no clock: times are handed in.
 */
export class Limiter {
  private window: number;
  private slowStart = true;
  private lastCut = Number.NEGATIVE_INFINITY;
  /** The running round: answers to requests that were sent after `roundFrom`. */
  private roundFrom = 0;
  private roundCount = 0;
  private roundLatency = 0;
  private roundSize: number;
  /** Mean latency of the last whole round, and the one that later rounds are held against. */
  private before: number | undefined;
  private settled: number | undefined;

  /** @param ceiling never more than so many */
  constructor(
    private readonly ceiling: number,
    start = START,
  ) {
    this.window = Math.min(start, ceiling);
    this.roundSize = this.window;
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.window));
  }

  /** An answer came to a request that was sent at `sent`. @param busy whether the window was in use; else it would grow without being tried */
  succeeded(sent: number, now: number, busy: boolean): void {
    if (busy) this.window = Math.min(this.ceiling, this.window + (this.slowStart ? 1 : STEP / this.window));
    if (sent < this.roundFrom) return;
    this.roundCount++;
    this.roundLatency += now - sent;
    if (this.roundCount < this.roundSize) return;
    this.closeRound(this.roundLatency / this.roundCount, now);
  }

  /**
   * The server refused a request as one too many (429). Until the window is cut again nothing takes the place of what
   * was refused: else each refusal, which comes at once, would send another request to be refused.
   *
   * @param inFlight requests that are still with the server
   */
  refused(now: number, inFlight: number): void {
    this.window = Math.max(1, Math.min(this.window, inFlight));
    this.overloaded(now);
  }

  /** The server failed (5xx), or a request was lost on the way. */
  overloaded(now: number): void {
    this.slowStart = false;
    if (now - this.lastCut < CUT_EVERY) return;
    this.lastCut = now;
    this.window = Math.max(1, this.window * CUT);
    this.nextRound(now);
  }

  private closeRound(latency: number, now: number): void {
    const { before } = this;
    if (this.slowStart) {
      if (before !== undefined && latency > before * NO_GAIN && latency > before + NOISE) {
        this.slowStart = false;
        this.settled = latency;
      }
    } else if (this.settled === undefined || latency < this.settled) {
      this.settled = latency;
    } else if (latency > this.settled * TOO_SLOW && latency > this.settled + NOISE) {
      this.overloaded(now);
    } else {
      // Longer answers are slower too: what is slow now becomes the measure in some dozens of rounds.
      this.settled += (latency - this.settled) / 16;
    }
    this.before = latency;
    this.nextRound(now);
  }

  private nextRound(now: number): void {
    this.roundFrom = now;
    this.roundCount = 0;
    this.roundLatency = 0;
    this.roundSize = this.limit;
  }
}
