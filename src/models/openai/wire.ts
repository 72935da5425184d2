import { FailedError, type HydeError, InputError } from '../../shared/errors.js';
import { Form } from './form.js';
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

/** A server that cannot be reached now, or says that it is down: others may be asked, and it later. */
export class Away extends FailedError {}

/** A server whose list of models is broken (500) each time. Others may be asked; where there is none it may work without. */
export class Listless extends Away {}

/** Milliseconds that a look at a server may take. */
const LOOK = 10_000;

/** What came back of a single request. */
export interface Told {
  status: number;
  json: unknown;
}

export const isTold = (outcome: Told | Decision): outcome is Told => 'status' in outcome;

/** Single requests to a server, as opposed to the streams of the sampler: its models, adapters, log-probabilities. */
export class Wire {
  readonly connections: Connections;

  constructor(private readonly parts: WireParts) {
    this.connections = parts.connections;
  }

  /** Provider and address, for messages. */
  get where(): string {
    return `${this.parts.name} (${this.parts.host})`;
  }

  /**
   * Asks once, and a few times more where the server does not answer.
   *
   * @param body sent as JSON with POST; without it the request is a GET, which a server answers without work, and soon
   * @returns status and JSON of the answer, which may be none; the status is 404 where the server lacks the path
   * @throws Away where it does not answer, and other errors in words
   */
  async ask(path: string, body?: unknown, attempts = 3): Promise<Told> {
    const outcome = await this.insist(path, body, attempts);
    if (isTold(outcome)) return outcome;
    throw this.failure(outcome);
  }

  private async insist(path: string, body: unknown, attempts: number): Promise<Told | Decision> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.once(path, body);
      if (isTold(outcome)) return outcome;
      const again = outcome.kind === 'retry' || outcome.kind === 'busy';
      if (!again || attempt >= attempts) return outcome;
      await this.sleep(Math.max(outcome.wait ?? 0, backoff(attempt, this.parts.timing.random())));
    }
  }

  /**
   * The server's list of models, which not every key may read and not every server has: what refuses it may answer
   * questions all the same, so only a refused key, a redirect and a server that is away end the look.
   *
   * @returns undefined where there is none
   * @throws Listless where it fails each time, Away where the server does not answer
   */
  async list(attempts = 3): Promise<unknown> {
    const outcome = await this.insist('/models', undefined, attempts);
    if (isTold(outcome)) return outcome.json;
    if (isNoList(outcome)) return undefined;
    const failure = this.failure(outcome);
    if (outcome.kind === 'retry' && outcome.error === '500')
      throw new Listless(failure.message, failure.hint);
    throw failure;
  }

  /**
   * Asks once; where that brought no answer, what is to be done about it.
   *
   * @param body as above, or a form with a file
   * @param soon whether the answer takes the server no work
   */
  async once(path: string, body?: unknown, soon = body === undefined): Promise<Told | Decision> {
    const outcome = await this.send(path, body, soon);
    if (isLost(outcome)) return decideLost(outcome);
    const { status } = outcome;
    const isThere = status >= 200 && status < 300;
    if (isThere || status === 404 || status === 405) {
      return { status: isThere ? status : 404, json: parseJson(outcome.body.toString('utf8')) };
    }
    return decideReply(outcome, this.parts.timing.date());
  }

  private send(path: string, body: unknown, isSoon: boolean): Promise<Reply | Lost> {
    const { base, connections } = this.parts;
    const form = body instanceof Form ? body : undefined;
    const { headers: usual } = this.parts;
    const headers = form ? usual.with(usual.indexOf('content-type') + 1, form.type) : usual;
    const { limits } = connections;
    const soon = { ...limits, headers: Math.min(limits.headers, LOOK), whole: Math.min(limits.whole, LOOK) };
    return new Promise((resolve) => {
      connections.send(
        {
          method: body === undefined ? 'GET' : 'POST',
          path: `${base}${path}`,
          headers,
          body: form ? form.bytes : body === undefined ? null : JSON.stringify(body),
        },
        resolve,
        isSoon ? soon : limits,
      );
    });
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.parts.timing.after(Math.min(milliseconds, 10_000), resolve));
  }

  /** The words for a request that brought no answer. */
  failure(decision: Decision): HydeError {
    const text = this.parts.hide(`${this.where}: ${decision.reason}`);
    if (decision.kind === 'refused' || decision.kind === 'adapt') return new InputError(text);
    if (decision.kind === 'fatal' || decision.kind === 'setting') return new FailedError(text, decision.hint);
    return new Away(text, 'is the server running, and is its url right?');
  }
}

const isNoList = (decision: Decision): boolean =>
  decision.kind === 'refused' ||
  decision.kind === 'adapt' ||
  decision.kind === 'setting' ||
  ['400', '403', '404', '405', '410', '422', '501', '505'].includes(decision.error);
