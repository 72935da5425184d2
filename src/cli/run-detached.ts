import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { loadAudit } from '../plan/spec.js';
import { FailedError } from '../shared/errors.js';
import { writeError } from '../shared/files.js';
import { lockHolder } from '../shared/lock.js';
import { FILES } from '../shared/run-folder.js';
import { overridesOf, runFolderOf } from './options.js';
import { outputOf, print } from './output.js';

/**
 * Starts the same command without `--detach` in a session of its own, so that it outlives the terminal. An audit file that is
 * wrong is refused here, where its error is seen.
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
  let file: number;
  try {
    mkdirSync(out, { recursive: true });
    file = openSync(log, 'a');
  } catch (error) {
    throw writeError(error, log);
  }
  const [program, ...args] = process.argv.slice(1).filter((arg) => arg !== '--detach') as [
    string,
    ...string[],
  ];
  const child = spawn(process.execPath, [program, ...args], {
    detached: true,
    stdio: ['ignore', file, file],
  });
  const started = new Promise<void>((resolve, reject) => {
    child.on('spawn', resolve);
    child.on('error', (error) => reject(new FailedError(`hyde could not be started: ${error.message}`)));
  });
  await started.finally(() => closeSync(file));
  child.unref();
  print(
    outputOf(options),
    `hyde goes on as process ${child.pid}; what it says is in ${log}\nhyde status ${out} shows how far it is`,
    { pid: child.pid, folder: out, log },
  );
  return 0;
}
