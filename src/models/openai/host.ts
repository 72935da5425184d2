import { InputError } from '../../shared/errors.js';
import { differenceOf, LEAST_DIFFERENCE, PROBE_REQUESTS } from '../../shared/probes.js';
import type { Served } from './adapters.js';
import type { Breaker } from './breaker.js';
import { type Entry, entryOf } from './entry.js';
import type { Connections } from './http.js';
import type { Limiter } from './limiter.js';
import { promptLogprobs } from './logprobs.js';
import type { Release, Shelf } from './shelf.js';
import type { Wire } from './wire.js';

export interface HostParts {
  /** Address, for messages. */
  at: string;
  /** Path of requests for answers. */
  path: string;
  wire: Wire;
  connections: Connections;
  limiter: Limiter;
  breaker: Breaker;
  shelf: Shelf;
  /** Its log-probabilities of prompts can be asked for. */
  scoresAnswers: boolean;
}

/** One address of a provider: what it bears, whether it is alive, and which adapters it has. */
export class Host {
  readonly at: string;
  /** Requests that it works on. */
  inFlight = 0;
  /** Nothing is sent before, in milliseconds of the clock. */
  pausedUntil = 0;
  /** What went out to see whether it is alive again. */
  probe: object | undefined;
  /** Models that are the same here as at the other addresses. */
  readonly agreed = new Set<string>();
  /** Adapters that were seen to change answers there. */
  private readonly alive = new Set<string>();
  private readonly untuned = new Map<string, Promise<number[]>>();

  constructor(readonly parts: HostParts) {
    this.at = parts.at;
  }

  /** Milliseconds until a request may go out; 0: now. */
  wait(now: number): number {
    return Math.max(0, this.pausedUntil - now, this.parts.breaker.wait(now));
  }

  /** Whether it can take one more request now. */
  takes(now: number): boolean {
    const { limiter, breaker } = this.parts;
    return this.inFlight < limiter.limit && this.wait(now) === 0 && !(breaker.open && this.probe);
  }

  /** Share of its window that is in use. */
  get load(): number {
    return this.inFlight / this.parts.limiter.limit;
  }

  entry(model: string, attempts?: number): Promise<Entry | undefined> {
    return entryOf(this.parts.wire, model, attempts);
  }

  /**
   * Has an adapter loaded here, and sees that it is alive: that the server does not ignore it and answer as its base would.
   *
   * @throws Away where the address does not answer, InputError where the adapter changes nothing
   */
  async take({ adapter, base }: Served): Promise<Release> {
    if (!adapter) return () => {};
    const release = await this.parts.shelf.take(adapter);
    try {
      await this.checkAlive(adapter.name, base);
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  private async checkAlive(name: string, known: string | undefined): Promise<void> {
    if (!this.parts.scoresAnswers || this.alive.has(name)) return;
    const base = known ?? (await this.entry(name, 1))?.parent;
    if (base === undefined) return;
    const before = this.untuned.get(base) ?? this.score(base);
    this.untuned.set(base, before);
    before.catch(() => this.untuned.delete(base));
    const difference = differenceOf(await this.score(name), await before);
    if (difference <= LEAST_DIFFERENCE) {
      throw new InputError(
        `${this.parts.wire.where}: the adapter ${name} is loaded, but answers exactly as ${base}`,
        undefined,
        'either the server ignores adapters (is it started with --enable-lora?), or the training changed nothing',
      );
    }
    this.alive.add(name);
  }

  private async score(model: string): Promise<number[]> {
    const results = await Promise.all(
      PROBE_REQUESTS.map((request) => promptLogprobs(this.parts.wire, model, request)),
    );
    return results.flatMap(({ logprobs }) => logprobs);
  }

  /** Forgets what was known of the server's models: it may be another one when it is back. */
  forget(): void {
    this.parts.shelf.loseAll();
    this.agreed.clear();
    this.alive.clear();
    this.untuned.clear();
  }

  /** The server lost an adapter. */
  lost(name: string): void {
    this.parts.shelf.lose(name);
    this.alive.delete(name);
  }

  async close(): Promise<void> {
    await this.parts.shelf.clear();
    await this.parts.connections.close();
  }
}
