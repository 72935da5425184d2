import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAudit } from '../plan/spec.js';
import { FailedError } from '../shared/errors.js';
import { writeError } from '../shared/files.js';
import { lockHolder } from '../shared/lock.js';
import { FILES } from '../shared/run-folder.js';
import { overridesOf, runFolderOf } from './options.js';
import { outputOf, print } from './output.js';

/** Flags that are for the process that starts the other one. */
const OWN = new Set(['--detach', '--json']);
/** Milliseconds that a hyde may take until it holds the run folder, or ends. */
const START = 20_000;

/**
 * Starts the same command without `--detach` in a session of its own, so that it outlives the terminal. What goes wrong before it
 * works on the folder is said here, where it is seen.
 *
 * @throws FailedError while another hyde works on the folder
 */
export async function runDetached(audit: string, options: Record<string, unknown>): Promise<number> {
  await loadAudit(audit, overridesOf(options));
  const out = runFolderOf(audit, options);
  const holder = lockHolder(join(out, FILES.lock));
  if (holder)
    throw new FailedError(`another hyde (process ${holder.pid} on ${holder.host}) works on this run folder`);
  const log = join(out, FILES.detached);
  let [file, said] = [0, 0];
  try {
    mkdirSync(out, { recursive: true });
    file = openSync(log, 'a');
    said = fstatSync(file).size;
  } catch (error) {
    throw writeError(error, log);
  }
  const [program, ...args] = process.argv.slice(1).filter((arg) => !OWN.has(arg)) as [string, ...string[]];
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    stdio: ['ignore', file, file],
  });
  const started = new Promise<void>((resolve, reject) => {
    child.on('spawn', resolve);
    child.on('error', (error) => reject(new FailedError(`hyde could not be started: ${error.message}`)));
  });
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  await started.finally(() => closeSync(file));
  const code = await Promise.race([ended, holds(join(out, FILES.lock), child)]);
  if (code !== undefined && code !== 0) {
    process.stderr.write(readFileSync(log).subarray(said));
    return code;
  }
  child.unref();
  print(
    outputOf(options),
    `hyde ${code === 0 ? 'is done already' : `goes on as process ${child.pid}`}; what it says is in ${log}\nhyde status ${out} shows how far it is`,
    { pid: child.pid, folder: out, log },
  );
  return 0;
}

/** Resolves when the process holds the lock, has ended, or could have. */
async function holds(lock: string, child: ChildProcess): Promise<undefined> {
  for (const since = performance.now(); performance.now() - since < START && child.exitCode === null; ) {
    if (lockHolder(lock)?.pid === child.pid) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
