import { FailedError, type HydeError } from '../../shared/errors.js';
import { type Connections, isLost, type Lost, type Reply } from './http.js';
import { parseJson } from './parse.js';
import { backoff, type Decision, decideLost, decideReply } from './retry.js';
import type { Timing } from './timing.js';

export interface WireParts {
  /** Name of the provider, and its address, for messages. */
  name: string;
  host: string;
  /** Path of the base URL. */
  base: string;
  headers: string[];
  connections: Connections;
  timing: Timing;
  hide(text: string): string;
}

/** Milliseconds that a look at a server may take. */
const LOOK = 10_000;

/** What came back of a single request. */
export interface Told {
  status: number;
  json: unknown;
}

/** Single requests to a server, as opposed to the streams of the sampler: its models, adapters, log-probabilities. */
export class Wire {
  readonly connections: Connections;

  constructor(private readonly parts: WireParts) {
    this.connections = parts.connections;
  }

  /**
   * Asks once, and a few times more where the server does not answer.
   *
   * @param body sent as JSON with POST; without it the request is a GET, which a server answers without work, and soon
   * @returns status and JSON of the answer, which may be none; the status is 404 where the server lacks the path
   * @throws FailedError in words
   */
  async ask(path: string, body?: unknown, attempts = 3): Promise<Told> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.once(path, body);
      if (!isLost(outcome) && outcome.status >= 200 && outcome.status < 300) {
        return { status: outcome.status, json: parseJson(outcome.body.toString('utf8')) };
      }
      if (!isLost(outcome) && (outcome.status === 404 || outcome.status === 405)) {
        return { status: 404, json: undefined };
      }
      const decision = isLost(outcome) ? decideLost(outcome) : decideReply(outcome, this.parts.timing.date());
      const again = decision.kind === 'retry' || decision.kind === 'busy';
      if (!again || attempt >= attempts) throw this.failure(decision);
      await this.sleep(Math.max(decision.wait ?? 0, backoff(attempt, this.parts.timing.random())));
    }
  }

  private once(path: string, body: unknown): Promise<Reply | Lost> {
    const { base, headers, connections } = this.parts;
    const { limits } = connections;
    const soon = { ...limits, headers: Math.min(limits.headers, LOOK), whole: Math.min(limits.whole, LOOK) };
    return new Promise((resolve) => {
      connections.send(
        {
          method: body === undefined ? 'GET' : 'POST',
          path: `${base}${path}`,
          headers,
          body: body === undefined ? null : JSON.stringify(body),
        },
        resolve,
        body === undefined ? soon : limits,
      );
    });
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.parts.timing.after(Math.min(milliseconds, 10_000), resolve));
  }

  private failure(decision: Decision): HydeError {
    const { name, host, hide } = this.parts;
    const hint = decision.kind === 'fatal' ? decision.hint : 'is the server running, and is its url right?';
    return new FailedError(hide(`${name} (${host}): ${decision.reason}`), hint);
  }
}
