import type { Engine } from '../records/model.js';
import type { EngineContext } from './context.js';

/** How each engine is opened; loads only what that engine needs. */
const engines: Record<string, (context: EngineContext) => Promise<Engine>> = {
  local: async (context) => new (await import('./local/engine.js')).LocalEngine(context),
  tinker: async (context) => new (await import('./tinker/engine.js')).TinkerEngine(context),
  scripted: async (context) => new (await import('./scripted.js')).ScriptedEngine(context),
};

/** Engines by name: the first part of `engine/model`. */
export const ENGINES: readonly string[] = Object.keys(engines);

/** Opens an engine by a name out of `ENGINES`, or by that of one of the context's providers. */
export async function openEngine(name: string, context: EngineContext): Promise<Engine> {
  const open = engines[name];
  if (open) return open(context);
  const provider = context.providers?.[name];
  if (!provider) throw new Error(`no engine or provider is called '${name}'`);
  return new (await import('./openai/engine.js')).OpenAIEngine(name, provider, context);
}
