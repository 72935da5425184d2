import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Model } from '../../records/model.js';
import type { Provider } from '../../records/provider.js';
import { InputError } from '../../shared/errors.js';
import { withHome, withoutHome } from '../../shared/files.js';
import { hashFile, shortHash } from '../../shared/hash.js';
import type { EngineContext } from '../context.js';

/** The files that an adapter in PEFT's format is made of. */
const FILES = ['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin'];

/** Hash of an adapter's files. @throws InputError where the folder holds none */
export async function adapterHash(folder: string): Promise<string> {
  const found = FILES.filter((file) => existsSync(join(folder, file)));
  if (found.length < 2) {
    throw new InputError(
      'holds no LoRA adapter',
      { file: withoutHome(folder) },
      'adapter_config.json and adapter_model.safetensors are needed, as PEFT writes them',
    );
  }
  return shortHash(await Promise.all(found.map((file) => hashFile(join(folder, file)))));
}

/** Where a model's adapter lies: in the run folder, or where its provider's entry says; undefined where it has none. */
export function adapterFolder(
  base: string,
  adapter: string | null,
  provider: Provider,
  { folder, auditFolder }: EngineContext,
): string | undefined {
  if (adapter !== null) return join(folder, adapter);
  const own = provider.models?.[base]?.adapter;
  return own === undefined ? undefined : resolve(auditFolder, withHome(own));
}

/** An adapter that a server is to load. */
export interface Adapter {
  /** The name that the server gets to know it by. */
  name: string;
  folder: string;
}

/** A model as servers know it. */
export interface Served {
  name: string;
  adapter?: Adapter;
  /** The model that the adapter was trained on, where it is known by name. */
  base?: string;
}

/** Finds the names by which servers know models; each adapter is read once. */
export class ServedNames {
  private readonly adapters = new Map<string, Promise<Adapter>>();

  constructor(
    private readonly provider: Provider,
    private readonly context: EngineContext,
  ) {}

  /**
   * An adapter is named by its content, so that one that was trained again is never taken for the one before it.
   *
   * @throws InputError where the provider takes no adapters, or the folder holds none
   */
  async of({ engine, base, adapter }: Pick<Model, 'engine' | 'base' | 'adapter'>): Promise<Served> {
    const folder = adapterFolder(base, adapter, this.provider, this.context);
    if (folder === undefined) return { name: base };
    if (!this.provider['lora-loading']) {
      throw new InputError(
        `${engine} does not take adapters while it runs`,
        undefined,
        'a vLLM server does: say `lora-loading: true` for a provider that is one',
      );
    }
    const reading = this.adapters.get(folder) ?? this.read(folder);
    this.adapters.set(folder, reading);
    try {
      const read = await reading;
      return { name: read.name, adapter: read, ...(adapter === null ? {} : { base }) };
    } catch (error) {
      this.adapters.delete(folder);
      throw error;
    }
  }

  private async read(folder: string): Promise<Adapter> {
    return { name: `hyde-${await adapterHash(folder)}`, folder };
  }
}
