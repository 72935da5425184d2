import type { Message } from '../../records/chat.js';
import type { SampleRequest, SamplingParameters } from '../../records/model.js';
import type { Provider } from '../../records/provider.js';
import { seedOf } from '../../shared/hash.js';
import type { Completion } from './parse.js';
import type { OptionalField } from './retry.js';

/** Answers that one request asks for where the server takes `n`: more would be lost together. */
const TOGETHER = 8;

/** How one model wants to be asked. Learnt from the provider's data, and from what the server refuses. */
export class Dialect {
  /** Changes when a field does: bodies made before are then out of date. */
  version = 0;
  /** The model has answered, so what it refuses is not everything. */
  answered = false;
  /** What became of a plain question, where one was needed to tell bad requests from a server that answers nothing. */
  plain: 'answered' | 'failed' | undefined;
  /** What each address last said that it is. */
  private readonly served = new Map<string, Completion['served']>();
  private changeSaid = false;
  private readonly dropped = new Set<OptionalField>();
  /** The server gives no more alternatives of a token. */
  private topLogprobs = Number.POSITIVE_INFINITY;
  private maxTokens: 'max_tokens' | 'max_completion_tokens';

  constructor(
    /** Name that the server knows the model by. */
    readonly model: string,
    private readonly provider: Provider,
    ownField: 'max_tokens' | 'max_completion_tokens' | undefined,
  ) {
    this.maxTokens = ownField ?? provider['max-tokens-field'] ?? 'max_tokens';
  }

  /** Each answer has a seed of its own, so each needs a request of its own. */
  get seeded(): boolean {
    return this.provider.seed === true && !this.dropped.has('seed');
  }

  /** Answers to ask for by one request at most. */
  get together(): number {
    return this.provider.n && !this.seeded && !this.dropped.has('n') ? TOGETHER : 1;
  }

  /**
   * Leaves a field out, or writes it otherwise, from now on.
   *
   * @param numbers that the refusal names
   * @returns what is done, in words; or `known`: that was done before; `needed`: without it the answers would be drawn
   *   otherwise; `again`: what was refused was sent before the first refusal came
   */
  adapt(
    field: OptionalField,
    sentVersion: number,
    parameters: SamplingParameters,
    numbers: readonly number[] = [],
  ): { change: string } | 'known' | 'needed' | 'again' {
    if (sentVersion < this.version) return 'again';
    if (
      (field === 'temperature' && parameters.temperature !== 1) ||
      (field === 'top_p' && parameters.topP !== 1)
    ) {
      return 'needed';
    }
    if (this.dropped.has(field)) return 'known';
    this.version++;
    const asked = Math.min(parameters.topLogprobs ?? 0, this.topLogprobs);
    const fewer = Math.max(...numbers.filter((number) => number < asked));
    if (field === 'logprobs' && fewer >= 1) {
      this.topLogprobs = fewer;
      return { change: `log-probabilities of the ${fewer} likeliest tokens are asked for` };
    }
    this.dropped.add(field);
    if (field !== 'max_tokens') return { change: `${field} is left out` };
    this.maxTokens = this.maxTokens === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
    return { change: 'its other name for the length of answers is used' };
  }

  /**
   * Keeps what the server says that it is.
   *
   * @param at its address
   * @returns the same without secrets; `change`: words for a change, or another one than at another address, once
   */
  saw(
    now: Completion['served'],
    hide: (text: string) => string,
    at: string,
  ): { served: Completion['served']; change?: string } {
    const before = this.served.get(at);
    if (before && same(before, now)) return { served: before };
    const { model, fingerprint } = now;
    const served = { model: hide(model), ...(fingerprint ? { fingerprint: hide(fingerprint) } : {}) };
    if (before && same(before, served)) return { served: before };
    const [elsewhere, other] = (!before && [...this.served].find(([, one]) => !same(one, served))) || [];
    this.served.set(at, served);
    const change = before
      ? `changed while it was asked: it was ${nameOf(before)} and is now ${nameOf(served)}`
      : other && `is ${nameOf(other)} at ${elsewhere}, but ${nameOf(served)} at ${at}`;
    if (!change || this.changeSaid) return { served };
    this.changeSaid = true;
    return { served, change };
  }

  /** The body of requests with these messages, but for `n` and seed: JSON without its closing brace. */
  open(
    messages: readonly Message[],
    { temperature, topP, maxTokens, topLogprobs }: SamplingParameters,
  ): string {
    const logprobs =
      topLogprobs === undefined || this.dropped.has('logprobs')
        ? {}
        : { logprobs: true, top_logprobs: Math.min(topLogprobs, this.topLogprobs) };
    return JSON.stringify({
      ...this.provider.body,
      model: this.model,
      messages,
      ...(this.dropped.has('temperature') && temperature === 1 ? {} : { temperature }),
      // Sent where it is 1, too: left out, vLLM takes what the files of the model say.
      ...(this.dropped.has('top_p') && topP === 1 ? {} : { top_p: topP }),
      [this.maxTokens]: maxTokens,
      ...logprobs,
    }).slice(0, -1);
  }

  /** What closes the body of the request for these answers. */
  close({ seed, id }: SampleRequest, indices: readonly number[]): string {
    const n = indices.length > 1 ? `,"n":${indices.length}` : '';
    // Servers take signed 32-bit numbers at least.
    return this.seeded ? `${n},"seed":${seedOf(seed, id, indices[0] as number) % 2 ** 31}}` : `${n}}`;
  }
}

const same = (a: Completion['served'], b: Completion['served']): boolean =>
  a.model === b.model && a.fingerprint === b.fingerprint;

const nameOf = ({ model, fingerprint }: Completion['served']): string =>
  fingerprint ? `${model} (${fingerprint})` : model;
