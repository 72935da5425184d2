import type { Engine } from '../records/model.js';
import type { EngineContext } from './context.js';

/** How each engine is opened; loads only what that engine needs. */
const engines: Record<string, (context: EngineContext) => Promise<Engine>> = {
  local: async (context) => {
    const servers = context.launch?.servers;
    return servers
      ? new (await import('./served-local.js')).ServedLocalEngine(context, servers)
      : new (await import('./local/engine.js')).LocalEngine(context);
  },
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

/** Engines by name, each opened once, also where several ask for it at the same time. */
export class Engines {
  private readonly opened = new Map<string, Promise<Engine>>();

  constructor(private readonly make: (name: string) => Promise<Engine>) {}

  /** The engine of this name, opened where it is not yet; one that could not be opened is tried again. */
  async open(name: string): Promise<Engine> {
    const known = this.opened.get(name);
    if (known) return known;
    const opening = this.make(name);
    this.opened.set(name, opening);
    opening.catch(() => this.opened.delete(name));
    return opening;
  }

  /** Close what is open by now, in the order in which it was opened. */
  closers(): (() => Promise<void>)[] {
    return [...this.opened.values()].map((opening) => async () => {
      // What could not be opened was said where it was asked for.
      const engine = await opening.catch(() => undefined);
      await engine?.close();
    });
  }
}
