import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Job } from '../records/launch.js';
import { FailedError, InputError } from '../shared/errors.js';
import { readJson } from '../shared/files.js';
import { shortHash } from '../shared/hash.js';
import { packageRoot } from '../shared/package.js';
import { quote } from '../shared/quote.js';
import { execute, type Ran } from './shell.js';

/** Where a scheduler's commands are called: on this machine, or on a login node. */
export interface Site {
  /** @param milliseconds after which it counts as hung */
  run(argv: readonly string[], input?: string, milliseconds?: number): Promise<Ran>;
  /** A path of the run folder, as it is there. */
  there(path: string): string;
  /** Variables that the worker needs there, in place of those of this machine. */
  variables?: Record<string, string>;
  /** Copies what jobs need, and further files, to the other side. */
  send(jobs: readonly Job[], files: readonly string[]): Promise<void>;
  /** Copies what jobs wrote back. */
  fetch(jobs: readonly Job[]): Promise<void>;
}

/** This machine; the run folder is on a file system that the nodes share. */
export const here: Site = {
  run: (argv, input, milliseconds) => execute(argv, { input, milliseconds }),
  there: (path) => path,
  send: async () => {},
  fetch: async () => {},
};

/** Copying adapters may take long. */
const COPY_MS = 3_600_000;

/**
 * A login node by ssh, without a password prompt; job folders are copied there and back by rsync.
 *
 * @param remote folder on that host
 * @param folder the run folder here
 */
export async function overSsh(host: string, remote: string, folder: string): Promise<Site> {
  const ssh = ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', '-T', '--', host];
  const run: Site['run'] = async (argv, input, milliseconds) => {
    const ran = await execute([...ssh, argv.map(quote).join(' ')], { input, milliseconds });
    // 255 is ssh's own: the command was not run, or its end is not known.
    if (ran.code === 255) throw new FailedError(`ssh to ${host}: ${lastLine(ran.stderr)}`);
    return ran;
  };
  const copy = async (
    options: string[],
    from: string,
    to: string,
    list: readonly string[],
  ): Promise<void> => {
    const argv = ['rsync', '-a', '-r', ...options, '--files-from=-', '-e', 'ssh -o BatchMode=yes', from, to];
    const { code, stderr } = await execute(argv, { input: `${list.join('\n')}\n`, milliseconds: COPY_MS });
    if (code !== 0) throw new FailedError(`rsync with ${host}: ${lastLine(stderr)}`);
  };
  const home = remote.startsWith('~/') ? (await run(['pwd'])).stdout.trim() : '';
  const root = join(home ? join(home, remote.slice(2)) : remote, shortHash(folder));
  const made = await run(['mkdir', '-p', root]);
  if (made.code !== 0) throw new InputError(`run.remote on ${host}: ${lastLine(made.stderr)}`);
  const inside = (path: string): string => relative(folder, path);
  /** The worker's code is there. */
  let coded = false;
  const there = (path: string): string => join(root, inside(path));
  /** What was removed here, since it was damaged or of another job, must not be taken for a result there. */
  const forget = async (jobs: readonly Job[]): Promise<void> => {
    const gone = jobs.flatMap(({ folder }) =>
      ['result.json', 'adapter', ...stagesOf(folder)]
        .map((name) => join(folder, name))
        .filter((path) => !existsSync(path)),
    );
    const { code, stderr } = await run(
      ['xargs', '-0', 'rm', '-rf', '--'],
      gone.map((path) => `${there(path)}\0`).join(''),
    );
    if (code !== 0) throw new FailedError(`${host}: ${lastLine(stderr)}`);
  };
  return {
    run,
    there,
    variables: { PYTHONPATH: join(root, 'worker'), PYTHONDONTWRITEBYTECODE: '1' },
    async send(jobs, files) {
      if (!coded) await copy([], `${packageRoot}/`, `${host}:${root}/`, ['worker/hyde_worker']);
      coded = true;
      await forget(jobs);
      const list = [
        ...jobs.map((job) => join(inside(job.folder), 'job.json')),
        // Stages that another job made and this one goes on from.
        ...jobs.flatMap(({ folder }) => stagesIn(folder).map((stage) => join(inside(folder), stage))),
        ...files.map(inside),
        'datasets',
      ];
      await copy([], `${folder}/`, `${host}:${root}/`, list);
    },
    async fetch(jobs) {
      const list = jobs.map((job) => inside(job.folder));
      // A result counts when all that it speaks of is there, so it comes last.
      await copy(
        ['--exclude=/jobs/*/result.json', '--exclude=.*.tmp'],
        `${host}:${root}/`,
        `${folder}/`,
        list,
      );
      await copy([], `${host}:${root}/`, `${folder}/`, list);
    },
  };
}

/** Names of all stages that a job has, whether they are there or not. */
function stagesOf(folder: string): string[] {
  const { length } = readJson<{ stages?: unknown[] }>(join(folder, 'job.json'))?.stages ?? [];
  return Array.from({ length }, (_, index) => `stage-${index + 1}`);
}

const stagesIn = (folder: string): string[] => readdirSync(folder).filter((name) => /^stage-\d+$/.test(name));

/** The last line that a program printed, for an error. */
export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() || 'no reason given';
