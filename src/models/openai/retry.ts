import type { Lost, Reply } from './http.js';
import { parseJson, readError, type ServerError } from './parse.js';

/** What is to be done about a request that brought no answer. Reasons are one line, without secrets. */
export type Decision =
  /** Ask again later. `dead`: the server may be down; `weight`: how many of the attempts it counts for. */
  | { kind: 'retry'; error: string; reason: string; dead: boolean; weight: number; wait?: number }
  /** Too much at once: ask again, and fewer at a time. No attempt is counted. */
  | { kind: 'busy'; error: string; reason: string; wait?: number }
  /** This request cannot be answered; others can. `certain`: by the words of the server it is this prompt. */
  | { kind: 'refused'; error: string; reason: string; certain: boolean }
  /** A setting that the requests of a call share is refused: none can be answered, unless one was. */
  | { kind: 'setting'; error: string; reason: string; hint: string }
  /** The server wants a field otherwise, or not at all. `numbers`: those that it names, perhaps what it allows at most. */
  | { kind: 'adapt'; field: OptionalField; reason: string; numbers: number[] }
  /** No request can be answered as things stand. */
  | { kind: 'fatal'; error: string; reason: string; hint?: string };

/**
 * Fields that hyde can do without, or write otherwise: `max_tokens` by either of its names, `temperature` and `top_p`
 * where they are 1, so that nothing changes.
 */
export type OptionalField = 'max_tokens' | 'seed' | 'logprobs' | 'n' | 'temperature' | 'top_p';

/** Attempts of one request; a time-out, which costs the server most, counts twice. */
export const ATTEMPTS = 6;

const FIRST_WAIT = 500;
const LAST_WAIT = 30_000;

/**
 * Milliseconds before an attempt, with full jitter: a random share of a time that doubles, so that those who failed
 * together do not come back together (Brooker, "Exponential backoff and jitter", 2015).
 */
export const backoff = (attempt: number, random: number): number =>
  random * Math.min(LAST_WAIT, FIRST_WAIT * 2 ** attempt);

/** What to do about a request that was lost on the way. */
export function decideLost({ kind, reason }: Lost): Decision {
  switch (kind) {
    case 'certificate':
      return {
        kind: 'fatal',
        error: kind,
        reason: `the certificate of the server is not trusted (${reason})`,
        hint: 'for a certificate of your own, name its file in NODE_EXTRA_CA_CERTS',
      };
    case 'too-large':
      return { kind: 'retry', error: kind, reason, dead: false, weight: 2 };
    case 'timeout':
      return { kind: 'retry', error: kind, reason, dead: true, weight: 2 };
    case 'connection':
      return { kind: 'retry', error: kind, reason, dead: true, weight: 1 };
  }
}

/** What to do about an answer that is no completion; `said` where an error stands in the body of a 200. */
export function decideReply({ status, headers, body }: Reply, date: number, said?: ServerError): Decision {
  const error = said ?? readError(parseJson(body.toString('utf8', 0, 65_536)));
  const code = said ? (said.status ?? 500) : status;
  const words = error.message ? `: ${error.message}` : '';
  const reason = `${said ? 'error' : `HTTP ${status}`}${words}`;
  const kind = String(code);
  const all = `${error.code} ${error.message}`;
  const wait = retryAfter(headers, date);
  const later = wait === undefined ? {} : { wait };
  if (code === 402 || QUOTA.test(error.code)) {
    return {
      kind: 'fatal',
      error: 'quota',
      reason: `no credit or quota is left (${reason})`,
      hint: 'top it up, then run the same command again: it goes on from here',
    };
  }
  if (code === 429) return { kind: 'busy', error: kind, reason, ...later };
  if (FILTERED.test(all)) return { kind: 'refused', error: 'filtered', reason, certain: true };
  if (code === 401 || code === 403) {
    return {
      kind: 'fatal',
      error: kind,
      reason: `the key is refused (${reason})`,
      hint: 'is it the right one?',
    };
  }
  if (code === 404 || code === 405 || code === 410 || /model_not_found/.test(error.code)) {
    return {
      kind: 'fatal',
      error: kind,
      reason: `the model or the address is not known there (${reason})`,
      hint: 'see that the model is served under this name, and that the url ends as its documentation says, mostly in /v1',
    };
  }
  if (code >= 300 && code < 400) {
    return {
      kind: 'fatal',
      error: kind,
      reason: `the server sends to another address (HTTP ${status}), and no redirect is followed`,
      hint: 'write the final address as the url of the provider',
    };
  }
  if (code === 408 || code === 409 || code === 425 || code >= 500 || code < 300) {
    return { kind: 'retry', error: kind, reason, dead: code >= 500, weight: 1, ...later };
  }
  if ((code === 400 || code === 422) && isLengthRefused(error)) {
    return {
      kind: 'setting',
      error: kind,
      reason: `answers of this length are refused (${reason})`,
      hint: "set `sampling: { max-tokens: N }` to what the model takes, or the judge's `max-tokens`",
    };
  }
  const field = code === 400 || code === 422 ? fieldOf(error) : undefined;
  if (field) return { kind: 'adapt', field, reason, numbers: numbersOf(error.message) };
  return { kind: 'refused', error: kind, reason, certain: TOO_LONG.test(all) };
}

