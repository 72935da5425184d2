import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { WorkerCommand } from '../records/launch.js';
import { FailedError, InputError } from '../shared/errors.js';
import { quote } from '../shared/quote.js';
import { environmentWithoutSecrets } from '../shared/secrets.js';

/** Set-up lines such as `source ...` and `module load ...` are written for bash, whatever `sh` is. */
export const SHELL = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find(existsSync) ?? '/bin/sh';

/** A shell line that has the bash of another machine read a script, where there is one. */
export const byBash = (script: string): string =>
  `exec "$(command -v bash || command -v sh)" -c ${quote(script)}`;

/** A program, as a word of a POSIX shell; `~` is the home directory of the machine that runs it. */
const program = (path: string): string =>
  path.startsWith('~/') ? `"$HOME"/${quote(path.slice(2))}` : quote(path);

/** Arguments of Python that run a job folder: by several processes where there are several GPUs for it. */
export const workerArguments = ({ processes = 1 }: WorkerCommand): string[] => [
  ...(processes > 1 ? ['-m', 'torch.distributed.run', '--standalone', `--nproc_per_node=${processes}`] : []),
  ...['-m', 'hyde_worker', 'run'],
];

/** The shell script that runs a job folder; ends where a line of the set-up fails. `folder` is a shell word, quoted already. */
export function workerLine(
  worker: WorkerCommand,
  folder: string,
  { setup = [], cpus = null }: { setup?: readonly string[]; cpus?: number | null } = {},
): string {
  const exports = Object.entries(withThreads(worker.variables, cpus)).map(
    ([name, value]) => `export ${name}=${quote(value)}`,
  );
  const argv = [program(worker.python), ...workerArguments(worker), folder];
  return ['set -e', ...setup, ...exports, `exec ${argv.join(' ')}`].join('\n');
}

/** Variables of a worker that may use so many cores. */
export const withThreads = (
  variables: WorkerCommand['variables'],
  cpus: number | null,
): Record<string, string> => ({
  ...variables,
  ...(cpus === null ? {} : { OMP_NUM_THREADS: String(cpus) }),
});

/** Words of a command line: separated by spaces, held together by quotes, without any other meaning. */
export function words(line: string): string[] {
  const found = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return found.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
}

/** What a program gave back. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** More than a scheduler says of a hundred thousand jobs. */
const OUTPUT = 1 << 26;

/** A program did not end in time: whether it did what it was asked is not known. */
export class TimedOut extends FailedError {}

/**
 * Runs a program to its end, without hyde's secrets in its environment.
 *
 * @throws InputError where there is no such program, FailedError if it cannot be started, TimedOut after so many milliseconds
 */
export function execute(
  argv: readonly string[],
  {
    input = '',
    milliseconds = 60_000,
  }: { input?: string | undefined; milliseconds?: number | undefined } = {},
): Promise<Ran> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    // A process group of its own: a Ctrl-C in the terminal is hyde's to hear.
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: environmentWithoutSecrets(),
      detached: true,
    });
    const out: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (out[name].length < OUTPUT) out[name] += text;
      });
    }
    const timer = setTimeout(() => {
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
      reject(new TimedOut(`${program} did not answer for ${milliseconds / 1000} s`));
    }, milliseconds);
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(
        error.code === 'ENOENT'
          ? new InputError(`there is no program '${program}' on this machine`)
          : new FailedError(`${program} cannot be started (${error.code})`),
      );
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, ...out });
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
