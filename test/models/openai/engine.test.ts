import { afterEach, describe, expect, it } from 'vitest';
import { Dialect } from '../../../src/models/openai/body.js';
import { Call } from '../../../src/models/openai/call.js';
import { answersOf, ask, model, openFor, parameters } from './open.js';
import { type Behaviour, choice, completion, echo, misbehave, sendJson, TestServer } from './server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function against(
  behave: Behaviour,
  ...more: Parameters<typeof openFor> extends [unknown, ...infer R] ? R : never
) {
  const server = await TestServer.open(behave);
  open.push(server);
  const opened = openFor(server.url, ...more);
  open.unshift(opened.engine);
  return { server, ...opened };
}

/** Answers every request with this choice. */
const always = (one: object, more: object = {}): Behaviour =>
  misbehave((_seen, response) => {
    sendJson(response, 200, completion([one], more));
    return true;
  });

describe('requests', () => {
  it('answer every index of every request once, with what the server said of itself', async () => {
    const { engine, server } = await against(echo);
    const answers = await answersOf(engine, [ask('a', 3), ask('b', 2)]);
    expect(answers.map(({ id, index }) => `${id}${index}`).toSorted()).toEqual([
      'a0',
      'a1',
      'a2',
      'b0',
      'b1',
    ]);
    for (const answer of answers) {
      expect(answer.text).toBe(`to question ${answer.id}`);
      expect(answer).toMatchObject({
        finish: 'stop',
        tokens: 3,
        usage: { promptTokens: 7, completionTokens: 3 },
        meta: { served: { model: 'm-served', fingerprint: 'fp_1' } },
      });
    }
    expect(server.chats[0]?.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'question a' }],
      temperature: 1,
      top_p: 1,
      max_tokens: 16,
    });
  });

  it('carry a seed of their own where the server takes one, the same when they are asked again', async () => {
    const { engine, server } = await against(echo, { seed: true, n: true });
    await answersOf(engine, [ask('a', 4)]);
    const seeds = server.chats.map(({ body }) => body.seed);
    expect(new Set(seeds).size).toBe(4);
    await answersOf(engine, [{ ...ask('a'), indices: [2] }]);
    expect(seeds).toContain(server.chats.at(-1)?.body.seed);
    expect(server.chats.every(({ body }) => body.n === undefined)).toBe(true);
  });

  it('carry further fields and headers of the provider', async () => {
    const body = { reasoning_effort: 'low' };
    const { engine, server } = await against(echo, { body, headers: { 'x-team': 'blue' } });
    await answersOf(engine, [ask('a')]);
    expect(server.chats[0]?.body).toMatchObject({ reasoning_effort: 'low', model: 'm' });
    expect(server.chats[0]?.headers['x-team']).toBe('blue');
  });

  it('name the length of answers as the server asks for it, learnt from one refusal', async () => {
    const { engine, server, said } = await against(
      misbehave(({ body }, response) => {
        if (body.max_tokens === undefined) return false;
        const message =
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        sendJson(response, 400, { error: { message, param: 'max_tokens', code: 'unsupported_parameter' } });
        return true;
      }),
      {},
      { maxConnections: 1 },
    );
    const answers = await answersOf(engine, [ask('a', 5)]);
    expect(answers.map(({ finish }) => finish)).toEqual(Array(5).fill('stop'));
    expect(server.chats).toHaveLength(6);
    expect(server.chats[1]?.body.max_completion_tokens).toBe(16);
    expect(said.filter((line) => /its other name/.test(line))).toHaveLength(1);
  });

  /** A server that takes no value but the default, as those of reasoning models. */
  const picky = (fields: Record<string, string>): Behaviour =>
    misbehave(({ body }, response) => {
      const field = Object.keys(fields).find((name) => body[name] !== undefined);
      if (field) sendJson(response, 400, { error: { message: fields[field], param: field } });
      return field !== undefined;
    });
  const onlyDefault =
    "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.";

  it.each([
    ['named by the words', "Unsupported parameter: 'top_p' is not supported with this model.", 'top_p'],
    [
      'that do not go together',
      '`temperature` and `top_p` cannot both be specified for this model.',
      'top_p',
    ],
    ['that must be the default', onlyDefault, 'temperature'],
    ['named beside the words', 'Unsupported parameter', 'max_tokens'],
  ])('leave out, or rename, what is refused and changes nothing: %s', async (_name, message, field) => {
    const { engine, server, said } = await against(picky({ [field]: message }), {}, { maxConnections: 1 });
    const answers = await answersOf(engine, [ask('a', 5)]);
    expect(answers.map(({ finish }) => finish)).toEqual(Array(5).fill('stop'));
    expect(server.chats).toHaveLength(6);
    expect(server.chats[1]?.body[field]).toBeUndefined();
    expect(said).toHaveLength(1);
  });

  it('leave out all that a reasoning model refuses', async () => {
    const { engine, server } = await against(
      picky({ top_p: "'top_p' is not supported", temperature: onlyDefault, max_tokens: 'not supported' }),
      {},
      { maxConnections: 1 },
    );
    expect((await answersOf(engine, [ask('a')]))[0]?.finish).toBe('stop');
    expect(Object.keys(server.chats.at(-1)?.body)).toEqual(['model', 'messages', 'max_completion_tokens']);
  });

  it.each([
    [{ temperature: 0 }, 'temperature', onlyDefault, /does not take a temperature of 0 \(HTTP 400: Unsupp/],
    [{ topP: 0.9 }, 'top_p', "'top_p' is not supported", /does not take a top-p of 0.9/],
    [
      { temperature: 0.5, topP: 0.9 },
      'top_p',
      'temperature and top_p cannot both be specified',
      /does not take a top-p of 0.9/,
    ],
  ])('that would be drawn otherwise are not asked at all: %o', async (more, field, message, words) => {
    const { engine, server } = await against(picky({ [field]: message }), {}, { maxConnections: 4 });
    await expect(answersOf(engine, [ask('a', 100)], more)).rejects.toThrow(words);
    expect(server.chats.length).toBeLessThanOrEqual(8);
  });

  it('keep a top-p that matters where it does not go with a temperature of 1', async () => {
    const both = misbehave(({ body }, response) => {
      if (body.temperature === undefined || body.top_p === undefined) return false;
      sendJson(response, 400, { error: { message: 'temperature and top_p cannot both be specified' } });
      return true;
    });
    const { engine, server } = await against(both);
    expect((await answersOf(engine, [ask('a')], { topP: 0.9 }))[0]?.finish).toBe('stop');
    expect(server.chats.at(-1)?.body).toMatchObject({ top_p: 0.9 });
  });

  it.each([
    'top_logprobs must be less than or equal to 5',
    'Requested sample logprobs of 20, which is greater than max allowed: 5',
  ])('take fewer log-probabilities where the server gives no more: %s', async (message) => {
    const { engine, server, said } = await against(
      misbehave(({ body }, response) => {
        if (body.top_logprobs <= 5) return false;
        sendJson(response, 400, { error: { message } });
        return true;
      }),
    );
    expect((await answersOf(engine, [ask('a')], { topLogprobs: 20 }))[0]?.finish).toBe('stop');
    expect(server.chats.map(({ body }) => body.top_logprobs)).toEqual([20, 5]);
    expect(said).toEqual([expect.stringMatching(/of the 5 likeliest tokens are asked for/)]);
  });

  it('fail alone where one prompt is too long, even as the first of all', async () => {
    const { engine } = await against(
      misbehave(({ body }, response) => {
        if (body.messages[0].content !== 'long') return false;
        sendJson(response, 400, {
          error: { message: "This model's maximum context length is 4096 tokens." },
        });
        return true;
      }),
    );
    const answers = await answersOf(engine, [ask('a', 20, 'long'), ask('b', 2)]);
    const failed = answers.filter(({ finish }) => finish === 'failed');
    expect(failed).toHaveLength(20);
    expect(failed[0]?.reason).toMatch(/maximum context length/);
  });

  it('of several calls share one window', async () => {
    let [now, most] = [0, 0];
    const { engine } = await against(
      misbehave((_seen, response) => {
        most = Math.max(most, ++now);
        setTimeout(() => {
          now--;
          sendJson(response, 200, completion([choice('hi')]));
        }, 2);
        return true;
      }),
      {},
      { maxConnections: 10 },
    );
    const all = await Promise.all(['a', 'b', 'c'].map((id) => answersOf(engine, [ask(id, 40)])));
    expect(all.map((answers) => answers.length)).toEqual([40, 40, 40]);
    expect(most).toBe(10);
  });

  it('are ended at once by an interruption', async () => {
    const interrupt = new AbortController();
    const { engine } = await against(
      misbehave(({ number }) => {
        if (number === 3) setTimeout(() => interrupt.abort(), 10);
        return number >= 3;
      }),
      {},
      { maxConnections: 2, signal: interrupt.signal },
    );
    const answers: string[] = [];
    const run = async (): Promise<void> => {
      for await (const { text } of engine.sample(model, [ask('a', 100)], parameters, () => {}))
        answers.push(text);
    };
    await expect(run()).rejects.toThrow(/interrupted/);
    expect(answers).toHaveLength(3);
  });

  it('stop where the caller takes no more', async () => {
    const { engine, server } = await against(echo, {}, { maxConnections: 4 });
    for await (const { text } of engine.sample(model, [ask('a', 10_000)], parameters, () => {})) {
      expect(text).toBe('to question a');
      break;
    }
    await engine.close();
    expect(server.chats.length).toBeLessThan(100);
  });

  it('are made one at a time, and none while the caller does not take the answers', () => {
    const indices = Array.from({ length: 10_000 }, (_, i) => i);
    const dialect = new Dialect('m', { url: 'http://127.0.0.1' }, undefined);
    const call = new Call(dialect, [{ ...ask('a'), indices }], parameters);
    let made = 0;
    for (let job = call.next(); job; job = call.next(), made++) {
      call.add({ id: 'a', index: made, text: '', finish: 'stop', tokens: 1 });
    }
    expect(made).toBeLessThan(10_000);
    expect(call.take()).toHaveLength(made);
    expect(call.next()?.indices).toEqual([made]);
  });
});

