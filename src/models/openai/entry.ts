import type { Wire } from './wire.js';

/** What a server says of a model, without what changes with the time of day or the address. */
export interface Entry {
  id: string;
  root?: string;
  parent?: string;
  fingerprint?: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The model's entry in the list of a server; undefined where the server has no list, or it is not in it. */
export async function entryOf(wire: Wire, model: string, attempts?: number): Promise<Entry | undefined> {
  const body = (await wire.list(attempts)) as { data?: unknown } | undefined;
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
