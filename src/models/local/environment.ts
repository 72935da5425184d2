import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheFolder } from '../../shared/cache.js';
import { FailedError, InterruptedError } from '../../shared/errors.js';
import { withoutHome, writeError } from '../../shared/files.js';
import { shortHash } from '../../shared/hash.js';
import { takeLock } from '../../shared/lock.js';
import type { Observer } from '../../shared/observer.js';
import { packageRoot } from '../../shared/package.js';

/** How to start the worker: the Python that has torch, and the variables it needs. */
export interface WorkerEnvironment {
  python: string;
  variables: Record<string, string>;
}

const worker = join(packageRoot, 'worker');
const requirements = ['requirements.txt', 'requirements-embedded.txt'].map((name) => join(worker, name));

/** What a fresh set-up fetches; measured with the pinned versions, CPU build of torch. */
export const DOWNLOAD_NOTE =
  'about 0.5 GB from the Python package index, 1.3 GB on disk; a CUDA build of torch is larger';

/** Folder of the virtual environment; its name follows the pinned versions, so an upgrade makes a new one. */
export const environmentFolder = (): string =>
  join(cacheFolder(), `worker-${shortHash(requirements.map((path) => readFileSync(path, 'utf8')))}`);

/** Is the worker's Python there already? */
export const isReady = (): boolean =>
  Boolean(process.env.HYDE_PYTHON) || existsSync(join(environmentFolder(), 'ready'));

/**
 * The worker's Python: `HYDE_PYTHON` where the user has one with torch, transformers and peft, otherwise a
 * virtual environment of hyde's own, made on first use and kept in the cache.
 *
 * @throws FailedError if Python is missing or a package cannot be installed
 */
export async function workerEnvironment(
  observer: Observer,
  signal?: AbortSignal,
): Promise<WorkerEnvironment> {
  if (process.env.HYDE_PYTHON) return workerOf(process.env.HYDE_PYTHON);
  const folder = environmentFolder();
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (!existsSync(join(folder, 'ready'))) await makeEnvironment(folder, python, observer, signal);
  return workerOf(python);
}

/** The worker by a Python that has what it needs. */
export function workerOf(python: string): WorkerEnvironment {
  const path = [worker, process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  return {
    python,
    variables: { PYTHONPATH: path, HYDE_CACHE: cacheFolder(), PYTHONDONTWRITEBYTECODE: '1' },
  };
}

async function makeEnvironment(
  folder: string,
  python: string,
  observer: Observer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const base = await findPython();
  observer.note(`Setting up the Python worker, once: ${DOWNLOAD_NOTE}; into ${withoutHome(folder)}`);
  const release = await waitForLock(`${folder}.lock`, observer);
  try {
    if (existsSync(join(folder, 'ready'))) return;
    try {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw writeError(error, folder);
    }
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
    const steps: [text: string, program: string, args: string[]][] = [
      ['making a virtual environment', base, ['-m', 'venv', folder]],
      ['installing torch, transformers, peft', python, [...pip, '-r', requirements[0] as string]],
      [
        'installing the embedded model (98 MB)',
        python,
        [...pip, '--no-deps', '-r', requirements[1] as string],
      ],
    ];
    for (const [index, [text, program, args]] of steps.entries()) {
      observer.stage('set-up', text);
      observer.progress(index, steps.length, 'steps');
      await runQuietly(program, args, text, signal);
    }
    writeFileSync(join(folder, 'ready'), '');
    observer.progress(steps.length, steps.length, 'steps');
  } finally {
    release();
  }
}

/** Two runs that start together set up once: the second waits for the first. */
async function waitForLock(path: string, observer: Observer): Promise<() => void> {
  for (let waited = 0; ; waited++) {
    try {
      return takeLock(path, () => {});
    } catch (error) {
      if (!(error instanceof FailedError) || !error.message.includes('another hyde')) throw error;
      if (waited === 0) observer.note('another hyde is setting up the Python worker; waiting for it');
      if (waited > 900) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** The first Python 3.10 or newer on the path. */
export async function findPython(): Promise<string> {
  const check = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 3)';
  for (const name of ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    try {
      await runQuietly(name, ['-c', check], name);
      return name;
    } catch {
      // The next one.
    }
  }
  throw new FailedError(
    'no Python 3.10 or newer with venv was found',
    'install one (Debian: apt install python3-venv), or set HYDE_PYTHON to a Python that has torch, transformers and peft',
  );
}

/** Runs a program to its end; its last lines go into the error. */
function runQuietly(program: string, args: string[], what: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    // Its own process group: a Ctrl-C reaches it through the signal alone, and is not mistaken for a failure.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    let tail = '';
    const keep = (chunk: Buffer): void => {
      tail = (tail + chunk.toString()).slice(-2000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new FailedError(`${what}: ${error.message}`)));
    child.on('close', (code) => {
      if (signal?.aborted)
        return reject(new InterruptedError('interrupted while setting up the Python worker'));
      if (code === 0) return resolve();
      const lines = withoutHome(tail.trim()).split('\n').slice(-4).join('\n  ');
      reject(new FailedError(`${what} failed:\n  ${lines}`, 'mend this and run the same command again'));
    });
  });
}