const QUOTA = /insufficient_quota|billing|insufficient_credits|quota_exceeded/i;
const FILTERED = /content_(policy|filter)|moderation|flagged/i;
const TOO_LONG = /context.?length|maximum context|too (long|large|many tokens)/i;
const MAX_TOKENS = /\bmax(_completion|_output|_new)?_tokens\b/;

/** Is the length of answers that is asked for out of range for any prompt? What is too long with its prompt is not. */
const isLengthRefused = ({ message }: ServerError): boolean =>
  MAX_TOKENS.test(message) &&
  /too (large|big|high|small|low)|at (most|least)|(less|greater|smaller|larger|more) than|exceed|(below|above) (the )?m(in|ax)imum/i.test(
    message,
  ) &&
  !/context|prompt|input|messages/i.test(message);

/** Whole numbers that stand by themselves: not those in the names of models. */
const numbersOf = (text: string): number[] =>
  [...text.matchAll(/(?<![\w.-])\d{1,6}(?![\w-]|\.\d)/g)].map(([digits]) => Number(digits));

const REFUSED_FIELD =
  /unsupported|not support|unknown|unrecognized|unexpected|extra|not allowed|not permitted|invalid|must be|cannot|greater than max|does not/i;

/** Names of fields in the words of servers. Prompts may be quoted there: what is a common word must stand as a name. */
const FIELDS: [words: RegExp, field: OptionalField][] = [
  [MAX_TOKENS, 'max_tokens'],
  [/\b(top_)?logprobs\b/, 'logprobs'],
  [/\bseed\b/, 'seed'],
  [/(['"`]n['"`]|\bparameter n\b|\bn (must|should) be)/, 'n'],
  [/\btop_p\b/, 'top_p'],
  [/['"`]temperature['"`]|^temperature\b|\b(parameter|value|field):? temperature\b/i, 'temperature'],
];

/** The field that a server says it does not take, where hyde can do without it. */
function fieldOf({ message, code, param }: ServerError): OptionalField | undefined {
  if (!REFUSED_FIELD.test(`${code} ${message}`) || param.startsWith('messages')) return undefined;
  return PARAMS.get(param) ?? FIELDS.find(([words]) => words.test(message))?.[1];
}

const PARAMS = new Map<string, OptionalField>([
  ...FIELDS.map(([, field]) => [field, field] as const),
  ['max_completion_tokens', 'max_tokens'],
  ['top_logprobs', 'logprobs'],
]);

const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** A server that asks for a longer wait than this, a year, is only said to ask for one. */
export const LONGEST_WAIT = 366 * 86_400_000;

/** A header's number; undefined where it holds none: an empty one counts as none. */
function numberIn(text: string | undefined): number | undefined {
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Milliseconds that `retry-after` asks for: seconds, or a date. */
export function retryAfter(headers: Reply['headers'], date: number): number | undefined {
  const precise = numberIn(first(headers['retry-after-ms']));
  if (precise !== undefined && precise >= 0) return Math.min(precise, LONGEST_WAIT);
  const text = first(headers['retry-after']);
  const seconds = numberIn(text);
  if (seconds !== undefined) return seconds >= 0 ? Math.min(seconds * 1000, LONGEST_WAIT) : undefined;
  const until = Date.parse(text ?? '');
  return Number.isNaN(until) ? undefined : Math.min(Math.max(0, until - date), LONGEST_WAIT);
}

/** Milliseconds until a server takes requests again that says none or no tokens are left; 0 where some are. */
export function rateLimitPause(headers: Reply['headers'], date: number): number {
  return Math.max(
    ...['requests', 'tokens'].map((what) => {
      const left = numberIn(first(headers[`x-ratelimit-remaining-${what}`]));
      if (left === undefined || left > 0) return 0;
      return Math.min(resetIn(first(headers[`x-ratelimit-reset-${what}`]) ?? '', date), LONGEST_WAIT);
    }),
  );
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `6m0s`, `20ms`, seconds, or a time since 1970 in seconds or milliseconds. */
function resetIn(text: string, date: number): number {
  const number = Number(text);
  if (text !== '' && Number.isFinite(number)) {
    const until = number > 1e11 ? number - date : number > 1e8 ? number * 1000 - date : number * 1000;
    return Math.max(0, until);
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit as string] as number), 0);
}
