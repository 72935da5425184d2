import type { FailedError } from '../../shared/errors.js';
import type { Observer } from '../../shared/observer.js';
import type { Call, Job } from './call.js';
import type { Host } from './host.js';
import type { Timing } from './timing.js';

/** What the sampler of one provider is made of. */
export interface SamplerParts {
  /** Name of the provider, for messages. */
  name: string;
  hosts: readonly Host[];
  /** Addresses come and go while calls run: where there is none, one may come. */
  changing: boolean;
  timing: Timing;
  observer: Observer;
  signal: AbortSignal | undefined;
  /** Headers of every request. */
  headers: string[];
  /** Takes secrets out of a text. */
  hide(text: string): string;
}

/** The line of jobs before the addresses of one provider. */
export interface Line {
  /** Calls that are running, the oldest first. */
  readonly calls: readonly Call[];
  /** Puts a job in line again, after some milliseconds. */
  again(job: Job, wait: number, reason: string): void;
  /** Puts a job in line at once. */
  enqueue(job: Job): void;
  /** Sends nothing to a host for some milliseconds. */
  pause(call: Call, host: Host, milliseconds: number, reason: string): void;
  /** Ends a call with an error; what is at the servers may still come for a while. */
  stop(call: Call, host: Host, reason: string, hint?: string, Kind?: typeof FailedError): void;
  /** The host does not know the model that it had loaded. @returns whether it is loaded again, and the job in line */
  reload(job: Job, host: Host): boolean;
  /** A connection broke: the server may have been started anew, as another one, and is looked at before more is sent. */
  doubt(host: Host): void;
  /** Ends all calls where no address has answered for as long as patience lasts. */
  stopIfExhausted(reason: string): boolean;
  /** Takes back all that a call has at the servers or in line. */
  drop(call: Call): void;
  /** Starts what may be started. */
  pump(): void;
  /** Calls that are running with the same model. */
  callsOf(call: Call): Call[];
}
