import type { JobState } from '../records/launch.js';
import type { Observer } from '../shared/observer.js';
import type { Launcher } from './launcher.js';
import type { Launches } from './launches.js';
import type { Active } from './offers.js';

/** Why jobs wait: written down for each, and said once for all. A reason that passes by at once is none. */
export class Reasons {
  private readonly told = new Set<string>();
  private readonly news = new Map<string, string[]>();

  constructor(private readonly parts: { launcher: Launcher; launches: Launches; observer: Observer }) {}

  see(one: Active, { reason }: JobState): void {
    const { launcher, launches } = this.parts;
    const now = performance.now();
    if (reason !== one.why?.reason) {
      if (one.why?.told) launches.waits(one.ticket, one.events);
      one.why = reason === undefined ? undefined : { reason, since: now, told: false };
    }
    const { why } = one;
    if (!why || why.told || now - why.since < launcher.timing.poll[1]) return;
    why.told = true;
    launches.waits(one.ticket, one.events, why.reason);
    this.news.set(why.reason, [...(this.news.get(why.reason) ?? []), one.ticket.id]);
  }

  /** Says what is new. */
  tell(): void {
    for (const [reason, ids] of this.news) {
      const who = ids.length === 1 ? `${ids[0]} waits` : `${ids.length} jobs wait`;
      if (!this.told.has(reason)) this.parts.observer.note(`${who}: ${reason}`);
      this.told.add(reason);
    }
    this.news.clear();
  }
}
