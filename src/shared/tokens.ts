import type { Message } from '../records/chat.js';

/** Number of tokens of a text. */
export type CountTokens = (text: string) => number;

/** The byte pair encoding takes quadratic time on a long run of one character; pieces of this length keep it linear. */
const PIECE = 1000;

/**
 * The tokenizer o200k, loaded when it is first asked for. Models with another tokenizer count otherwise: English differs by a
 * tenth or two, other scripts by more. Control tokens in a text count as the ordinary text that they are.
 */
export async function tokenizer(): Promise<CountTokens> {
  const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
  const ordinary = { disallowedSpecial: new Set<string>() };
  return (text) => {
    let tokens = 0;
    for (let at = 0; at < text.length; at += PIECE) {
      tokens += countTokens(text.slice(at, at + PIECE).toWellFormed(), ordinary);
    }
    return tokens;
  };
}

/** The tokenizer where money depends on the count; otherwise, without the time it takes to load, about a token for four bytes. */
export const tokensFor = async (counts: boolean): Promise<CountTokens> =>
  counts ? tokenizer() : (text) => Math.ceil(Buffer.byteLength(text) / 4);

/** What a chat format puts around a message, and behind the last one. */
const AROUND_MESSAGE = 4;
const BEFORE_ANSWER = 3;

/** Tokens of a prompt, with what a chat format puts around its messages. */
export const promptTokens = (messages: readonly Message[], count: CountTokens): number =>
  messages.reduce((sum, { content }) => sum + count(content) + AROUND_MESSAGE, BEFORE_ANSWER);
