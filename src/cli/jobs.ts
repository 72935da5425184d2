import { join } from 'node:path';
import { progressOf } from '../launchers/events.js';
import { readLaunches } from '../launchers/launches.js';
import type { LaunchRecord } from '../records/launch.js';

/** A fine-tune that a launcher was asked for, as its run folder tells. */
interface JobStatus {
  job: string;
  launcher: string;
  state: LaunchRecord['state'];
  attempt: number;
  handle: string;
  /** Share of its training that is done, 0 to 1; null before it says so. */
  trained: number | null;
  reason: string | null;
}

/** The jobs of a run folder; asks no launcher. */
export async function jobsOf(dir: string): Promise<JobStatus[]> {
  return [...(await readLaunches(dir)).values()].map(({ job, launcher, state, attempt, handle, reason }) => ({
    ...{ job, launcher, state, attempt, handle, reason: reason ?? null },
    trained: state === 'done' ? 1 : progressOf(join(dir, 'jobs', job)),
  }));
}

/** Jobs that are listed one by one. */
const LISTED = 20;

/** The same for people: counts, and what is not done. */
export function jobsLines(jobs: readonly JobStatus[]): string[] {
  if (!jobs.length) return [];
  const count = (state: JobStatus['state']): number => jobs.filter((job) => job.state === state).length;
  const open = jobs.filter(({ state }) => state !== 'done');
  const lines = open.slice(0, LISTED).map(({ job, state, attempt, handle, trained, reason }) => {
    const far = trained === null ? '' : `, ${Math.floor(trained * 100)}% trained`;
    const try_ = attempt > 1 ? `, attempt ${attempt}` : '';
    return `  ${job}  ${state}${try_}${far}${reason ? `: ${reason}` : ''} (${handle})`;
  });
  return [
    `jobs         ${jobs[0]?.launcher}: ${count('done')} done, ${count('submitted')} submitted, ${count('failed')} failed${count('refused') ? `, ${count('refused')} refused` : ''}`,
    ...lines,
    ...(open.length > LISTED ? [`  and ${open.length - LISTED} more`] : []),
  ];
}
