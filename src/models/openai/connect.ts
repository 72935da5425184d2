import { addressesOf, type Provider } from '../../records/provider.js';
import { isLoopback } from '../../shared/addresses.js';
import type { EngineContext } from '../context.js';
import { Breaker } from './breaker.js';
import { Host } from './host.js';
import { Connections, type HttpLimits } from './http.js';
import { hide, readCredentials } from './keys.js';
import { Limiter } from './limiter.js';
import { Sampler } from './sampler.js';
import { Shelf } from './shelf.js';
import { realTiming, type Timing } from './timing.js';
import type { Shop } from './tuning-stage.js';
import { Wire } from './wire.js';

/** Requests in flight at one address at most where nothing says otherwise: more than this cost one process too much. */
const CONNECTIONS = 500;

/** Adapters at one address where nothing says otherwise. */
const ADAPTERS = 8;

/** Failures in a row after which an address is left out where there are others. */
const FAILURES = 5;

/** What tests and embedders may set; times in milliseconds. */
export interface OpenAIOptions {
  timing?: Timing;
  limits?: Partial<HttpLimits>;
  /** Without any answer for so long, a call gives up. */
  patience?: number;
  /** The key, of servers that were started for this run; their addresses come and go. */
  key?: string;
}

const LIMITS: HttpLimits = {
  connect: 10_000,
  headers: 600_000,
  idle: 120_000,
  whole: 600_000,
  body: 2 ** 26,
};
const PATIENCE = 600_000;

/** What is open while requests are sent. */
export interface Open {
  hosts: readonly Host[];
  sampler: Sampler;
  shop(): Shop;
  /** Another address, from now on. */
  add(url: string): void;
  /** The address is gone; requests that are there go to others. */
  remove(url: string): void;
  /** No further address comes. */
  fail(error: Error): void;
  /** Resolves when there is an address. */
  some(): Promise<void>;
}

/**
 * Connects with the addresses of a provider. Its keys are read now, and go to these addresses alone.
 *
 * @throws InputError where a key is missing
 */
export function connect(
  name: string,
  provider: Provider,
  context: EngineContext,
  { timing = realTiming, limits = {}, patience = PATIENCE, key }: OpenAIOptions,
): Open {
  const { observer, signal, auditFolder } = context;
  const { headers: keys, secrets } =
    key === undefined
      ? readCredentials(name, provider, [auditFolder])
      : { headers: ['authorization', `Bearer ${key}`], secrets: [key] };
  const headers = ['content-type', 'application/json', 'accept', 'application/json', ...keys];
  const clean = (text: string): string => hide(text, secrets);
  const count = context.maxConnections ?? provider.connections ?? CONNECTIONS;
  const whole = provider.timeout === undefined ? LIMITS.whole : provider.timeout * 1000;
  const all = { ...LIMITS, headers: whole, whole, ...limits };
  const addresses = [...addressesOf(provider)];
  const urls = addresses.map((address) => new URL(address));
  const several = urls.length > 1 || key !== undefined;
  const open = (url: URL): Host => {
    const { origin, protocol, hostname, host } = url;
    // The key of a server of this run is of no use once that ends.
    if (key === undefined && secrets.length > 0 && protocol === 'http:' && !isLoopback(hostname)) {
      observer.warn(`${name}: the key goes to ${host} over http, which others on the way can read`);
    }
    const base = url.pathname.replace(/\/+$/, '');
    // Servers behind one proxy differ by their path.
    const at = urls.some((other) => other !== url && other.host === host) ? `${host}${base}` : host;
    const connections = new Connections(origin, count, all, timing);
    const wire = new Wire({ name, host: at, base, headers, connections, timing, hide: clean });
    return new Host({
      at,
      path: `${base}/chat/completions`,
      wire,
      connections,
      limiter: new Limiter(count),
      breaker: new Breaker(patience, several ? FAILURES : undefined),
      shelf: new Shelf(wire, provider.adapters ?? ADAPTERS),
      scoresAnswers: provider['prompt-logprobs'] === true,
    });
  };
  const hosts = urls.map(open);
  let arrival = Promise.withResolvers<void>();
  const sampler = new Sampler({
    name,
    hosts,
    changing: key !== undefined,
    timing,
    observer,
    signal,
    headers,
    hide: clean,
  });
  return {
    hosts,
    sampler,
    shop() {
      const { wire } = (hosts[0] as Host).parts;
      return { name, wire, timing, observer, signal, patience, hide: clean };
    },
    add(address) {
      addresses.push(address);
      hosts.push(open(new URL(address)));
      arrival.resolve();
      sampler.pump();
    },
    remove(address) {
      const at = addresses.indexOf(address);
      if (at < 0) return;
      addresses.splice(at, 1);
      const [gone] = hosts.splice(at, 1);
      if (gone) sampler.leave(gone);
      if (hosts.length === 0) arrival = Promise.withResolvers<void>();
    },
    fail(error) {
      arrival.promise.catch(() => {});
      arrival.reject(error);
      if (hosts.length === 0) sampler.fail(error);
    },
    some: () => (hosts.length > 0 ? Promise.resolve() : arrival.promise),
  };
}
