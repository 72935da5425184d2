import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isServer, Launches, lastLauncher, readLaunches } from '../launchers/launches.js';
import { openLauncher } from '../launchers/open.js';
import { stopServer } from '../launchers/server-folder.js';
import { InputError } from '../shared/errors.js';
import { openFolder } from '../shared/run-folder.js';
import { outputOf, print } from './output.js';
import { terminalObserver } from './progress.js';

/**
 * Cancels what the launcher of a run folder still has, as it was reached when the jobs were submitted.
 *
 * @throws FailedError while a hyde works on the folder: it would only submit the jobs again
 */
export async function cancelJobs(dir: string, options: Record<string, unknown>): Promise<number> {
  if (!existsSync(dir)) throw new InputError('there is no such run folder', { file: dir });
  const launch = lastLauncher(dir);
  const held = [...(await readLaunches(dir)).values()].filter(({ state }) => state === 'submitted');
  if (held.length && !launch) {
    throw new InputError(
      'does not say which launcher its jobs were submitted to',
      { file: dir },
      'jobs/launcher.json is missing',
    );
  }
  if (launch && held.length) {
    const folder = openFolder(dir, terminalObserver(options.quiet === true));
    try {
      const tickets = held.map(({ job, attempt, handle }) => ({
        ...{ id: job, attempt, handle },
        folder: join(folder.path, 'jobs', job),
      }));
      const worker = { python: '', variables: {} };
      const launcher = await openLauncher({
        spec: launch,
        folder: folder.path,
        worker,
        observer: folder.observer,
      });
      const launches = await Launches.read(folder.path, launch);
      try {
        // Servers end by themselves when they are told, also where there is no command that cancels.
        for (const { id, folder } of tickets) if (isServer(id)) stopServer(folder);
        await launcher.cancel(tickets);
        for (const ticket of tickets) launches.ended(ticket, 'failed', 'it was cancelled');
      } finally {
        launches.close();
        await launcher.close();
      }
    } finally {
      folder.close();
    }
  }
  print(outputOf(options), `${held.length} jobs cancelled`, { cancelled: held.map(({ job }) => job) });
  return 0;
}
