import type { Launch, LauncherName, LaunchSpec } from '../records/launch.js';
import { stopIfAborted } from '../shared/interrupted.js';
import type { Observer } from '../shared/observer.js';
import { drive } from './drive.js';
import { type Launcher, type LauncherContext, sleep } from './launcher.js';
import { Launches } from './launches.js';
import { Reach } from './reach.js';

/** How each launcher is opened; loads only what it needs. */
const launchers: Record<LauncherName, (context: LauncherContext) => Promise<Launcher>> = {
  local: async (context) => (await import('./local.js')).local(context),
  slurm: async (context) => (await import('./slurm.js')).Slurm.open(context),
  ray: async (context) => (await import('./ray.js')).Ray.open(context),
  command: async (context) => (await import('./command.js')).command(context),
};

export const openLauncher = (context: LauncherContext): Promise<Launcher> =>
  launchers[context.spec.launcher](context);

/** Runs job folders of a run by the launcher that its audit names. */
export function launcher(
  spec: LaunchSpec,
  { folder, observer, signal }: { folder: string; observer: Observer; signal: AbortSignal | undefined },
): Launch {
  return async function* (jobs, worker, hooks) {
    const launches = await Launches.open(folder, spec);
    try {
      const opened = await openPatiently({ spec, folder, worker, observer }, signal);
      try {
        const { retries } = spec;
        yield* drive(jobs, { ...hooks, launcher: opened, launches, retries, observer, signal });
      } finally {
        await opened.close();
      }
    } finally {
      launches.close();
    }
  };
}

/** Milliseconds between two tries to open a launcher. */
const AGAIN = 5000;

/** A login node may be away for a while. */
export async function openPatiently(
  context: LauncherContext,
  signal: AbortSignal | undefined,
  pause = AGAIN,
): Promise<Launcher> {
  const reach = new Reach('cannot be reached', context.observer);
  for (;;) {
    const opened = await reach.call(() => openLauncher(context));
    if (opened) return opened;
    await sleep(pause, signal);
    stopIfAborted(signal);
  }
}
