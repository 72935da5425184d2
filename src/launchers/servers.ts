import type { LaunchSpec, OpenServers, ServeSpec } from '../records/launch.js';
import { withoutHome } from '../shared/files.js';
import type { Observer } from '../shared/observer.js';
import { Fleet } from './fleet.js';
import { Launches } from './launches.js';
import { openLauncher } from './open.js';
import type { Health } from './server-watch.js';
import { words } from './shell.js';

/** Seconds without a sign of hyde's life after which a server ends by itself. */
const LEASE = 600;

/**
 * How servers are started for a run: as jobs of its launcher, in folders like those of other jobs. A server that a killed hyde left
 * is taken over where it serves the same, and told to end otherwise.
 */
export function servers(
  spec: LaunchSpec & { serve: ServeSpec },
  {
    folder,
    observer,
    signal,
    health,
  }: { folder: string; observer: Observer; signal: AbortSignal | undefined; health?: Health },
): OpenServers {
  return async (model, name, worker) => {
    const { serve } = spec;
    const { gpus, cpus, minutes, partition, options, setup, count } = serve;
    const own = { ...spec, gpus, cpus, minutes, partition, options, setup, parallel: count };
    const values: Record<string, string> = {
      ...{ model, name, adapters: String(serve.adapters), rank: String(serve.rank) },
      gpus: String(gpus ?? 1),
    };
    const command = words(serve.command).map((word) =>
      withoutHome(
        word.replace(/\{(model|name|adapters|rank|gpus)\}/g, (_, key: string) => values[key] as string),
      ),
    );
    const job = { kind: 'server', command, bind: serve.bind, port: serve.port, lease: LEASE };
    const launches = await Launches.open(folder, spec);
    const launcher = await openLauncher({ spec: own, folder, worker, observer });
    return new Fleet({ serve, spec: own, folder, observer, signal, launcher, launches, job, name, health });
  };
}
