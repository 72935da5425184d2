import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LAUNCHERS, type LaunchRecord, type LaunchSpec, type Ticket } from '../records/launch.js';
import { InputError } from '../shared/errors.js';
import { readJson, withoutHome, writeJson } from '../shared/files.js';
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

/** Is this the id of a server, and not of a fine-tune? */
export const isServer = (job: string): boolean => /^serve-[0-9a-f]{16}-\d+$/.test(job);

const placeFile = (folder: string): string => join(folder, 'jobs', 'launcher.json');

/** How the launcher is reached that jobs of this run folder were last submitted to, whatever the audit says now. */
export function lastLauncher(folder: string): LaunchSpec | undefined {
  const spec = readJson<Partial<LaunchSpec>>(placeFile(folder));
  if (spec === undefined) return undefined;
  if (!LAUNCHERS.some((name) => name === spec.launcher))
    throw new InputError('is damaged: it names no launcher', { file: placeFile(folder) });
  return spec as LaunchSpec;
}

/** Where a launcher's jobs are: with another one they would not be found. */
function placeOf({ launcher, host, remote, address }: LaunchSpec): string {
  const url = launcher === 'ray' ? (address ?? process.env.RAY_API_SERVER_ADDRESS) : null;
  return [launcher, host, remote, url].filter(Boolean).join(' ');
}

/**
 * Refuses a run whose fine-tunes could be trained in folders in which others still train them.
 *
 * @param spec the launcher that the audit names now; undefined where fine-tunes are made without one
 * @throws InputError where jobs are with another launcher, or at another place
 */
export async function checkHeld(folder: string, spec: LaunchSpec | undefined): Promise<void> {
  const last = lastLauncher(folder);
  if (last === undefined || (spec && placeOf(spec) === placeOf(last))) return;
  const held = [...(await readLaunches(folder)).values()].filter(
    ({ job, state }) =>
      state === 'submitted' && !isServer(job) && !existsSync(join(folder, 'jobs', job, 'result.json')),
  );
  const [first] = held;
  if (!first) return;
  const others = held.length > 1 ? ` and ${held.length - 1} more` : '';
  throw new InputError(
    `${first.job}${others} may still run with launcher ${placeOf(last)}, and the audit names ${spec ? placeOf(spec) : 'none'}`,
    { file: withoutHome(folder) },
    'hyde cancel DIR ends them; or name that launcher again, and they are waited for',
  );
}

/** What a run folder's jobs were submitted as: written before a launcher is asked, read by a hyde that comes after. */
export class Launches {
  private readonly journal: Journal;

  private constructor(
    folder: string,
    private readonly launcher: LaunchSpec['launcher'],
    private readonly known: Map<string, LaunchRecord>,
  ) {
    this.journal = new Journal(launchesFile(folder));
  }

  /** @throws InputError as `checkHeld` does */
  static async open(folder: string, spec: LaunchSpec): Promise<Launches> {
    await checkHeld(folder, spec);
    const address =
      spec.launcher === 'ray' ? (spec.address ?? process.env.RAY_API_SERVER_ADDRESS ?? null) : null;
    writeJson(placeFile(folder), { ...spec, address });
    return Launches.read(folder, spec);
  }

  /** For what was submitted already. */
  static async read(folder: string, { launcher }: LaunchSpec): Promise<Launches> {
    return new Launches(folder, launcher, await readLaunches(folder));
  }

  /** The last record of a job. */
  last(job: string): LaunchRecord | undefined {
    return this.known.get(job);
  }

  /** The last record of every job. */
  all(): LaunchRecord[] {
    return [...this.known.values()];
  }

  /** @param events size of the job's events so far */
  submitted(ticket: Ticket, events: number): void {
    this.write(ticket, { state: 'submitted', events });
  }

  /** The launcher has it, but does not run it; the same record again without a reason where it does. */
  waits(ticket: Ticket, events: number, reason?: string): void {
    this.write(ticket, { state: 'submitted', events, ...(reason === undefined ? {} : { reason }) });
  }

  /** The launcher was asked and has not taken it. */
  refused(ticket: Ticket, reason: string): void {
    this.write(ticket, { state: 'refused', events: 0, reason });
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
