import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCompletion, readError } from '../../../src/models/openai/parse.js';
import {
  backoff,
  decideReply,
  LONGEST_WAIT,
  rateLimitPause,
  retryAfter,
} from '../../../src/models/openai/retry.js';

const DATE = Date.parse('2026-01-01T00:00:00Z');

describe('what a server sends', () => {
  it('is a completion, an error or words for what is wrong, whatever JSON it is', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const read = readCompletion(text, 2);
        if (typeof read === 'string') expect(read.length).toBeGreaterThan(0);
        else if ('choices' in read) expect(read.choices).toHaveLength(2);
        else expect(read.message.length).toBeLessThanOrEqual(200);
      }),
    );
  });

  it('is a completion, an error or words, whatever stands in the fields of a completion', () => {
    const anything = fc.anything({ maxDepth: 3 });
    fc.assert(
      fc.property(anything, anything, anything, anything, (index, message, content, logprobs) => {
        const body = {
          choices: [
            { index, message },
            { index: 1, message: { content }, logprobs },
          ],
        };
        const read = readCompletion(JSON.stringify(body) ?? 'null', 2);
        expect(typeof read === 'string' || 'choices' in read).toBe(true);
        if (typeof read === 'string' || !('choices' in read)) return;
        for (const choice of read.choices) {
          if (typeof choice !== 'string') expect(typeof choice.text).toBe('string');
        }
      }),
    );
  });

  it('is shown as one line that moves no cursor', () => {
    const { message } = readError({ error: { message: 'a\n\u001b[31mb' } });
    expect(message).toBe('a ␛[31mb');
  });
});

describe('waits', () => {
  it.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': '150', 'retry-after': '1' }, 150],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '', 'retry-after': '2' }, 2000],
    [{ 'retry-after-ms': 'Infinity' }, undefined],
    [{ 'retry-after': '1e300' }, LONGEST_WAIT],
    [{ 'retry-after': 'Sat, 01 Jan 2135 00:00:00 GMT' }, LONGEST_WAIT],
    [{ 'retry-after': '-5' }, undefined],
    [{}, undefined],
  ])('that retry-after asks for: %o', (headers, wait) => {
    expect(retryAfter(headers, DATE)).toBe(wait);
  });

  it.each([
    ['6m0s', 360_000],
    ['20ms', 20],
    ['1.5s', 1500],
    ['3', 3000],
    [String(DATE / 1000 + 10), 10_000],
    [String(DATE + 10), 10],
    ['', 0],
    ['tomorrow', 0],
  ])('until a rate limit is reset: %s', (reset, wait) => {
    const headers = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': reset };
    expect(rateLimitPause(headers, DATE)).toBe(wait);
    for (const left of ['5', '', 'unlimited'])
      expect(rateLimitPause({ ...headers, 'x-ratelimit-remaining-tokens': left }, DATE)).toBe(0);
  });

  it('before a retry grow, are spread, and have an end', () => {
    expect(backoff(0, 0.5)).toBeLessThan(backoff(1, 0.5));
    expect(backoff(50, 1)).toBe(30_000);
    expect(backoff(3, 0)).toBe(0);
  });
});

describe('an error', () => {
  const decide = (status: number, error: object) =>
    decideReply({ status, headers: {}, body: Buffer.from(JSON.stringify({ error })) }, DATE);

  it.each([
    [400, { message: 'Unsupported value: seed' }, 'adapt'],
    [400, { message: 'logprobs is not supported by this model' }, 'adapt'],
    [400, { message: 'max_tokens must be less than or equal to 4096', param: 'max_tokens' }, 'setting'],
    [
      400,
      { message: "'max_tokens' is too large: 500. The context length is 600 tokens, the input 200" },
      'refused',
    ],
    [400, { message: 'Invalid prompt', code: 'content_policy_violation' }, 'refused'],
    [403, { message: 'Your input was flagged', code: 403 }, 'refused'],
    [403, { message: 'Country not supported' }, 'fatal'],
    [404, { message: 'The model `x` does not exist' }, 'fatal'],
    [408, { message: 'timeout' }, 'retry'],
    [429, { message: 'Rate limit reached', type: 'tokens' }, 'busy'],
    [429, { message: 'You exceeded your quota', type: 'insufficient_quota' }, 'fatal'],
    [503, { message: 'overloaded' }, 'retry'],
  ])('%i %o', (status, error, kind) => {
    expect(decide(status, error).kind).toBe(kind);
  });
});
