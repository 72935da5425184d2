import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DriveOptions, drive } from '../../src/launchers/drive.js';
import type { Launcher } from '../../src/launchers/launcher.js';
import { Launches } from '../../src/launchers/launches.js';
import type { Attempt, Found, Job, LaunchSpec, Ticket } from '../../src/records/launch.js';
import { type Observer, silent } from '../../src/shared/observer.js';

export const spec: LaunchSpec = {
  ...{ launcher: 'local', parallel: 2, gpus: 0, cpus: 1, minutes: null, retries: 2, python: null, setup: [] },
  ...{ partition: null, account: null, options: [], host: null, remote: null, address: null },
  ...{ submit: null, state: null, cancel: null, logs: null },
};

export const runFolder = (): string => mkdtempSync(join(tmpdir(), 'hyde launch-'));

/** Job folders of a run folder. */
export function jobsIn(folder: string, count: number): Job[] {
  return Array.from({ length: count }, (_, index) => {
    const id = `train-${index}`;
    const job = { id, folder: join(folder, 'jobs', id) };
    mkdirSync(job.folder, { recursive: true });
    writeFileSync(join(job.folder, 'job.json'), '{}');
    return job;
  });
}

/**
 * A stand-in for Python and the worker: counts its runs in `runs`, does what `behave.sh` of the job folder says, and writes the result
 * as the worker does.
 */
export function fakePython(folder: string): string {
  return script(
    join(folder, 'python'),
    `cd "$4" || exit 1
echo run >> runs
[ -f behave.sh ] && . ./behave.sh
echo '{"ok":true}' > .result.tmp && mv .result.tmp result.json`,
  );
}

export function script(path: string, text: string): string {
  // A script that is running cannot be written to; a new one can take its place.
  writeFileSync(`${path}.new`, `#!/bin/sh\n${text}\n`);
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path);
  return path;
}

/** What the fake worker of a job does before it writes its result. */
export const behave = (job: Job, text: string): void => writeFileSync(join(job.folder, 'behave.sh'), text);

export const runsOf = (job: Job): number => {
  const path = join(job.folder, 'runs');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').length : 0;
};

/** The result of the fake worker; `{"ok":false}` stands for a damaged one. */
export async function look({ folder }: Job): Promise<Found<string>> {
  const path = join(folder, 'result.json');
  if (!existsSync(path)) return { state: 'absent' };
  const text = readFileSync(path, 'utf8').trim();
  return text === '{"ok":true}' ? { state: 'done', result: text } : { state: 'damaged', reason: 'damaged' };
}

/** Drives jobs to their end; outcomes as `id: done` or `id: message`, in the order of the ids. */
export async function driven(
  folder: string,
  launcher: Launcher,
  jobs: readonly Job[],
  more: Partial<DriveOptions<string>> & { name?: LaunchSpec['launcher'] } = {},
): Promise<string[]> {
  const launches = await Launches.open(folder, { ...spec, launcher: more.name ?? 'local' });
  const outcomes: string[] = [];
  try {
    const options = { launcher, launches, retries: 2, look, observer: silent, ...more };
    for await (const outcome of drive(jobs, options)) {
      outcomes.push(`${outcome.job.id}: ${'error' in outcome ? outcome.error.message : 'done'}`);
    }
  } finally {
    launches.close();
    await launcher.close();
  }
  return outcomes.toSorted();
}

/** Submits attempts, and gives what was taken. */
export async function submitted(launcher: Launcher, attempts: readonly Attempt[]): Promise<Ticket[]> {
  const taken: Ticket[] = [];
  const tell = { claimed() {}, refused() {}, taken: (ticket: Ticket) => void taken.push(ticket) };
  await launcher.submit(attempts, tell);
  return taken;
}

export const contextOf = (folder: string, more: Partial<LaunchSpec> = {}) => ({
  spec: { ...spec, ...more },
  folder,
  worker: { python: fakePython(folder), variables: { MARK: "it's" } },
  observer: silent,
});

/** An observer that keeps what it is told. */
export function listening(): Observer & { heard: string[] } {
  const heard: string[] = [];
  const keep = (text: string): void => {
    heard.push(text);
  };
  return { ...silent, heard, note: keep, warn: keep, detail: keep };
}
