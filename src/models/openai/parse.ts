import type { TokenLogprob, Usage } from '../../records/model.js';
import { isCount } from '../../shared/numbers.js';
import { type Fields, isObject } from '../../shared/objects.js';
import { printableLine } from '../../shared/printable.js';
import { splitThought } from '../../shared/trace.js';

/**
 * From a server's bytes to answers. What a server sends is hostile: every field is looked at by hand (a schema library
 * would take half of the time of a request), what has the wrong form is left out or makes the answer unreadable.
 */

/** One answer of a completion. */
export interface Choice {
  text: string;
  reasoning?: string;
  finish: 'stop' | 'length' | 'filtered';
  logprobs?: TokenLogprob[][];
}

export interface Completion {
  /** By position; where the server gave none, a reason. */
  choices: (Choice | string)[];
  /** The server gave fewer than it was asked for. */
  fewer: boolean;
  usage?: Usage;
  /** What the server says that it is: model, and fingerprint where it has one. */
  served: { model: string; fingerprint?: string };
}

/** An error in a server's own words: one line, at most 200 characters, nothing in it to be trusted. */
export interface ServerError {
  message: string;
  code: string;
  /** The field that it is about, where the server names one. */
  param: string;
  /** Another status that a gateway put into the body. */
  status?: number;
}

/** JSON, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads the body of a 200.
 *
 * @param wanted how many answers were asked for
 * @returns the completion, the error in its place, or in words why it is neither
 */
export function readCompletion(text: string, wanted: number): Completion | ServerError | string {
  return text === '' ? 'the answer is empty' : readBody(parseJson(text), wanted);
}

/** The same for what was JSON. */
export function readBody(body: unknown, wanted: number): Completion | ServerError | string {
  if (!isObject(body)) return 'the answer is no JSON';
  if (isObject(body.error) || (typeof body.error === 'string' && !Array.isArray(body.choices))) {
    return readError(body);
  }
  if (!Array.isArray(body.choices)) return 'the answer has no choices';
  const choices: (Choice | string)[] = new Array(wanted).fill('the server left it out');
  for (const [position, given] of body.choices.entries()) {
    if (!isObject(given)) continue;
    const index = Number.isInteger(given.index) ? (given.index as number) : position;
    // The first one counts where a server repeats an index.
    if (index >= 0 && index < wanted && typeof choices[index] === 'string')
      choices[index] = readChoice(given);
  }
  const usage = readUsage(body.usage);
  const fewer = body.choices.length < wanted;
  return { choices, fewer, ...(usage ? { usage } : {}), served: readServed(body) };
}

const shortText = (value: unknown): string =>
  typeof value === 'string' ? printableLine(value.slice(0, 200)) : '';

function readServed({ model, system_fingerprint }: Fields): Completion['served'] {
  const fingerprint = shortText(system_fingerprint);
  return { model: shortText(model), ...(fingerprint ? { fingerprint } : {}) };
}

function readChoice(choice: Fields): Choice | string {
  const { message } = choice;
  if (!isObject(message)) return 'the answer has no message';
  const { content, refusal, finish_reason = choice.finish_reason } = message;
  const given = typeof content === 'string' ? content : typeof refusal === 'string' ? refusal : undefined;
  const apart = [message.reasoning_content, message.reasoning].find((text) => typeof text === 'string');
  const finish =
    finish_reason === 'length' ? 'length' : finish_reason === 'content_filter' ? 'filtered' : 'stop';
  // A reasoning model that used up its tokens has no answer, and says so by its length.
  if (given === undefined && !(finish === 'length' && apart)) return 'the answer has no content';
  const { text, thought } = splitThought(given ?? '');
  const reasoning = [apart, thought].filter(Boolean).join('\n');
  const logprobs = readLogprobs(choice.logprobs, reasoning ? text : undefined);
  return {
    text,
    finish,
    ...(reasoning ? { reasoning: reasoning as string } : {}),
    ...(logprobs ? { logprobs } : {}),
  };
}

/**
 * The likeliest tokens of each position; undefined where any of them is not what it should be, or has no alternatives:
 * then the text is what can be read.
 *
 * @param answer what remains when there was a thought before it: the tokens of the thought are left out
 */
function readLogprobs(given: unknown, answer: string | undefined): TokenLogprob[][] | undefined {
  if (!isObject(given) || !Array.isArray(given.content)) return undefined;
  const skipped = answer === undefined ? 0 : tokensBefore(answer, given.content);
  if (skipped === undefined) return undefined;
  const positions: TokenLogprob[][] = [];
  for (const position of skipped ? given.content.slice(skipped) : given.content) {
    const top = isObject(position) ? position.top_logprobs : undefined;
    if (!Array.isArray(top) || top.length === 0) return undefined;
    const tokens: TokenLogprob[] = [];
    for (const entry of top) {
      if (!isObject(entry)) return undefined;
      const { token, logprob } = entry;
      // Rounding puts a certain token a little above 0.
      if (typeof token !== 'string' || typeof logprob !== 'number' || !(logprob <= 1e-3)) return undefined;
      tokens.push({ token, logprob: Math.min(0, logprob) });
    }
    positions.push(tokens);
  }
  return positions.length > 0 ? positions : undefined;
}

/** How many tokens come before the answer's own; undefined where the tokens do not spell it. */
function tokensBefore(answer: string, tokens: unknown[]): number | undefined {
  const texts = tokens.map((entry) =>
    isObject(entry) && typeof entry.token === 'string' ? entry.token : '',
  );
  let left = answer === '' ? -1 : texts.join('').lastIndexOf(answer);
  if (left < 0) return undefined;
  return texts.findIndex((text) => {
    left -= text.length;
    return left < 0;
  });
}

function readUsage(given: unknown): Usage | undefined {
  if (!isObject(given)) return undefined;
  const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = given;
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : undefined;
}

/** What a server says is wrong. A page of HTML and the like says nothing. */
export function readError(body: unknown): ServerError {
  const error = isObject(body) ? (isObject(body.error) ? body.error : body) : {};
  const { message, detail, code, type, param } = error;
  const said = [message, detail, isObject(body) && typeof body.error === 'string' ? body.error : '']
    .map(shortText)
    .find(Boolean);
  const status = typeof code === 'number' && code >= 400 && code < 600 ? { status: code } : {};
  return {
    message: said ?? '',
    param: shortText(param),
    code: [code, type]
      .filter((part) => typeof part === 'string')
      .join(' ')
      .slice(0, 100),
    ...status,
  };
}

export const isServerError = (read: Completion | ServerError | string): read is ServerError =>
  typeof read === 'object' && 'message' in read;
