import type { Job, JobHooks, JobOutcome, JobState, Ticket } from '../records/launch.js';
import { FailedError, type HydeError } from '../shared/errors.js';
import { interrupted } from '../shared/interrupted.js';
import type { Observer } from '../shared/observer.js';
import { errorOf, eventsSize } from './events.js';
import { type Launcher, lastLines, pauseAfter } from './launcher.js';
import type { Launches } from './launches.js';

export interface DriveOptions<T> extends JobHooks<T> {
  launcher: Launcher;
  launches: Launches;
  /** Attempts after the first one, in this run of hyde. */
  retries: number;
  observer: Observer;
  signal?: AbortSignal | undefined;
  /** Milliseconds for which the other side may be unreachable at a stretch. */
  patience?: number;
}

const PATIENCE = 30 * 60_000;

/** A job that was not begun, or has to be begun again. */
interface Waiting extends Job {
  attempt: number;
  /** Attempts in this run of hyde, this one included. */
  tries: number;
  /** Its folder was made ready. */
  begun?: boolean;
}

interface Active {
  ticket: Ticket;
  tries: number;
  /** Size of the job's events when it was submitted: an error before is one of an earlier attempt. */
  events: number;
  /** Since when it is unknown, or done without a result. */
  missing?: number;
  /** Why it waits, as last told. */
  told?: string;
}

/**
 * Sees job folders to their end and yields each when it is. A folder that holds its result is not run; a job that an earlier
 * hyde submitted is waited for; what fails, or is lost, is tried again within bounds. What counts is the folder: a job
 * is done when its result is there and whole, whatever the launcher says. A job with `after` is begun when that one has ended.
 *
 * @throws InterruptedError when the user stops, InputError where the launcher refuses the audit's settings,
 *   FailedError where it could not be reached for too long; jobs that run then stay, and are found again
 */
