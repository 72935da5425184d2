import type { Engine } from '../records/model.js';
import type { Observer } from '../shared/observer.js';

/** What an engine may use of the run it works for. */
export interface EngineContext {
  /** The run folder: job folders and adapters live in it. */
  folder: string;
  /** Folder of the audit file; a model given as a path is relative to it. */
  auditFolder: string;
  observer: Observer;
  signal?: AbortSignal | undefined;
}

/** Opens an engine by name; loads only what that engine needs. */
export async function openEngine(name: string, context: EngineContext): Promise<Engine> {
  switch (name) {
    case 'local':
      return new (await import('./local/engine.js')).LocalEngine(context);
    case 'scripted':
      return new (await import('./scripted.js')).ScriptedEngine(context);
    default:
      throw new Error(`no engine is called '${name}'`);
  }
}
