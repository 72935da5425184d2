import { join } from 'node:path';
import { hasBegun, progressOf } from '../launchers/events.js';
import { readLaunches } from '../launchers/launches.js';
import { addressOf, isServer } from '../launchers/server-folder.js';

/** A fine-tune or a server that a launcher was asked for, as its run folder tells. */
interface JobStatus {
  job: string;
  launcher: string;
  /** `begun`: its worker has written something since it was submitted. */
  state: 'submitted' | 'begun' | 'done' | 'failed';
  attempt: number;
  handle: string;
  /** Share of its training that is done, 0 to 1; null before it says so, and for servers. */
  trained: number | null;
  /** Where a server says it listens. */
  url: string | null;
  reason: string | null;
}

/** The jobs of a run folder; asks no launcher. */
export async function jobsOf(dir: string): Promise<JobStatus[]> {
  return [...(await readLaunches(dir)).values()].map((record) => {
    const { job, launcher, attempt, handle, events, reason = null } = record;
    const folder = join(dir, 'jobs', job);
    const state = record.state === 'submitted' && hasBegun(folder, events) ? 'begun' : record.state;
    return {
      ...{ job, launcher, state, attempt, handle, reason },
      trained: state === 'done' && !isServer(job) ? 1 : progressOf(folder, events),
      url: (state === 'begun' && isServer(job) && addressOf(folder)) || null,
    };
  });
}

/** Jobs that are listed one by one. */
const LISTED = 20;

/** The same for people: counts, and what is not done. Servers that have ended are no news. */
export function jobsLines(all: readonly JobStatus[]): string[] {
  const jobs = all.filter(({ job }) => !isServer(job));
  const servers = all.filter(
    ({ job, state }) => isServer(job) && (state === 'begun' || state === 'submitted'),
  );
  return [
    ...(jobs.length ? [`jobs         ${countsOf(jobs, ['done', 'begun', 'submitted', 'failed'])}`] : []),
    ...listOf(jobs.filter(({ state }) => state !== 'done')),
    ...(servers.length ? [`servers      ${countsOf(servers, ['begun', 'submitted'])}`] : []),
    ...listOf(servers),
  ];
}

function countsOf(jobs: readonly JobStatus[], states: readonly JobStatus['state'][]): string {
  const counts = states.map((state) => `${jobs.filter((job) => job.state === state).length} ${state}`);
  return `${jobs[0]?.launcher}: ${counts.join(', ')}`;
}

function listOf(jobs: readonly JobStatus[]): string[] {
  const lines = jobs.slice(0, LISTED).map(({ job, state, attempt, handle, trained, url, reason }) => {
    const far = trained === null ? '' : `, ${Math.floor(trained * 100)}% trained`;
    const try_ = attempt > 1 ? `, attempt ${attempt}` : '';
    // On this machine a handle is the name and the attempt once more.
    const name = handle.startsWith(job) ? '' : ` (${handle})`;
    return `  ${job}  ${state}${url ? ` at ${url}` : ''}${try_}${far}${reason ? `: ${reason}` : ''}${name}`;
  });
  return [...lines, ...(jobs.length > LISTED ? [`  and ${jobs.length - LISTED} more`] : [])];
}