export async function* drive<T>(
  jobs: readonly Job[],
  options: DriveOptions<T>,
): AsyncGenerator<JobOutcome<T>> {
  const { launcher, launches, retries, look, begin, observer, signal, progress } = options;
  const waiting = new Set<Waiting>();
  const active = new Map<string, Active>();
  const open = new Set(jobs.map(({ id }) => id));
  let unreachable: number | undefined;

  const end = (outcome: JobOutcome<T>): JobOutcome<T> => {
    open.delete(outcome.job.id);
    progress?.(jobs.length - open.size, jobs.length);
    return outcome;
  };

  /** Calls the launcher; undefined while it cannot be reached. */
  const reach = async <R>(call: () => Promise<R>): Promise<R | undefined> => {
    try {
      const answer = await call();
      if (unreachable !== undefined) observer.note('the launcher answers again');
      unreachable = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof FailedError)) throw error;
      if (unreachable === undefined)
        observer.warn(`the launcher cannot be reached: ${error.message}; trying again`);
      unreachable ??= performance.now();
      if (performance.now() - unreachable > (options.patience ?? PATIENCE)) {
        throw new FailedError(
          `the launcher cannot be reached: ${error.message}`,
          'jobs that run go on; run the same command again and they are found',
        );
      }
      return undefined;
    }
  };

  /** An attempt came to nothing: another one, or the end of the job. */
  const again = async (
    { ticket, tries }: Active,
    reason: string,
    give: { up: boolean; error?: HydeError | undefined },
  ): Promise<JobOutcome<T> | undefined> => {
    const { id, folder, attempt } = ticket;
    active.delete(id);
    launches.ended(ticket, 'failed', reason);
    if (!give.up && tries <= retries) {
      observer.note(`${id}: ${reason}; tried again (${tries + 1} of ${retries + 1})`);
      waiting.add({ id, folder, attempt: attempt + 1, tries: tries + 1 });
      return undefined;
    }
    const text = give.error ? '' : await lastLines(launcher, ticket);
    return { job: { id, folder }, error: give.error ?? new FailedError(`${id}: ${reason}${text}`) };
  };

  /** What has become of a job that no longer runs. */
  const settle = async (one: Active, state: JobState): Promise<JobOutcome<T> | undefined> => {
    const { ticket } = one;
    const { id, folder } = ticket;
    const found = await look({ id, folder });
    if (found.state === 'done') {
      active.delete(id);
      launches.ended(ticket, 'done');
      return { job: { id, folder }, result: found.result };
    }
    if (found.state === 'damaged') return again(one, found.reason, { up: false });
    const said = errorOf(folder, one.events);
    if (said) return again(one, said.reason, { up: said.final, error: said.error });
    if (state.phase === 'failed') return again(one, state.reason ?? 'failed', { up: state.final === true });
    one.missing ??= performance.now();
    if (performance.now() - one.missing < launcher.timing.grace) return undefined;
    return again(one, state.phase === 'done' ? 'it ended without a result' : 'it is gone without a result', {
      up: false,
    });
  };

  for (const job of jobs) {
    const found = await look(job);
    if (found.state === 'done') {
      launches.found(job.id);
      yield end({ job, result: found.result });
      continue;
    }
    const last = launches.last(job.id);
    if (last?.state === 'submitted') {
      active.set(job.id, {
        ticket: { ...job, attempt: last.attempt, handle: last.handle },
        tries: 1,
        events: last.events,
      });
    } else {
      waiting.add({ ...job, attempt: (last?.attempt ?? 0) + 1, tries: 1 });
    }
  }
  if (active.size) observer.note(`${active.size} jobs were submitted before; waiting for them`);

  for (let since = performance.now(); waiting.size + active.size > 0; ) {
    if (signal?.aborted)
      await stop(
        [...active.values()].map(({ ticket }) => ticket),
        options,
      );
    let changed = false;
    const states = active.size
      ? await reach(() => launcher.states([...active.values()].map(({ ticket }) => ticket)))
      : undefined;
    const over: [Active, JobState][] = [];
    for (const one of active.values()) {
      const state = states?.get(one.ticket.id);
      if (!state) continue;
      if (state.phase === 'waiting' || state.phase === 'running') {
        delete one.missing;
        if (state.reason && state.reason !== one.told)
          observer.detail(`${one.ticket.id} waits: ${state.reason}`);
        one.told = state.reason ?? one.told ?? '';
      } else {
        over.push([one, state]);
      }
    }
    if (over.length && launcher.fetch) {
      const fetched = await reach(async () => {
        await launcher.fetch?.(over.map(([{ ticket }]) => ticket));
        return true;
      });
      if (!fetched) over.length = 0;
    }
    for (const [one, state] of over) {
      const outcome = await settle(one, state);
      changed ||= !active.has(one.ticket.id);
      if (outcome) yield end(outcome);
    }
    const ready: Waiting[] = [];
    for (const one of waiting) {
      if (ready.length >= (launcher.free ?? waiting.size)) break;
      if (one.after === undefined || !open.has(one.after)) ready.push(one);
    }
    if (ready.length) {
      for (const one of ready) {
        if (!one.begun) await begin?.(one.folder);
        one.begun = true;
      }
      const offered = ready.map(({ id, folder, attempt }) => ({ id, folder, attempt }));
      const events = new Map<string, number>();
      const taken = await reach(() =>
        launcher.submit(offered, (ticket) => {
          const size = eventsSize(ticket.folder);
          events.set(ticket.id, size);
          launches.submitted(ticket, size);
        }),
      );
      const tickets = new Map((taken ?? []).map((ticket) => [ticket.id, ticket]));
      for (const one of ready) {
        const { id, tries } = one;
        const ticket = tickets.get(id);
        if (!ticket) continue;
        active.set(id, { ticket, tries, events: events.get(id) ?? 0 });
        waiting.delete(one);
      }
      changed ||= tickets.size > 0;
    }
    if (changed) {
      since = performance.now();
      continue;
    }
    await launcher.changed(pauseAfter(performance.now() - since, launcher.timing), signal);
  }
}

/** The user stops: jobs that end with hyde are ended, others stay. */
async function stop<T>(tickets: Ticket[], { launcher, launches, observer }: DriveOptions<T>): Promise<never> {
  if (launcher.endsWithHyde) {
    await launcher.cancel(tickets);
    for (const ticket of tickets) launches.ended(ticket, 'failed', 'interrupted');
  } else if (tickets.length) {
    observer.note(
      `${tickets.length} jobs go on without hyde; run the same command again to wait for them, or hyde cancel`,
    );
  }
  throw interrupted();
}
