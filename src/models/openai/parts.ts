import type { Observer } from '../../shared/observer.js';
import type { Breaker } from './breaker.js';
import type { Call, Job } from './call.js';
import type { Connections } from './http.js';
import type { Limiter } from './limiter.js';
import type { Timing } from './timing.js';

/** What the sampler of one server is made of. */
export interface SamplerParts {
  /** Name of the provider, and address, for messages. */
  name: string;
  host: string;
  connections: Connections;
  limiter: Limiter;
  breaker: Breaker;
  timing: Timing;
  observer: Observer;
  signal: AbortSignal | undefined;
  /** Path and headers of every request. */
  path: string;
  headers: string[];
  /** Takes secrets out of a text. */
  hide(text: string): string;
}

/** The line of jobs before one server. */
export interface Line {
  /** Requests that the server works on. */
  readonly inFlight: number;
  /** Puts a job in line again, after some milliseconds. */
  again(job: Job, wait: number, reason: string): void;
  /** Puts a job in line at once. */
  enqueue(job: Job): void;
  /** Sends nothing to the server for some milliseconds. */
  pause(call: Call, milliseconds: number, reason: string): void;
  /** Ends a call with an error; what is at the server may still come for a while. */
  stop(call: Call, reason: string, hint?: string): void;
  /** Calls that are running with the same model. */
  callsOf(call: Call): Call[];
}
