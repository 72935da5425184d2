import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetListener, LaunchSpec, ServerFleet, ServeSpec, Ticket } from '../records/launch.js';
import { FailedError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { interrupted } from '../shared/interrupted.js';
import type { Observer } from '../shared/observer.js';
import { type Launcher, lastLines, pauseAfter, sleep } from './launcher.js';
import type { Launches } from './launches.js';
import { addressOf, answers, isServer, keyOf, NoServer, prepareServer, stopServer } from './server-folder.js';

/** Milliseconds between two signs of life, by which servers know that they are needed. */
const SIGN_EVERY = 20_000;
/** Milliseconds that servers may take to end. */
const END = 20_000;

interface Server {
  ticket: Ticket;
  /** Since when it runs, in milliseconds. */
  since?: number;
  /** Since when it is unknown. */
  missing?: number;
  /** Where it answered. */
  url?: string | undefined;
}

interface Parts {
  serve: ServeSpec;
  spec: LaunchSpec;
  folder: string;
  observer: Observer;
  signal: AbortSignal | undefined;
  launcher: Launcher;
  launches: Launches;
  /** Content of job.json. */
  job: Record<string, unknown>;
  name: string;
}

/** Servers of one model, each a job in a folder of its own: started, watched, replaced where they are lost, and ended. */
export class Fleet implements ServerFleet {
  readonly key: string;
  private readonly prefix: string;
  private readonly servers = new Set<Server>();
  private readonly ended = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private next = 1;
  /** Servers that came to nothing since one last answered. */
  private failures = 0;
  private signs = 0;
  private signed = Number.NEGATIVE_INFINITY;
  private away = false;
  /** Reasons for waiting that were said. */
  private readonly told = new Set<string>();

  constructor(private readonly parts: Parts) {
    this.prefix = `serve-${shortHash(parts.job)}`;
    this.key = this.adopt() ?? randomBytes(24).toString('hex');
  }

  /** Takes over what an earlier hyde left, and tells the rest to end. @returns the key of what was taken over */
  private adopt(): string | undefined {
    const { launches, folder, serve, observer } = this.parts;
    let key: string | undefined;
    for (const { job, attempt, handle, state, launcher } of launches.all()) {
      if (!isServer(job)) continue;
      this.count(job);
      if (state !== 'submitted') continue;
      const ticket = { id: job, folder: join(folder, 'jobs', job), attempt, handle };
      const own = keyOf(ticket.folder);
      const fits =
        job.startsWith(`${this.prefix}-`) &&
        launcher === this.parts.spec.launcher &&
        own !== undefined &&
        (key === undefined || own === key) &&
        this.servers.size < serve.count;
      if (fits) {
        key = own;
        this.servers.add({ ticket });
      } else {
        stopServer(ticket.folder);
        launches.ended(ticket, 'failed', 'it was told to end');
      }
    }
    if (this.servers.size)
      observer.note(`${this.servers.size} servers were started before; they are looked for`);
    return key;
  }

  /** The next server gets a name of its own. */
  private count(id: string): void {
    if (id.startsWith(`${this.prefix}-`))
      this.next = Math.max(this.next, Number(id.slice(this.prefix.length + 1)) + 1);
  }

  watch(listener: FleetListener): Promise<void> {
    const { observer, serve, signal, name } = this.parts;
    const which = serve.count === 1 ? 'the server' : `the first of ${serve.count} servers`;
    observer.note(`waiting for ${which} of ${name}`);
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(interrupted()), { once: true });
      const added = (url: string): void => {
        listener.added(url);
        resolve();
      };
      this.loop = this.run({ ...listener, added }).catch((error: Error) => {
        reject(error);
        listener.failed(error);
      });
    });
  }

  private async run(listener: FleetListener): Promise<void> {
    const { launcher, serve, spec, observer } = this.parts;
    for (const since = performance.now(); !this.ended.signal.aborted; ) {
      this.sign();
      try {
        await this.look(listener);
        if (this.servers.size < serve.count && this.failures <= spec.retries) await this.submit();
        this.away = false;
      } catch (error) {
        if (!(error instanceof FailedError) || error instanceof NoServer) throw error;
        if (!this.away) observer.warn(`the launcher cannot be reached: ${error.message}; trying again`);
        this.away = true;
      }
      await launcher.changed(pauseAfter(performance.now() - since, launcher.timing), this.ended.signal);
    }
  }

  /** Tells the servers that they are needed. */
  private sign(): void {
    if (performance.now() - this.signed < SIGN_EVERY) return;
    this.signed = performance.now();
    this.signs++;
    for (const { ticket } of this.servers)
      writeFileSync(join(ticket.folder, 'lease'), `${process.pid} ${this.signs}`);
  }

  private async submit(): Promise<void> {
    const { launcher, launches, folder, serve, job, observer } = this.parts;
    const attempts = Array.from({ length: serve.count - this.servers.size }, (_, index) => {
      const id = `${this.prefix}-${this.next + index}`;
      return { id, folder: join(folder, 'jobs', id), attempt: 1 };
    });
    for (const attempt of attempts) prepareServer(attempt.folder, job, this.key);
    const asked = new Map<string, Server>();
    await launcher.submit(attempts, {
      claimed: (ticket) => {
        launches.submitted(ticket, 0);
        const server = { ticket };
        asked.set(ticket.id, server);
        this.servers.add(server);
        this.count(ticket.id);
      },
      taken() {},
      refused: (ticket, why) => {
        launches.refused(ticket, why);
        this.servers.delete(asked.get(ticket.id) as Server);
        if (!this.told.has(why)) observer.note(`servers are not submitted yet: ${why}`);
        this.told.add(why);
      },
    });
  }

  private async look(listener: FleetListener): Promise<void> {
    const { launcher, observer } = this.parts;
    const all = [...this.servers];
    const states = all.length ? await launcher.states(all.map(({ ticket }) => ticket)) : new Map();
    for (const one of all) {
      const { phase = 'unknown', reason } = states.get(one.ticket.id) ?? {};
      if (phase === 'running') {
        await this.lookAt(one, listener);
      } else if (phase === 'waiting') {
        if (reason && !this.told.has(reason)) observer.note(`${one.ticket.id} waits: ${reason}`);
        if (reason) this.told.add(reason);
      } else {
        one.missing ??= performance.now();
        const isLate = performance.now() - one.missing >= launcher.timing.grace;
        if (phase !== 'unknown' || isLate) await this.lost(one, reason ?? 'it ended', listener);
      }
    }
  }

  /** Looks whether a server that runs answers, and still where it did: a scheduler may have put it on another node. */
  private async lookAt(one: Server, listener: FleetListener): Promise<void> {
    const { serve, observer, name } = this.parts;
    const { patience, count } = serve;
    delete one.missing;
    one.since ??= performance.now();
    const url = addressOf(one.ticket.folder);
    if (url !== undefined && url === one.url) return;
    if (one.url !== undefined) {
      listener.gone(one.url);
      one.url = undefined;
      one.since = performance.now();
    }
    if (url !== undefined && (await answers(url, this.key, name))) {
      one.url = url;
      this.failures = 0;
      const up = [...this.servers].filter((server) => server.url !== undefined).length;
      observer.note(`${new URL(url).host} serves ${name} (${up} of ${count})`);
      listener.added(url);
    } else if (performance.now() - one.since > patience * 60_000) {
      await this.lost(one, `it did not answer in ${patience} minutes`, listener);
    }
  }

  /** A server is gone, or has to go; another one is started unless too many went so. */
  private async lost(one: Server, reason: string, listener: FleetListener): Promise<void> {
    const { launcher, launches, observer, spec } = this.parts;
    const { ticket, url } = one;
    this.servers.delete(one);
    stopServer(ticket.folder);
    launches.ended(ticket, 'failed', reason);
    if (url !== undefined) listener.gone(url);
    this.failures++;
    const text = `server ${ticket.id}: ${reason}${await lastLines(launcher, ticket)}`;
    if (this.failures > spec.retries && this.servers.size === 0)
      throw new NoServer(text, 'see `run.serve` in the audit file');
    observer.warn(text);
  }

  async close(): Promise<void> {
    const { launcher, launches, observer, folder } = this.parts;
    this.ended.abort();
    await this.loop;
    try {
      await this.end();
    } catch (error) {
      if (!(error instanceof FailedError)) throw error;
      observer.warn(`servers were told to end, but the launcher cannot be asked: ${error.message}`);
    } finally {
      for (const { job: id, attempt, handle, state } of launches.all()) {
        if (!isServer(id) || state !== 'submitted') continue;
        const at = join(folder, 'jobs', id);
        // What was asked for and perhaps not heard ends as it begins.
        stopServer(at);
        launches.ended({ id, folder: at, attempt, handle }, 'done');
      }
      launches.close();
      await launcher.close();
    }
  }

  private async end(): Promise<void> {
    const { launcher } = this.parts;
    let left = [...this.servers].map(({ ticket }) => ticket);
    for (const { folder } of left) stopServer(folder);
    const isLeft = async (phases: string[]): Promise<Ticket[]> => {
      if (!left.length) return [];
      const states = await launcher.states(left);
      return left.filter(({ id }) => phases.includes(states.get(id)?.phase ?? ''));
    };
    // What has not begun ends as it begins; better that it does not.
    const waiting = await isLeft(['waiting']);
    if (waiting.length) await launcher.cancel(waiting).catch(() => {});
    const until = performance.now() + END;
    do {
      left = await isLeft(['running']);
      if (left.length) await sleep(200);
    } while (left.length && performance.now() < until);
    if (left.length) await launcher.cancel(left);
  }
}
