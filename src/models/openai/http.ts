import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import type { Timing } from './timing.js';

/** Limits of one request, in milliseconds and bytes. */
export interface HttpLimits {
  /** To open a connection. */
  connect: number;
  /** Until the first byte of the answer's head; a server that does not stream sends it when the answer is ready. */
  headers: number;
  /** Between two pieces of the body. */
  idle: number;
  /** From sending to the last byte. */
  whole: number;
  /** Bytes of a body. */
  body: number;
}

/** A whole answer of a server. */
export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A request that got no answer: why, in a few words without the address, and whether a retry can help. */
export interface Lost {
  kind: 'connection' | 'timeout' | 'too-large' | 'certificate';
  reason: string;
}

/** Is called once, in the turn of the event loop in which the answer is complete. */
export type Done = (outcome: Reply | Lost) => void;

export const isLost = (outcome: Reply | Lost): outcome is Lost => 'kind' in outcome;

/** Requests that were sent and not answered are looked through this often, in milliseconds. */
const SWEEP = 250;

/** Keep-alive connections to one server. Follows no redirect, so that a key goes nowhere else. */
export class Connections {
  private readonly pool: Pool;
  private readonly running = new Set<Exchange>();
  private stopSweep: (() => void) | undefined;

  constructor(
    origin: string,
    count: number,
    readonly limits: HttpLimits,
    private readonly timing: Timing,
  ) {
    this.pool = new Pool(origin, {
      connections: count,
      connectTimeout: limits.connect,
      pipelining: 1,
      allowH2: false,
      // All limits of time are kept by one sweep below, instead of two timers for each request.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
    });
  }

  /**
   * Sends a request.
   *
   * @param limits where they are others than those of the server
   * @returns a function that takes it back; `done` is then not called any more
   */
  send(options: Dispatcher.DispatchOptions, done: Done, limits = this.limits): () => void {
    const exchange = new Exchange(this.timing.now(), limits, (outcome) => {
      this.running.delete(exchange);
      done(outcome);
    });
    this.running.add(exchange);
    this.sweepLater();
    this.pool.dispatch(options, exchange);
    return () => {
      this.running.delete(exchange);
      exchange.drop();
    };
  }

  async close(): Promise<void> {
    this.stopSweep?.();
    for (const exchange of this.running) exchange.drop();
    this.running.clear();
    await this.pool.destroy();
  }

  private sweepLater(): void {
    const { headers, idle, whole } = this.limits;
    this.stopSweep ??= this.timing.after(Math.min(SWEEP, headers / 4, idle / 4, whole / 4), () => {
      this.stopSweep = undefined;
      const now = this.timing.now();
      for (const exchange of this.running) exchange.checkTime(now);
      if (this.running.size > 0) this.sweepLater();
    });
  }
}

/** One request and its answer, as undici reports them. */
class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: Reply['headers'] = {};
  private chunks: Buffer[] = [];
  private size = 0;
  /** When the last sweep saw that something had come; undefined where something came since. */
  private heard: number | undefined;
  private over = false;

  constructor(
    private readonly sent: number,
    private readonly limits: HttpLimits,
    private readonly done: Done,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.over) controller.abort(new Error('dropped'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Reply['headers'],
  ): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    this.heard = undefined;
    if (this.size > this.limits.body) {
      this.fail({ kind: 'too-large', reason: `the answer is larger than ${megabytes(this.limits.body)}` });
    }
  }

  onResponseEnd(): void {
    const [first] = this.chunks;
    const body = this.chunks.length === 1 && first ? first : Buffer.concat(this.chunks);
    this.finish({ status: this.status, headers: this.headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.finish(lost(error, this.status > 0));
  }

  /** Ends the request if it has run out of time. */
  checkTime(now: number): void {
    const { headers, idle, whole } = this.limits;
    if (now - this.sent > whole) {
      this.fail({ kind: 'timeout', reason: `not answered in ${seconds(whole)}` });
    } else if (this.status === 0) {
      if (now - this.sent > headers)
        this.fail({ kind: 'timeout', reason: `no answer in ${seconds(headers)}` });
    } else if (this.heard === undefined) {
      this.heard = now;
    } else if (now - this.heard > idle) {
      this.fail({ kind: 'timeout', reason: `the answer stopped for ${seconds(idle)}` });
    }
  }

  /** Takes the request back; nobody is told. */
  drop(): void {
    this.over = true;
    this.controller?.abort(new Error('dropped'));
  }

  private fail(why: Lost): void {
    this.finish(why);
    this.controller?.abort(new Error(why.reason));
  }

  private finish(outcome: Reply | Lost): void {
    if (this.over) return;
    this.over = true;
    this.chunks = [];
    this.done(outcome);
  }
}

const seconds = (milliseconds: number): string => `${Number((milliseconds / 1000).toPrecision(3))} s`;
const megabytes = (bytes: number): string => `${Number((bytes / 2 ** 20).toPrecision(2))} MB`;

/** What is wrong with a certificate, by the codes of OpenSSL that Node passes on. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS_CERT/;

function lost(error: Error, begun: boolean): Lost {
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (CERTIFICATE.test(code)) return { kind: 'certificate', reason: code };
  const words: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'no such host (name service does not answer)',
    EHOSTUNREACH: 'host cannot be reached',
    ENETUNREACH: 'network cannot be reached',
    UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
    EPROTO: 'no TLS at this address',
  };
  if (words[code]) return { kind: 'connection', reason: words[code] };
  if (code.startsWith('HPE_')) return { kind: 'connection', reason: 'the answer is not HTTP' };
  return { kind: 'connection', reason: `connection closed ${begun ? 'inside' : 'before'} the answer` };
}
