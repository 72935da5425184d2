import { InputError } from '../../shared/errors.js';
import { canonicalJson } from '../../shared/hash.js';
import type { Served } from './adapters.js';
import type { Entry } from './entry.js';
import type { Host } from './host.js';
import { Away, Listless } from './wire.js';

/** What the addresses of one provider say of each model: they must say the same, or answers of two models would be mixed. */
export class Agreement {
  /** By model and address. */
  private readonly seen = new Map<string, Map<string, Entry | undefined>>();

  constructor(private readonly name: string) {}

  /**
   * Looks at a model at one address, unless that was done since it was last away.
   *
   * @throws InputError that names both addresses where another one said otherwise; Away where it does not answer
   */
  async check(host: Host, { name, adapter }: Served): Promise<void> {
    if (host.agreed.has(name)) return;
    const entry = await this.look(host, name);
    // Where an adapter was loaded from is no matter: its name is the hash of its files.
    this.compare(
      name,
      host.at,
      adapter && entry ? { id: name, ...(entry.parent && { parent: entry.parent }) } : entry,
    );
    host.agreed.add(name);
  }

  /** The model's entry at one address. A list that fails is none where no other address has one to compare with. */
  private async look(host: Host, name: string): Promise<Entry | undefined> {
    try {
      return await host.entry(name, 1);
    } catch (error) {
      const isListed = [...(this.seen.get(name)?.values() ?? [])].some((entry) => entry !== undefined);
      if (error instanceof Listless && !isListed) return undefined;
      throw error;
    }
  }

  /**
   * The model's entry at the addresses that answer.
   *
   * @throws InputError where two differ, and the first error where none answers
   */
  async entry(hosts: readonly Host[], model: string): Promise<{ entry: Entry | undefined; away: Host[] }> {
    const looks = await Promise.allSettled(hosts.map((host) => host.entry(model)));
    const away: Host[] = [];
    for (const [index, look] of looks.entries()) {
      const host = hosts[index] as Host;
      if (look.status === 'fulfilled') this.compare(model, host.at, look.value);
      else if (look.reason instanceof Away) away.push(host);
      else throw look.reason;
    }
    const found = looks.find((look) => look.status === 'fulfilled');
    if (!found) {
      const reasons = looks.map((look) => (look as PromiseRejectedResult).reason);
      if (!reasons.some((reason) => reason instanceof Listless)) throw reasons[0];
      return { entry: undefined, away: hosts.filter((_, i) => !(reasons[i] instanceof Listless)) };
    }
    return { entry: found.value, away };
  }

  private compare(model: string, at: string, entry: Entry | undefined): void {
    const seen = this.seen.get(model) ?? new Map<string, Entry | undefined>();
    this.seen.set(model, seen.set(at, entry));
    const text = canonicalJson(entry ?? null);
    const other = [...seen].find(([, one]) => canonicalJson(one ?? null) !== text);
    if (!other) return;
    throw new InputError(
      `${this.name}: ${model} is ${inWords(other[1])} at ${other[0]}, but ${inWords(entry)} at ${at}`,
      undefined,
      'all addresses of a provider must serve the same models; make two providers of them otherwise',
    );
  }
}

const inWords = (entry: Entry | undefined): string =>
  entry ? [entry.root ?? entry.id, entry.parent, entry.fingerprint].filter(Boolean).join(', ') : 'not there';
