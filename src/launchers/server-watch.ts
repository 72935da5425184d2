import type { FleetListener, JobState, ServeSpec, Ticket } from '../records/launch.js';
import type { Observer } from '../shared/observer.js';
import { cancelled, type Launcher } from './launcher.js';
import { addressOf, answers, isHealthy, stopServer } from './server-folder.js';

/** Milliseconds for which a server must have answered, for it to be none that cannot work: the first requests can end one. */
const WORKS = 60_000;
/** Milliseconds between two looks at the health of a server, and how many in a row it may miss. */
const HEALTH: Health = { every: 10_000, misses: 6 };

export interface Health {
  every: number;
  misses: number;
}

export interface Server {
  ticket: Ticket;
  /** Since when it runs, in milliseconds. */
  since?: number;
  /** Since when it is unknown. */
  missing?: number;
  /** Where it answers, and since when. */
  url?: string | undefined;
  answers?: number;
  /** When its health was last looked at, and how often it did not tell since it last did. */
  looked?: number;
  misses?: number;
}

/** Has a server answered for long enough to be one that works? */
export const worked = ({ answers }: Server): boolean =>
  answers !== undefined && performance.now() - answers > WORKS;

/** Looks at servers, each by itself: whether it runs, answers, and still does. */
export class Watch {
  /** Reasons for waiting that were said. */
  private readonly told = new Set<string>();

  constructor(
    private readonly parts: {
      serve: ServeSpec;
      name: string;
      key: string;
      launcher: Launcher;
      observer: Observer;
      health?: Health | undefined;
    },
  ) {}

  /** @returns why the server is lost; undefined where it is not */
  async reasonOf(
    one: Server,
    { phase, reason }: JobState,
    listener: FleetListener,
  ): Promise<string | undefined> {
    const { launcher } = this.parts;
    if (phase === 'running') return this.lookAt(one, listener);
    if (phase === 'waiting') {
      if (reason) this.tell(`${one.ticket.id} waits`, reason);
      return undefined;
    }
    one.missing ??= performance.now();
    const isLate = performance.now() - one.missing >= launcher.timing.grace;
    return phase !== 'unknown' || isLate ? (reason ?? 'it ended') : undefined;
  }

  /** Looks whether a server that runs answers, and still where it did: a scheduler may have put it on another node. */
  private async lookAt(one: Server, listener: FleetListener): Promise<string | undefined> {
    const { serve, name, key } = this.parts;
    const { patience } = serve;
    delete one.missing;
    one.since ??= performance.now();
    const url = addressOf(one.ticket.folder);
    if (url !== undefined && url === one.url) return this.healthOf(one, url);
    if (one.url !== undefined) {
      listener.gone(one.url);
      delete one.url;
      delete one.answers;
      one.since = performance.now();
    }
    if (url !== undefined && (await answers(url, key, name))) {
      one.url = url;
      one.answers = performance.now();
      listener.added(url);
    } else if (performance.now() - one.since > patience * 60_000) {
      return this.hang(one, `it did not answer in ${patience} minutes`);
    }
    return undefined;
  }

  /** A server that answered once may hang. */
  private async healthOf(one: Server, url: string): Promise<string | undefined> {
    const { every, misses } = this.parts.health ?? HEALTH;
    const now = performance.now();
    if (now - (one.looked ?? one.answers ?? now) < every) return undefined;
    one.looked = now;
    one.misses = (await isHealthy(url, this.parts.key)) ? 0 : (one.misses ?? 0) + 1;
    if (one.misses < misses) return undefined;
    return this.hang(one, `it no longer answers (${misses} looks at its health in a row)`);
  }

  /** What hangs may not hear that it is to end. */
  private async hang({ ticket }: Server, reason: string): Promise<string> {
    stopServer(ticket.folder);
    await cancelled(this.parts.launcher, ticket);
    return reason;
  }

  /** Says why servers wait, once for each reason. */
  tell(who: string, reason: string): void {
    if (!this.told.has(reason)) this.parts.observer.note(`${who}: ${reason}`);
    this.told.add(reason);
  }
}
