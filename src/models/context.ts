import type { Launch, LaunchSpec, OpenServers, ServeSpec } from '../records/launch.js';
import type { Provider } from '../records/provider.js';
import type { Observer } from '../shared/observer.js';

/** What an engine may use of the run it works for. */
export interface EngineContext {
  /** The run folder: job folders and adapters live in it. */
  folder: string;
  /** Folder of the audit file; a model given as a path is relative to it. */
  auditFolder: string;
  observer: Observer;
  signal?: AbortSignal | undefined;
  /** Served models by the name of their provider. */
  providers?: Readonly<Record<string, Provider>>;
  /** Requests in flight at one server at most; comes before what its provider says. */
  maxConnections?: number | undefined;
  /** Runs fine-tunes elsewhere than in the engine's own process. */
  launch?: { spec: LaunchSpec; run: Launch; servers?: Serving | undefined } | undefined;
}

/** Servers of a base that a launcher is to start. */
export interface Serving {
  spec: ServeSpec;
  open: OpenServers;
}
