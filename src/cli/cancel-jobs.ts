import { join } from 'node:path';
import { Launches, readLaunches } from '../launchers/launches.js';
import { openLauncher } from '../launchers/open.js';
import { isServer, stopServer } from '../launchers/server-folder.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { FILES, openFolder, readRunFile } from '../shared/run-folder.js';
import { outputOf, print } from './output.js';
import { terminalObserver } from './progress.js';

/**
 * Cancels what the launcher of a run folder still has.
 *
 * @throws FailedError while a hyde works on the folder: it would only submit the jobs again
 */
export async function cancelJobs(dir: string, options: Record<string, unknown>): Promise<number> {
  const { launch } = readRunFile<Partial<Spec>>(dir, FILES.spec);
  const held = [...(await readLaunches(dir)).values()].filter(({ state }) => state === 'submitted');
  const other = held.find(({ launcher }) => launcher !== launch?.launcher);
  if (other) {
    throw new InputError(
      `${other.job} was submitted to launcher ${other.launcher}, and ${FILES.spec} no longer says how to reach it`,
      { file: dir },
      `set run: { launcher: ${other.launcher} } in the audit file and run it once more`,
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
      const launches = await Launches.open(folder.path, launch.launcher);
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
