import { LocalEngine } from '../local/engine.js';
import type { WorkerEnvironment } from '../local/environment.js';
import { environmentVariable, missingKey } from '../openai/keys.js';
import { TINKER_KEY } from './key.js';

/**
 * Fine-tunes (LoRA) and samples at the Tinker API, through the Python worker and the public SDK. What is trained stays at the
 * service: the adapter's folder in the run holds its address. `TINKER_BASE_URL` names another server that speaks the same interface.
 */
export class TinkerEngine extends LocalEngine {
  override readonly name = 'tinker';
  /** The service shows no weights. */
  override leak = undefined;

  /** The service trains: there is nothing for a launcher to run. */
  override get fineTuneAll(): undefined {
    return undefined;
  }

  override async fingerprint(base: string): Promise<string> {
    return base;
  }

  protected override baseOf(name: string): { name: string; service: string } {
    return { name, service: 'tinker' };
  }

  protected override async environment(): Promise<WorkerEnvironment> {
    const key = environmentVariable(TINKER_KEY, [this.context.auditFolder]);
    if (!key) throw missingKey('tinker', TINKER_KEY);
    const { python, variables } = await super.environment();
    return { python, variables: { ...variables, [TINKER_KEY]: key } };
  }

  protected override trainProcesses(): number {
    return 1;
  }

  /** The speed of a service says nothing about this machine. */
  protected override remember(): void {}
}
