import type { Launch, LaunchSpec, OpenServers, ServeSpec } from '../records/launch.js';
import type { Observer } from '../shared/observer.js';
import { launcher } from './open.js';

/** What engines need of the launcher that an audit names. */
export function launching(
  spec: LaunchSpec,
  run: { folder: string; observer: Observer; signal: AbortSignal | undefined },
): { spec: LaunchSpec; run: Launch; servers?: { spec: ServeSpec; open: OpenServers } } {
  const { serve } = spec;
  const launch = { spec, run: launcher(spec, run) };
  if (!serve) return launch;
  const open: OpenServers = async (...model) =>
    (await import('./servers.js')).servers({ ...spec, serve }, run)(...model);
  return { ...launch, servers: { spec: serve, open } };
}
