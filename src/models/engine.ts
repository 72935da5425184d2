import type { Engine } from '../records/model.js';
import type { EngineContext } from './context.js';

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