describe('answers', () => {
  it.each([
    ['a field of its own', { content: 'Hello', reasoning_content: 'hmm' }, 'Hello', 'hmm'],
    ['the other name of the field', { content: 'Hello', reasoning: 'hmm' }, 'Hello', 'hmm'],
    ['a thought in the text', { content: '<think>\nhmm\n</think>\n\nHello' }, 'Hello', 'hmm'],
    ['a thought whose beginning is in the prompt', { content: 'hmm\n</think>\nHello' }, 'Hello', 'hmm'],
    ['a thought without an end', { content: '<think>hmm, I will' }, '', 'hmm, I will'],
    ['the word in the middle', { content: 'Use the <think> tag.' }, 'Use the <think> tag.', undefined],
  ])('part thought from text: %s', async (_name, message, text, reasoning) => {
    const { engine } = await against(always({ index: 0, message, finish_reason: 'stop' }));
    const [answer] = await answersOf(engine, [ask('a')]);
    expect(answer).toMatchObject({ text, finish: 'stop' });
    expect(answer?.reasoning).toBe(reasoning);
  });

  it('are empty, and cut off, where all tokens went into a thought', async () => {
    const message = { content: null, reasoning_content: 'long' };
    const { engine } = await against(always({ index: 0, message, finish_reason: 'length' }));
    expect((await answersOf(engine, [ask('a')]))[0]).toMatchObject({
      text: '',
      finish: 'length',
      reasoning: 'long',
    });
  });

  it('that a filter cut off are failed, never text', async () => {
    const { engine } = await against(always(choice('Half of', { finish_reason: 'content_filter' })));
    expect((await answersOf(engine, [ask('a')]))[0]).toMatchObject({
      text: '',
      finish: 'failed',
      reason: "cut off by the server's content filter",
    });
  });

  const position = (token: string, top: object[]): object => ({ token, logprob: -0.1, top_logprobs: top });
  const two = [
    { token: '90', logprob: -0.1 },
    { token: '80', logprob: -2.5 },
  ];
  it('have log-probabilities where they are asked for, those of a thought left out', async () => {
    const content = [
      position('<think>', []),
      position('x', []),
      position('</think>', []),
      position('90', two),
    ];
    const { engine, server } = await against(always(choice('<think>x</think>90', { logprobs: { content } })));
    const [answer] = await answersOf(engine, [ask('a')], { topLogprobs: 2 });
    expect(server.chats[0]?.body).toMatchObject({ logprobs: true, top_logprobs: 2 });
    expect(answer).toMatchObject({ text: '90', logprobs: [two] });
  });

  it.each([
    ['none', null],
    ['no list', { content: 'x' }],
    ['an empty list', { content: [] }],
    ['a part without alternatives', { content: [position('90', [])] }],
    ['a part without a list', { content: [position('90', two), { token: 'x' }] }],
    ['a token without a number', { content: [position('90', [{ token: '90', logprob: null }])] }],
    ['a probability above 1', { content: [position('90', [{ token: '90', logprob: 3 }])] }],
    ['a token that is none', { content: [position('90', [{ token: 7, logprob: -1 }])] }],
  ])('have no log-probabilities rather than wrong ones: %s', async (_name, logprobs) => {
    const { engine } = await against(always(choice('90', { logprobs })));
    const [answer] = await answersOf(engine, [ask('a')], { topLogprobs: 2 });
    expect(answer).toMatchObject({ text: '90', finish: 'stop' });
    expect(answer).not.toHaveProperty('logprobs');
  });

  it('from a server that changed in the middle of a run are reported once', async () => {
    const { engine, said } = await against(
      misbehave(({ number }, response) => {
        sendJson(response, 200, completion([choice('hi')], { system_fingerprint: `fp_${number >> 2}` }));
        return true;
      }),
      {},
      { maxConnections: 1 },
    );
    await answersOf(engine, [ask('a', 12)]);
    expect(said).toEqual([
      'test/m changed while it was asked: it was m-served (fp_0) and is now m-served (fp_1)',
    ]);
  });
});

