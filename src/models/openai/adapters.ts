import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Model } from '../../records/model.js';
import type { Provider } from '../../records/provider.js';
import { FailedError, InputError } from '../../shared/errors.js';
import { withHome, withoutHome } from '../../shared/files.js';
import { hashFile, shortHash } from '../../shared/hash.js';
import type { EngineContext } from '../context.js';
import { entryOf } from './entry.js';
import type { Wire } from './wire.js';

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

/** Has adapters loaded into a server that takes them while it runs (vLLM), each once. */
export class AdapterLoader {
  private readonly loaded = new Map<string, Promise<string>>();

  constructor(
    private readonly name: string,
    private readonly provider: Provider,
    private readonly context: EngineContext,
  ) {}

  /**
   * The name by which the server knows the model; loads its adapter first where it has one. An adapter is named by its
   * content, so that one that was trained again is never taken for the one before it.
   */
  async nameOf({ base, adapter }: Pick<Model, 'base' | 'adapter'>, wire: Wire): Promise<string> {
    const folder = adapterFolder(base, adapter, this.provider, this.context);
    if (folder === undefined) return base;
    const loading = this.loaded.get(folder) ?? this.load(folder, wire);
    this.loaded.set(folder, loading);
    try {
      return await loading;
    } catch (error) {
      this.loaded.delete(folder);
      throw error;
    }
  }

  private async load(folder: string, wire: Wire): Promise<string> {
    if (!this.provider['lora-loading']) {
      throw new InputError(
        `${this.name} does not take adapters while it runs`,
        undefined,
        'a vLLM server does: say `lora-loading: true` for a provider that is one',
      );
    }
    const name = `hyde-${await adapterHash(folder)}`;
    if (await entryOf(wire, name)) return name;
    const { status } = await wire.ask('/load_lora_adapter', { lora_name: name, lora_path: folder });
    if (status === 404) {
      throw new FailedError(
        `${this.name} takes no adapters`,
        'start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True',
      );
    }
    return name;
  }
}
