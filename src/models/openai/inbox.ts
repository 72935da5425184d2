import type { Job } from './call.js';
import type { Host } from './host.js';
import type { Reply } from './http.js';

/** An answer of a server that was not read yet. */
export interface Arrived {
  job: Job;
  host: Host;
  reply: Reply;
  /** When its request was sent, when it came, and whether the window was in use then. */
  sent: number;
  at: number;
  busy: boolean;
}

/** What came in one turn of the event loop: read at its end, when the requests that follow are on their way. */
export class Inbox {
  private arrived: Arrived[] = [];
  private endOfTurn: NodeJS.Immediate | undefined;

  /** @param read reads one; `ended`: all of a turn were read */
  constructor(
    private readonly read: (arrived: Arrived) => void,
    private readonly ended: () => void,
  ) {}

  add(arrived: Arrived): void {
    this.arrived.push(arrived);
    // Connections send again in immediates that are set as their answers come: behind all of these.
    clearImmediate(this.endOfTurn);
    this.endOfTurn = setImmediate(() => {
      this.readAll();
      this.ended();
    });
  }

  readAll(): void {
    clearImmediate(this.endOfTurn);
    const { arrived } = this;
    this.arrived = [];
    for (const one of arrived) this.read(one);
  }
}
