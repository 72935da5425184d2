import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { withHome } from '../shared/files.js';
import { quote } from '../shared/quote.js';
import type { Launcher, LauncherContext } from './launcher.js';
import { PROCESSES_ARE_LISTED } from './process-file.js';
import { Processes } from './processes.js';
import { withThreads, workerArguments, workerLine } from './shell.js';

/** Several worker processes on this machine, each with GPUs or CPU threads of its own. */
export function local({ spec, worker }: LauncherContext): Launcher {
  const devices = gpus();
  const perJob = Math.min(spec.gpus ?? 1, devices.length);
  const slots = slotsOf(spec, devices.length);
  const threads = process.env.OMP_NUM_THREADS ? null : Math.max(1, Math.floor(cpus().length / slots));
  const cores = spec.cpus ?? threads;
  return new Processes({
    slots,
    devices,
    perJob,
    minutes: spec.minutes,
    start({ folder }) {
      const processes = Math.max(1, Math.min(worker.processes ?? 1, perJob));
      // A shell between would cost as much as the process itself. By their command lines several processes are one like the other.
      if (spec.setup.length > 0 || processes > 1 || !PROCESSES_ARE_LISTED)
        return workerLine({ ...worker, processes }, quote(folder), { setup: spec.setup, cpus: cores });
      const argv = [withHome(worker.python), ...workerArguments({ ...worker, processes }), folder];
      return { argv, variables: withThreads(worker.variables, cores) };
    },
  });
}

/** Jobs at once: as many as the GPUs are enough for; one where there are none, unless the audit says more. */
export function slotsOf({ parallel, gpus }: LauncherContext['spec'], devices: number): number {
  const perJob = Math.min(gpus ?? 1, devices);
  const room = perJob ? Math.floor(devices / perJob) : (parallel ?? 1);
  return Math.max(1, Math.min(parallel ?? room, room));
}

/** The GPUs that CUDA would show: those that the environment names, or all. */
function gpus(): string[] {
  const named = process.env.CUDA_VISIBLE_DEVICES;
  if (named !== undefined) return named.split(',').filter((name) => name.trim() !== '' && name !== '-1');
  const { stdout, status } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' });
  const lines = status === 0 ? stdout.split('\n').filter((line) => line.startsWith('GPU ')) : [];
  return lines.map((_, index) => String(index));
}
