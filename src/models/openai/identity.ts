import { join } from 'node:path';
import type { ModelDescription } from '../../records/model.js';
import type { Provider } from '../../records/provider.js';
import { readJson, writeJson } from '../../shared/files.js';
import { hashOf, shortHash } from '../../shared/hash.js';
import type { EngineContext } from '../context.js';
import { adapterFolder, adapterHash } from './adapters.js';
import type { Wire } from './wire.js';

/** What a server says of a model, without what changes with the time of day or the address. */
interface Entry {
  id: string;
  root?: string;
  parent?: string;
  fingerprint?: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The model's entry in the list of a server; undefined where the server has no list, or it is not in it. */
async function entryOf(wire: Wire, model: string, attempts?: number): Promise<Entry | undefined> {
  const body = (await wire.ask('/models', undefined, attempts)).json as { data?: unknown } | undefined;
  const list = Array.isArray(body?.data) ? body.data : [];
  const found = list.find((each) => each?.id === model);
  if (!found) return undefined;
  const root = text(found.root);
  const parent = text(found.parent);
  const fingerprint = text(found.system_fingerprint ?? found.fingerprint);
  return {
    id: model,
    ...(root ? { root } : {}),
    ...(parent ? { parent } : {}),
    ...(fingerprint ? { fingerprint } : {}),
  };
}

/** A name that means the same weights for good: a dated snapshot, a fine-tune, a checkpoint. */
const SNAPSHOT = /(-\d{4}-\d{2}-\d{2}|-\d{8})$|^ft:|tinker:\/\//;

/**
 * What a served model is. The identity depends on the provider's name, the model's, further fields of the requests, and
 * what the server says of the model; not on the address.
 *
 * @param adapter hash of the adapter that the server was given, where it is one
 * @throws FailedError where the server cannot be asked
 */
export async function identityOf(
  wire: Wire,
  name: string,
  provider: Provider,
  model: string,
  adapter: string | undefined,
): Promise<Pick<ModelDescription, 'identity' | 'meta'> & { identityKnown: boolean }> {
  const entry = await entryOf(wire, model);
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
  wire: () => Wire,
): Promise<string> {
  const file = join(context.folder, 'jobs', `served-${name}.json`);
  const folder = adapterFolder(model, null, provider, context);
  let now: string;
  try {
    const entry = await entryOf(wire(), model, 1);
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
