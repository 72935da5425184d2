import { FailedError } from '../shared/errors.js';
import type { Observer } from '../shared/observer.js';

/** Milliseconds for which the other side may fail at a stretch. */
const PATIENCE = 30 * 60_000;

/** Calls that may fail for a while: said once, made again by who asks, and given up after too long. */
export class Reach {
  private since: number | undefined;

  /** @param failing what to say of the launcher meanwhile: `cannot be reached` */
  constructor(
    private readonly failing: string,
    private readonly observer: Observer,
    private readonly patience = PATIENCE,
  ) {}

  /**
   * @returns undefined where the call failed
   * @throws FailedError where calls have failed for too long
   */
  async call<R>(call: () => Promise<R>): Promise<R | undefined> {
    try {
      const answer = await call();
      if (this.since !== undefined) this.observer.note('the launcher answers again');
      this.since = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof FailedError)) throw error;
      const text = `the launcher ${this.failing}: ${error.message}`;
      if (this.since === undefined) this.observer.warn(`${text}; trying again`);
      this.since ??= performance.now();
      if (performance.now() - this.since <= this.patience) return undefined;
      throw new FailedError(text, 'jobs that run go on; run the same command again and they are found');
    }
  }
}
