import { SettingError } from '../../shared/errors.js';
import { answersOf } from './answers.js';
import type { Call, Job } from './call.js';
import { Failures } from './failures.js';
import type { Host } from './host.js';
import { isLost, type Lost, type Reply } from './http.js';
import { Learner } from './learner.js';
import { type Completion, isServerError, readCompletion } from './parse.js';
import type { Line, SamplerParts } from './parts.js';
import { type Probed, plainQuestion } from './probe.js';
import { ATTEMPTS, backoff, type Decision, decideLost, decideReply, rateLimitPause } from './retry.js';

/** Decides what becomes of each request when the server has answered, or has not. */
export class Settler {
  readonly errors: Record<string, number> = {};
  private readonly learner: Learner;
  private readonly failures: Failures;
  private readonly saidDead = new Set<Host>();

  constructor(
    private readonly parts: SamplerParts,
    private readonly line: Line,
  ) {
    this.learner = new Learner(parts);
    this.failures = new Failures(parts, line, (call, host) => this.askPlain(call, host));
  }

  /** See `plainQuestion`. */
  askPlain(call: Call, host: Host): Promise<Probed> {
    return plainQuestion(
      host,
      call,
      (adapt, version) => this.learner.refused(call, adapt, version) === 'learnt',
    );
  }

  /**
   * Looks at what came only as far as it says whether another request may follow: acts on what is no answer at once.
   *
   * @returns the reply where it may hold an answer, which is to be read
   */
  look(job: Job, host: Host, outcome: Reply | Lost): Reply | undefined {
    const { timing } = this.parts;
    const date = timing.date();
    if (isLost(outcome)) {
      this.act(job, host, decideLost(outcome), timing.now());
      return undefined;
    }
    if (outcome.status < 200 || outcome.status > 299) {
      this.act(job, host, decideReply(outcome, date), timing.now());
      return undefined;
    }
    if (isStream(outcome)) {
      this.act(job, host, STREAM, timing.now());
      return undefined;
    }
    const pause = rateLimitPause(outcome.headers, date);
    if (pause > 0) this.line.pause(job.call, host, pause, 'the rate limit is used up');
    return outcome;
  }

  /**
   * Reads the answer in a reply, and hands it to its call.
   *
   * @param at when it came, and whether the window was in use then
   */
  read(
    job: Job,
    host: Host,
    reply: Reply,
    { sent, at, busy }: { sent: number; at: number; busy: boolean },
  ): void {
    const read = readCompletion(reply.body.toString('utf8'), job.indices.length);
    if (typeof read === 'string') this.act(job, host, unreadable(read), at);
    else if (isServerError(read)) {
      this.act(job, host, decideReply(reply, this.parts.timing.date(), read), at);
    } else {
      host.parts.limiter.succeeded(sent, at, busy);
      host.parts.breaker.succeeded();
      this.deliver(job, host, read, reply, at - sent);
    }
  }

  private deliver(job: Job, host: Host, completion: Completion, reply: Reply, latency: number): void {
    const { call, indices } = job;
    const { name, observer, hide } = this.parts;
    call.losses = 0;
    const { served, change } = call.dialect.saw(completion.served, hide, host.at);
    if (change) observer.warn(`${name}/${call.dialect.model} ${change}`);
    const { answers, missing } = answersOf(job, completion, served, reply.headers, latency, hide);
    for (const answer of answers) call.add(answer);
    call.answered ||= answers.length > 0;
    if (answers.length > 0 && !call.dialect.answered) {
      call.dialect.answered = true;
      for (const each of this.line.callsOf(call)) this.failures.refuseUndecided(each);
    }
    if (missing.length === 0) {
      this.failures.close(call);
      return;
    }
    const rest = { ...job, indices: missing.map((i) => indices[i] as number) };
    if (answers.length > 0) {
      if (completion.fewer)
        this.learner.gaveFewer(call, indices.length, completion.choices.length - missing.length, job.version);
      this.resend(rest);
      return;
    }
    const why = completion.choices.find((choice) => typeof choice === 'string') ?? '';
    this.act(rest, host, unreadable(why), this.parts.timing.now());
  }

