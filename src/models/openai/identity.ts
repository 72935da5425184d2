import { join } from 'node:path';
import type { ModelDescription } from '../../records/model.js';
import type { Provider } from '../../records/provider.js';
import { readJson, writeJson } from '../../shared/files.js';
import { hashOf, shortHash } from '../../shared/hash.js';
import type { EngineContext } from '../context.js';
import { adapterFolder, adapterHash } from './adapters.js';
import type { Entry } from './entry.js';
import type { Host } from './host.js';

/** A name that means the same weights for good: a dated snapshot, a fine-tune, a checkpoint. */
const SNAPSHOT = /(-\d{4}-\d{2}-\d{2}|-\d{8})$|^ft:|tinker:\/\//;

/**
 * What a served model is. The identity depends on the provider's name, the model's, further fields of the requests, and
 * what the servers say of the model; not on addresses.
 *
 * @param entry what the servers say of it
 * @param adapter hash of the adapter that they were given, where it is one
 */
export function identityOf(
  name: string,
  provider: Provider,
  model: string,
  entry: Entry | undefined,
  adapter: string | undefined,
): Pick<ModelDescription, 'identity' | 'meta'> & { identityKnown: boolean } {
  const stated = provider.models?.[model]?.identity;
  const body = provider.body ?? null;
  const snapshot = provider.snapshots === true && SNAPSHOT.test(model);
  return {
    identity: hashOf(
      stated ? { stated, adapter, body } : { provider: name, model, body, adapter, entry: entry ?? null },
    ),
    identityKnown: stated !== undefined || adapter !== undefined || snapshot,
    meta: { listed: entry !== undefined },
  };
}

/**
 * Changes when other weights may stand behind the model's name. A server that cannot be reached is taken for what it
 * was when it last could: a finished run is shown again without it.
 */
export async function fingerprintOf(
  name: string,
  provider: Provider,
  model: string,
  context: EngineContext,
  hosts: () => readonly Host[],
): Promise<string> {
  const file = join(context.folder, 'jobs', `served-${name}.json`);
  const folder = adapterFolder(model, null, provider, context);
  let now: string;
  try {
    const entry = await Promise.any(hosts().map((host) => host.entry(model, 1)));
    now = shortHash({ entry: entry ?? null, adapter: folder ? await adapterHash(folder) : null });
  } catch {
    // Why it cannot be reached is said where it is needed: when the model is described or asked.
    const seen = readJson<Record<string, string>>(file)?.[model];
    return shortHash([name, model, provider.body ?? null, seen ?? null]);
  }
  // Read again: several models may be looked at at once.
  const seen = readJson<Record<string, string>>(file) ?? {};
  if (seen[model] !== now) writeJson(file, { ...seen, [model]: now });
  return shortHash([name, model, provider.body ?? null, now]);
}
