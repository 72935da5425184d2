import { FailedError, InputError } from '../../shared/errors.js';
import { isObject } from '../../shared/objects.js';
import type { Adapter } from './adapters.js';
import { entryOf } from './entry.js';
import type { Wire } from './wire.js';

/** Gives back what was taken; a second call does nothing. */
export type Release = () => void;

interface Loaded {
  users: number;
  loading: Promise<void>;
}

/**
 * The adapters that hyde has loaded at one address (vLLM's `/load_lora_adapter`). Where there is no room, the one that was
 * used least recently makes place; while all are in use, who comes next waits.
 */
export class Shelf {
  /** In the order of their last use. */
  private readonly loaded = new Map<string, Loaded>();
  private waiting: (() => void)[] = [];

  /** @param room adapters at once */
  constructor(
    private readonly wire: Wire,
    private readonly room: number,
  ) {}

  /**
   * Has an adapter loaded, and keeps it so until it is released.
   *
   * @throws Away where the address does not answer, FailedError and InputError where it does not take the adapter
   */
  async take(adapter: Adapter): Promise<Release> {
    for (let known = this.loaded.get(adapter.name); ; known = this.loaded.get(adapter.name)) {
      if (known) {
        known.users++;
        return this.hold(adapter.name, known);
      }
      if (this.loaded.size < this.room) break;
      const [idle] = [...this.loaded].find(([, { users }]) => users === 0) ?? [];
      if (idle === undefined) await new Promise<void>((resolve) => void this.waiting.push(resolve));
      else await this.remove(idle);
    }
    const one: Loaded = { users: 1, loading: this.load(adapter) };
    this.loaded.set(adapter.name, one);
    return this.hold(adapter.name, one);
  }

  /** The server no longer has it, or is another one by now. */
  lose(name: string): void {
    this.loaded.delete(name);
    this.stir();
  }

  loseAll(): void {
    this.loaded.clear();
    this.stir();
  }

  /** Takes from the server what is still loaded there; one that does not answer keeps it. */
  async clear(): Promise<void> {
    await Promise.all([...this.loaded.keys()].map((name) => this.remove(name)));
  }

  private async hold(name: string, one: Loaded): Promise<Release> {
    try {
      await one.loading;
    } catch (error) {
      if (this.loaded.get(name) === one) this.lose(name);
      throw error;
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      one.users--;
      if (this.loaded.get(name) !== one) return;
      this.loaded.delete(name);
      this.loaded.set(name, one);
      this.stir();
    };
  }

  private stir(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const wake of waiting) wake();
  }

  private async remove(name: string): Promise<void> {
    this.loaded.delete(name);
    // What the server does not take back is of no harm; should it be gone, the next request will tell.
    await this.wire.once('/unload_lora_adapter', { lora_name: name }, true);
    this.stir();
  }

  private async load({ name, folder }: Adapter): Promise<void> {
    if (await entryOf(this.wire, name, 1)) return;
    let answer: { status: number; json: unknown };
    try {
      answer = await this.wire.ask('/load_lora_adapter', { lora_name: name, lora_path: folder });
    } catch (error) {
      // Somebody else had it loaded meanwhile.
      if (error instanceof InputError && (await entryOf(this.wire, name, 1))) return;
      throw error;
    }
    if (answer.status !== 404) return;
    const said = isObject(answer.json) && JSON.stringify(answer.json).includes(name);
    const { where } = this.wire;
    throw said
      ? new FailedError(
          `${where} does not find the adapter`,
          'server and hyde must see the run folder by the same path',
        )
      : new FailedError(
          `${where} takes no adapters`,
          'start vLLM with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True',
        );
  }
}