  private act(job: Job, host: Host, decision: Decision, now: number): void {
    const { timing } = this.parts;
    const { limiter, breaker } = host.parts;
    this.count(decision, host);
    switch (decision.kind) {
      case 'adapt':
        this.adapt(job, host, decision, now);
        break;
      case 'fatal':
        if (decision.error !== '404' || !this.line.reload(job, host)) {
          this.line.stop(job.call, host, decision.reason, decision.hint);
        }
        break;
      case 'setting':
        breaker.succeeded();
        if (job.call.answered) this.failures.add(job, host, decision.reason, false);
        else this.line.stop(job.call, host, decision.reason, decision.hint, SettingError);
        break;
      case 'refused':
        breaker.succeeded();
        this.failures.add(job, host, decision.reason, decision.certain);
        break;
      case 'busy':
        limiter.refused(now, host.inFlight);
        breaker.refused(now);
        job.busy++;
        if (decision.wait !== undefined) this.line.pause(job.call, host, decision.wait, decision.reason);
        this.line.again(job, (decision.wait ?? 0) + backoff(job.busy - 2, timing.random()), decision.reason);
        break;
      case 'retry':
        if (decision.error === 'connection') this.line.doubt(host);
        if (decision.dead) {
          limiter.overloaded(now);
          breaker.failed(now);
          if (breaker.open) this.sayDead(host, decision.reason);
        }
        // While the server is taken for dead the request is not to blame; a plain question tells whether it is.
        if (!breaker.open) job.failed += decision.weight;
        if (decision.wait !== undefined) this.line.pause(job.call, host, decision.wait, decision.reason);
        if (job.failed >= ATTEMPTS) this.failures.add(job, host, decision.reason, true);
        else {
          const wait = backoff(job.failed, timing.random());
          this.line.again(job, Math.max(wait, decision.wait ?? 0), decision.reason);
        }
    }
  }

  private adapt(job: Job, host: Host, decision: Decision & { kind: 'adapt' }, now: number): void {
    const { call } = job;
    const { reason } = decision;
    const learnt = this.learner.refused(call, decision, job.version);
    if (learnt === 'learnt') this.resend(job);
    else if (learnt === 'known') {
      this.act(job, host, { kind: 'refused', error: '400', reason, certain: false }, now);
    } else {
      const { temperature, topP } = call.parameters;
      const setting = learnt === 'temperature' ? `a temperature of ${temperature}` : `a top-p of ${topP}`;
      this.act(
        job,
        host,
        {
          kind: 'setting',
          error: '400',
          reason: `${call.dialect.model} does not take ${setting} (${reason})`,
          hint: `without it the answers would be drawn otherwise: set \`${learnt === 'temperature' ? 'temperature' : 'top-p'}: 1\`, or ask another model`,
        },
        now,
      );
    }
  }

  private resend(job: Job): void {
    const { call } = job;
    // Without `n` each answer needs a request of its own.
    const parts = call.dialect.together === 1 ? job.indices.map((index) => [index]) : [job.indices];
    call.open += parts.length - 1;
    for (const indices of parts) this.line.enqueue({ ...job, indices });
  }

  /** Several addresses are looked at when they are made ready, and what is left out is said there. */
  private sayDead(host: Host, reason: string): void {
    const { name, hide, hosts, observer } = this.parts;
    if (hosts.length > 1 || this.saidDead.has(host)) return;
    this.saidDead.add(host);
    observer.note(
      hide(
        `${name} (${host.at}) fails at one request after another (${reason}): plain questions tell if it is alive`,
      ),
    );
  }

  private count(decision: Decision, { at }: Host): void {
    if (decision.kind === 'adapt') return;
    const { error, reason } = decision;
    this.errors[error] = (this.errors[error] ?? 0) + 1;
    const { name, hide, observer } = this.parts;
    if (this.errors[error] === 1) observer.detail(hide(`${name} (${at}): the first of its kind: ${reason}`));
  }
}

const isStream = ({ headers, body }: Reply): boolean =>
  /^text\/event-stream\b/i.test(String(headers['content-type'])) &&
  !body.toString('utf8', 0, 100).trimStart().startsWith('{');

const STREAM: Decision = {
  kind: 'setting',
  error: 'stream',
  reason: 'the server answers with a stream of events, though none is asked for',
  hint: "servers that only stream cannot be asked; see that the provider's `body` does not say `stream: true`",
};

const unreadable = (reason: string): Decision => ({
  kind: 'retry',
  error: 'unreadable',
  reason,
  dead: false,
  weight: 1,
});
