import { join } from 'node:path';
import type { LauncherName, LaunchRecord, Ticket } from '../records/launch.js';
import { InputError } from '../shared/errors.js';
import { Journal, readJournal } from '../shared/journal.js';

export const launchesFile = (folder: string): string => join(folder, 'jobs', 'launches.jsonl');

/** The last record of each job that a launcher was ever asked for, by job id. */
export async function readLaunches(folder: string): Promise<Map<string, LaunchRecord>> {
  const last = new Map<string, LaunchRecord>();
  for await (const record of readJournal<LaunchRecord>(launchesFile(folder))) {
    const { job, attempt, handle } = record;
    // A job's name becomes a path.
    if (/^[\w-]+$/.test(String(job)) && Number.isInteger(attempt) && typeof handle === 'string')
      last.set(job, record);
  }
  return last;
}

/** What a run folder's jobs were submitted as: written before a launcher is asked, read by a hyde that comes after. */
export class Launches {
  private readonly journal: Journal;

  private constructor(
    folder: string,
    private readonly launcher: LauncherName,
    private readonly known: Map<string, LaunchRecord>,
  ) {
    this.journal = new Journal(launchesFile(folder));
  }

  static async open(folder: string, launcher: LauncherName): Promise<Launches> {
    return new Launches(folder, launcher, await readLaunches(folder));
  }

  /**
   * The last record of a job.
   *
   * @throws InputError where it is still with another launcher, and could run twice
   */
  last(job: string): LaunchRecord | undefined {
    const record = this.known.get(job);
    if (record?.state === 'submitted' && record.launcher !== this.launcher) {
      throw new InputError(
        `${job} was submitted to launcher ${record.launcher}, and may still run there`,
        undefined,
        `set run: { launcher: ${record.launcher} } again, or cancel it (hyde cancel) before you change the launcher`,
      );
    }
    return record;
  }

  /** The last record of every job. */
  all(): LaunchRecord[] {
    return [...this.known.values()];
  }

  /** @param events size of the job's events so far */
  submitted(ticket: Ticket, events: number): void {
    this.write(ticket, { state: 'submitted', events });
  }

  ended(ticket: Ticket, state: 'done' | 'failed', reason?: string): void {
    this.write(ticket, { state, events: 0, ...(reason === undefined ? {} : { reason }) });
  }

  /** A job's result was there before its launcher was asked: it ended while no hyde watched. */
  found(job: string): void {
    const record = this.known.get(job);
    if (!record || record.state === 'done') return;
    const { reason: _, ...rest } = record;
    this.keep({ ...rest, state: 'done', events: 0, meta: { at: new Date().toISOString() } });
  }

  private write(
    { id, attempt, handle }: Ticket,
    what: Pick<LaunchRecord, 'state' | 'reason' | 'events'>,
  ): void {
    this.keep({
      job: id,
      attempt,
      launcher: this.launcher,
      handle,
      ...what,
      meta: { at: new Date().toISOString() },
    });
  }

  private keep(record: LaunchRecord): void {
    this.journal.append(record);
    this.known.set(record.job, record);
  }

  close(): void {
    this.journal.close();
  }
}
