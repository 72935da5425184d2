import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FleetListener, LaunchSpec, ServerFleet, ServeSpec, Ticket } from '../records/launch.js';
import { FailedError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { interrupted } from '../shared/interrupted.js';
import type { Observer } from '../shared/observer.js';
import { type Launcher, lastLines, pauseAfter, sleep } from './launcher.js';
import { isServer, type Launches } from './launches.js';
import { keyOf, NoServer, prepareServer, stopServer } from './server-folder.js';
import { type Health, type Server, Watch, worked } from './server-watch.js';

/** Milliseconds between two signs of life, by which servers know that they are needed. */
const SIGN_EVERY = 20_000;
/** Milliseconds that servers may take to end. */
const END = 20_000;
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
  health?: Health | undefined;
}

/** Servers of one model, each a job in a folder of its own: started, watched, replaced where they are lost, and ended. */
export class Fleet implements ServerFleet {
  readonly key: string;
  private readonly prefix: string;
  private readonly servers = new Set<Server>();
  private readonly ended = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private next = 1;
  /** Servers in a row that were lost before they had worked for a while. */
  private failures = 0;
  private signs = 0;
  private signed = Number.NEGATIVE_INFINITY;
  private away = false;
  private readonly watching: Watch;

  constructor(private readonly parts: Parts) {
    this.prefix = `serve-${shortHash(parts.job)}`;
    this.key = this.adopt() ?? randomBytes(24).toString('hex');
    this.watching = new Watch({ ...parts, key: this.key });
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
    const { launcher, serve, observer } = this.parts;
    for (const since = performance.now(); !this.ended.signal.aborted; ) {
      this.sign();
      try {
        await this.look(listener);
        if (this.servers.size < serve.count && !this.isOver) await this.submit();
        this.away = false;
      } catch (error) {
        if (!(error instanceof FailedError) || error instanceof NoServer) throw error;
        if (!this.away) observer.warn(`the launcher cannot be reached: ${error.message}; trying again`);
        this.away = true;
      }
      await launcher.changed(pauseAfter(performance.now() - since, launcher.timing), this.ended.signal);
    }
  }

  /** Every server has had its attempts. */
  private get isOver(): boolean {
    const { serve, spec } = this.parts;
    return this.failures >= (spec.retries + 1) * serve.count;
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
    const { launcher, launches, folder, serve, job } = this.parts;
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
        this.watching.tell('servers are not submitted yet', why);
      },
    });
  }

  private async look(listener: FleetListener): Promise<void> {
    const { launcher, observer, name, serve } = this.parts;
    const told = {
      ...listener,
      added: (url: string) => {
        const up = [...this.servers].filter((one) => one.url !== undefined).length;
        observer.note(`${new URL(url).host} serves ${name} (${up} of ${serve.count})`);
        listener.added(url);
      },
    };
    const all = [...this.servers];
    const states = all.length ? await launcher.states(all.map(({ ticket }) => ticket)) : new Map();
    const reasons = await Promise.all(
      all.map((one) => this.watching.reasonOf(one, states.get(one.ticket.id) ?? { phase: 'unknown' }, told)),
    );
    const lost = all.flatMap((one, index) => {
      const reason = reasons[index];
      return reason === undefined ? [] : [{ one, reason }];
    });
    if (all.some(worked)) this.failures = 0;
    if (lost.length) await this.lose(lost, listener);
  }

  /** Servers are gone, or have to go; others are started unless too many went so. */
  private async lose(
    lost: readonly { one: Server; reason: string }[],
    listener: FleetListener,
  ): Promise<void> {
    const { launcher, launches, observer } = this.parts;
    const texts: string[] = [];
    for (const { one, reason } of lost) {
      const { ticket, url } = one;
      this.servers.delete(one);
      stopServer(ticket.folder);
      launches.ended(ticket, 'failed', reason);
      if (url !== undefined) listener.gone(url);
      texts.push(`server ${ticket.id}: ${reason}${await lastLines(launcher, ticket)}`);
    }
    // Servers that all reach their time limit are no failed starts.
    this.failures = lost.some(({ one }) => worked(one)) ? 0 : this.failures + lost.length;
    if (this.isOver && this.servers.size === 0)
      throw new NoServer(texts.at(-1) as string, 'see `run.serve` in the audit file');
    for (const text of texts) observer.warn(text);
    if (this.isOver) observer.warn('no other servers are started: too many came to nothing in a row');
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