describe('identity', () => {
  const describeAt = async (list: object, provider = {}, base = 'm') => {
    const { engine } = await against((_seen, response) => sendJson(response, 200, list), provider);
    return engine.describe({ base, adapter: null });
  };
  const entry = { id: 'm', root: 'org/m', created: 1 };

  it('does not depend on the address or the time, but on what the server says of the model', async () => {
    const first = await describeAt({ data: [entry] });
    const again = await describeAt({ data: [{ id: 'other' }, { ...entry, created: 2 }] });
    const changed = await describeAt({ data: [{ ...entry, root: 'org/m-tuned' }] });
    expect(again.identity).toBe(first.identity);
    expect(changed.identity).not.toBe(first.identity);
    expect(first.identityKnown).toBe(false);
    expect(first.template).toBeNull();
  });

  it('depends on further fields of the requests', async () => {
    const [low, high] = await Promise.all(
      ['low', 'high'].map((effort) => describeAt({ data: [entry] }, { body: { reasoning_effort: effort } })),
    );
    expect(low?.identity).not.toBe(high?.identity);
  });

  it.each([
    ['a dated snapshot', { snapshots: true }, 'gpt-4o-2024-08-06', true],
    ['a fine-tune', { snapshots: true }, 'ft:gpt-4o-2024-08-06:lab::abc', true],
    ['a name without a date', { snapshots: true }, 'gpt-4o', false],
    ['a date where nothing is said of dates', {}, 'gpt-4o-2024-08-06', false],
    ['one that the user states', { models: { m: { identity: 'sha256:1' } } }, 'm', true],
  ])('is known, or not: %s', async (_name, provider, base, known) => {
    expect((await describeAt({ data: [] }, provider, base)).identityKnown).toBe(known);
  });

  it.each([400, 403, 404, 500, 501])(
    'is the name alone where the list of models is refused with %i',
    async (status) => {
      const { engine } = await against((seen, response) => {
        if (seen.path.endsWith('/models')) sendJson(response, status, { error: { message: 'no list here' } });
        else echo(seen, response);
      });
      const { identityKnown, meta } = await engine.describe({ base: 'm', adapter: null });
      expect({ identityKnown, meta }).toEqual({ identityKnown: false, meta: { listed: false } });
      expect(await engine.fingerprint('m')).toMatch(/./);
      expect((await answersOf(engine, [ask('a')]))[0]?.text).toBe('to question a');
    },
  );

  it.each([
    [401, /the key is refused/],
    [502, /HTTP 502/],
  ])('is not known where the look at it ends with %i', async (status, words) => {
    const { engine } = await against((_seen, response) => sendJson(response, status, {}));
    await expect(engine.describe({ base: 'm', adapter: null })).rejects.toThrow(words);
  });

  it('has a fingerprint that stays while the server is away, and changes with the model', async () => {
    let root = 'one';
    const { engine, server } = await against((_seen, response) =>
      sendJson(response, 200, { data: [{ id: 'm', root }] }),
    );
    const first = await engine.fingerprint('m');
    root = 'two';
    const second = await engine.fingerprint('m');
    expect(second).not.toBe(first);
    await server.close();
    open.pop();
    expect(await engine.fingerprint('m')).toBe(second);
  });
});

describe('log-probabilities of given answers', () => {
  it('are refused in words where the server does not give them', async () => {
    const { engine } = await against(echo);
    expect(engine.scoresAnswers).toBe(false);
    await expect(engine.logprobs(model, [])).rejects.toThrow(/gives no log-probabilities of given answers/);
  });

  it('are an error where a server that should give them does not', async () => {
    const { engine } = await against(echo, { 'prompt-logprobs': true });
    const request = { id: 'x', messages: [{ role: 'user' as const, content: 'Hi' }], answer: 'Ho' };
    await expect(engine.logprobs(model, [request])).rejects.toThrow(
      /gave no log-probabilities of the prompt/,
    );
  });
});
