import type { Call, Job } from './call.js';
import type { Host } from './host.js';

/** Which job is next: those that are to be sent again first, then those of the calls that were not begun. */
export class Queue {
  /** Jobs whose wait before a retry is over. */
  private readonly ready: Job[] = [];

  /** @param calls those that are running, the oldest first */
  constructor(
    private readonly hosts: readonly Host[],
    private readonly calls: readonly Call[],
  ) {}

  add(job: Job): void {
    this.ready.push(job);
  }

  /** The next job that this host can be sent. */
  next(host: Host, now: number): Job | undefined {
    for (let i = 0; i < this.ready.length; ) {
      const job = this.ready[i] as Job;
      const { call } = job;
      const fits = call.isReady(host) && !(job.host === host && this.isTakenElsewhere(job, now));
      if (call.ending || fits) this.ready.splice(i, 1);
      else i++;
      if (fits && !call.ending) return job;
    }
    // The oldest call first: what waits for its end (a judge behind a judge) begins while later calls keep the servers busy.
    for (const call of this.calls) {
      const job = call.isReady(host) ? call.next() : undefined;
      if (job) return job;
    }
    return undefined;
  }

  /** What failed at one address is tried at another one, where there is one. */
  private isTakenElsewhere({ call, host }: Job, now: number): boolean {
    return this.hosts.some(
      (other) => other !== host && call.isReady(other) && !other.parts.breaker.open && other.wait(now) === 0,
    );
  }
}
