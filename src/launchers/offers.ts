import type { Attempt, Ticket } from '../records/launch.js';
import type { Observer } from '../shared/observer.js';
import { eventsSize } from './events.js';
import type { Launcher } from './launcher.js';
import type { Launches } from './launches.js';
import { Reach } from './reach.js';

/** A job that is not begun, or has to be begun again. */
export interface Waiting extends Attempt {
  /** Attempts in this run of hyde, this one included. */
  tries: number;
  /** Id of a job that must have ended before. */
  after?: string;
  /** Its folder was made ready. */
  begun?: boolean;
}

/** A job that the launcher has, or may have. */
export interface Active {
  ticket: Ticket;
  tries: number;
  /** Size of the job's events when it was submitted: an error before is one of an earlier attempt. */
  events: number;
  /** Whether the launcher heard of it is not known. */
  unsure?: boolean;
  /** Since when it is unknown, or done without a result. */
  missing?: number;
  /** Why it waits, and since when. */
  why?: { reason: string; since: number; told: boolean } | undefined;
}

/** Offers jobs to a launcher and writes down what becomes of each. After a refusal it waits, longer from time to time. */
export class Offers {
  private readonly reach: Reach;
  private readonly told = new Set<string>();
  private refusals = 0;
  private next = 0;

  constructor(
    private readonly parts: {
      launcher: Launcher;
      launches: Launches;
      observer: Observer;
      patience?: number | undefined;
    },
  ) {
    this.reach = new Reach('takes no jobs', parts.observer, parts.patience);
  }

  get isDue(): boolean {
    return performance.now() >= this.next;
  }

  /**
   * @returns those that the launcher has now, or may have
   * @throws InputError where it refuses the audit's settings, FailedError where it has taken nothing for too long
   */
  async offer(waiting: readonly Waiting[]): Promise<Active[]> {
    const { launcher, launches, observer } = this.parts;
    const tries = new Map(waiting.map((one) => [one.id, one.tries]));
    const asked = new Map<string, Active>();
    let refusal: string | undefined;
    const heard = await this.reach.call(async () => {
      const attempts = waiting.map(({ id, folder, attempt, handle }) => ({ id, folder, attempt, handle }));
      await launcher.submit(attempts, {
        claimed(ticket) {
          const events = eventsSize(ticket.folder);
          launches.submitted(ticket, events);
          asked.set(ticket.id, { ticket, tries: tries.get(ticket.id) ?? 1, events, unsure: true });
        },
        taken({ id }) {
          delete asked.get(id)?.unsure;
        },
        refused(ticket, why) {
          asked.delete(ticket.id);
          launches.refused(ticket, why);
          refusal = why;
        },
      });
      return true;
    });
    const left = waiting.length - asked.size;
    if (heard && refusal !== undefined && left > 0 && !this.told.has(refusal)) {
      observer.note(`${left === 1 ? '1 job is' : `${left} jobs are`} not submitted yet: ${refusal}`);
      this.told.add(refusal);
    }
    if (asked.size > 0 || (heard && refusal === undefined)) this.refusals = 0;
    if (!heard || refusal !== undefined) this.refusals++;
    const [first, last] = launcher.timing.poll;
    this.next = this.refusals ? performance.now() + Math.min(LONGEST * last, first * 2 ** this.refusals) : 0;
    return [...asked.values()];
  }
}

/** After refusals, so many of the longest pauses between two looks pass until the next offer at most. */
const LONGEST = 4;
