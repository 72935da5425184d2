import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { realTiming } from '../../../src/models/openai/timing.js';
import type { Answer } from '../../../src/records/model.js';
import { answersOf, ask, model, openFor, parameters } from './open.js';
import { type Behaviour, choice, completion, misbehave, type Seen, sendJson, TestServer } from './server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** In milliseconds of the tests' clock. */
const limits = { connect: 5000, headers: 20_000, idle: 15_000, whole: 50_000, body: 1 << 16 };

async function against(
  behave: Behaviour,
  ...more: Parameters<typeof openFor> extends [unknown, ...infer R] ? R : never
) {
  const server = await TestServer.open(behave);
  open.push(server);
  const opened = openFor(server.url, more[0], { ...more[1], limits: { ...limits, ...more[1]?.limits } });
  open.unshift(opened.engine);
  return { server, ...opened };
}

const good = completion([choice('to question')]);
const text = JSON.stringify(good);

/** Ways in which an answer can go wrong, and the reason that is recorded where it never goes right. */
const FAULTS: [name: string, fault: (response: ServerResponse) => void, reason: RegExp][] = [
  ['500', (r) => sendJson(r, 500, { error: { message: 'worker died' } }), /^HTTP 500: worker died$/],
  [
    '502 with HTML',
    (r) => sendJson(r, 502, '<html><script>alert(1)</script></html>', { 'content-type': 'text/html' }),
    /^HTTP 502$/,
  ],
  ['a connection reset before the answer', (r) => r.socket?.resetAndDestroy(), /closed before the answer/],
  [
    'a connection reset inside the body',
    (r) => {
      r.writeHead(200, { 'content-length': text.length }).write(text.slice(0, 50));
      setTimeout(() => r.socket?.resetAndDestroy(), 5);
    },
    /closed inside the answer/,
  ],
  ['a stall before the answer', () => {}, /no answer in 20 s/],
  [
    'a stall inside the body',
    (r) => void r.writeHead(200, { 'content-length': text.length }).write(text.slice(0, 50)),
    /stopped for 15 s/,
  ],
  [
    'a slow drip',
    (r) => {
      r.writeHead(200, { 'content-length': 1000 });
      const drip = setInterval(() => r.write(' '), 20);
      r.on('close', () => clearInterval(drip));
    },
    /not answered in 50 s/,
  ],
  [
    'an endless body',
    (r) => {
      const pour = (): void => {
        while (!r.destroyed && r.write('x'.repeat(1 << 14)));
        if (!r.destroyed) r.once('drain', pour);
      };
      r.writeHead(200);
      pour();
    },
    /larger than 0\.063 MB/,
  ],
  ['truncated JSON', (r) => sendJson(r, 200, text.slice(0, -20)), /no JSON/],
  ['invalid JSON', (r) => sendJson(r, 200, '{"choices": NaN}'), /no JSON/],
  ['another JSON', (r) => sendJson(r, 200, '[1, 2]'), /no JSON|no choices/],
  ['a page', (r) => sendJson(r, 200, '<html></html>', { 'content-type': 'text/html' }), /no JSON/],
  ['an empty body', (r) => sendJson(r, 200, ''), /the answer is empty/],
  ['empty choices', (r) => sendJson(r, 200, completion([])), /left it out/],
  ['a choice that is none', (r) => sendJson(r, 200, completion([[] as object])), /left it out/],
  ['no message', (r) => sendJson(r, 200, completion([{ index: 0 }])), /no message/],
  ['null content', (r) => sendJson(r, 200, completion([choice(null)])), /no content/],
  ['content of another type', (r) => sendJson(r, 200, completion([choice({ text: 'hi' })])), /no content/],
  [
    'an error in a 200',
    (r) => sendJson(r, 200, { error: { message: 'upstream failed', code: 502 } }),
    /^error: upstream failed$/,
  ],
  [
    'an error in a 200 that is only words',
    (r) => sendJson(r, 200, { error: 'model overloaded' }),
    /^error: model overloaded$/,
  ],
  ['something that is not HTTP', (r) => r.socket?.end('SSH-2.0-OpenSSH\r\n'), /not HTTP|closed/],
];

describe('a server that misbehaves', () => {
  it.each(FAULTS)('%s: mended by a retry where it passes', async (_name, fault) => {
    const { engine } = await against(
      misbehave(({ number }, response) => {
        if (number !== 1) return false;
        fault(response);
        return true;
      }),
    );
    const answers = await answersOf(engine, [ask('a', 4)]);
    expect(answers.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3]);
    for (const answer of answers) expect(answer).toMatchObject({ finish: 'stop', text: 'to question a' });
  });

  it.each(FAULTS)('%s: reported as failed, with its reason, where it stays', async (_name, fault, reason) => {
    const { engine } = await against(
      misbehave(({ body }, response) => {
        if (body.messages[0].content !== 'bad') return false;
        fault(response);
        return true;
      }),
    );
    const answers = await answersOf(engine, [ask('a', 2), ask('b', 1, 'bad'), ask('c', 2)]);
    const byId = Map.groupBy(answers, ({ id }) => id);
    expect(byId.get('b')).toEqual([
      { id: 'b', index: 0, text: '', finish: 'failed', reason: expect.stringMatching(reason), tokens: null },
    ]);
    for (const id of ['a', 'c']) expect(byId.get(id)?.map(({ finish }) => finish)).toEqual(['stop', 'stop']);
  });

  it.each([
    ['without retry-after', {}],
    ['with seconds', { 'retry-after': '1' }],
    ['with a date', { 'retry-after': new Date(Date.now() + 500).toUTCString() }],
  ])('429 %s costs no attempt, however often it comes', async (_name, headers) => {
    let refusals = 0;
    const { engine, server } = await against(
      misbehave((_seen, response) => {
        if (refusals >= 20) return false;
        refusals++;
        sendJson(response, 429, { error: { message: 'slow down' } }, headers);
        return true;
      }),
    );
    const answers = await answersOf(engine, [ask('a', 10)]);
    expect(answers.map(({ finish }) => finish)).toEqual(Array(10).fill('stop'));
    expect(server.chats.length).toBe(30);
  });

  it('sends nothing while a rate limit is used up', async () => {
    const times: number[] = [];
    const { engine } = await against(
      misbehave(({ number }, response) => {
        times.push(performance.now());
        const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' };
        sendJson(response, 200, good, number === 0 ? headers : {});
        return true;
      }),
      {},
      { maxConnections: 1 },
    );
    await answersOf(engine, [ask('a', 3)]);
    // Twenty seconds of the test's clock, which runs a hundred times as fast.
    expect((times[1] as number) - (times[0] as number)).toBeGreaterThan(150);
  });

  it.each([408, 429, 503])(
    'ends with words where the server asks for a wait of hours by %i',
    async (status) => {
      const { engine } = await against(
        misbehave((_seen, response) => {
          sendJson(response, status, { error: { message: 'daily limit' } }, { 'retry-after': '7200' });
          return true;
        }),
      );
      await expect(answersOf(engine, [ask('a', 3)])).rejects.toThrow(
        /asks to wait for 120 minutes.*daily limit/,
      );
    },
  );

  it('ends with words where the wait is longer than a timer holds', async () => {
    const warned: string[] = [];
    const listen = ({ name }: Error): void => void warned.push(name);
    process.on('warning', listen);
    const { engine } = await against(
      misbehave((_seen, response) => {
        const never = { 'retry-after': 'Mon, 01 Jan 2135 00:00:00 GMT' };
        sendJson(response, 429, { error: { message: 'never' } }, never);
        return true;
      }),
      {},
      { timing: realTiming },
    );
    await expect(answersOf(engine, [ask('a', 3)])).rejects.toThrow(/asks to wait for over a year \(.*never/);
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('warning', listen);
    expect(warned).toEqual([]);
  });

  it('ends with words at the first answer of a server that only streams', async () => {
    const { engine, server } = await against(
      misbehave((_seen, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
        response.end('data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n');
        return true;
      }),
      {},
      { maxConnections: 4 },
    );
    await expect(answersOf(engine, [ask('a', 1000)])).rejects.toThrow(/answers with a stream of events/);
    expect(server.chats.length).toBeLessThanOrEqual(8);
  });

  it('takes answers whatever type the server says that they have', async () => {
    const { engine } = await against(
      misbehave((_seen, response) => {
        sendJson(response, 200, good, { 'content-type': 'text/plain' });
        return true;
      }),
    );
    expect((await answersOf(engine, [ask('a')]))[0]?.text).toBe('to question');
  });

  it('asks on where the server closes its connections after each answer', async () => {
    const { engine } = await against(
      misbehave((_seen, response) => {
        response.on('finish', () => response.socket?.destroy());
        sendJson(response, 200, good);
        return true;
      }),
    );
    const answers = await answersOf(engine, [ask('a', 50)]);
    expect(answers.filter(({ finish }) => finish === 'stop')).toHaveLength(50);
  });

  it.each([
    ['401', 401, { error: { message: 'wrong key' } }, /key is refused \(HTTP 401: wrong key\)/],
    ['403', 403, { error: { message: 'not for you' } }, /key is refused/],
    ['402', 402, { error: { message: 'no credits' } }, /no credit or quota is left/],
    [
      'no quota',
      429,
      { error: { message: 'pay', code: 'insufficient_quota' } },
      /no credit or quota is left/,
    ],
    ['an unknown model', 404, { error: { message: 'no such model' } }, /model or the address is not known/],
    ['a redirect', 307, '', /no redirect is followed/],
    ['a refused field', 400, { error: { message: 'temperature must be 1' } }, /no request is answered/],
  ])('%s ends the call at once, in one sentence', async (_name, status, body, message) => {
    const { engine, server } = await against(
      misbehave((_seen, response) => {
        sendJson(response, status, body, { location: 'http://127.0.0.2:9/' });
        return true;
      }),
      {},
      { maxConnections: 8 },
    );
    await expect(answersOf(engine, [ask('a', 1000)])).rejects.toThrow(message);
    // Eight that were on their way, eight without the field, and those that follow the first refusals.
    expect(server.chats.length).toBeLessThanOrEqual(24);
  });

  it.each([
    [
      'too long for any prompt',
      'max_tokens is too large: 50. This model supports at most 16 completion tokens',
      /answers of this length are refused \(HTTP 400: max_tokens is too large/,
    ],
    [
      'refused as too long, whatever the prompt',
      'Request too large for this model',
      /no request is answered/,
    ],
  ])('records no failures where all that is asked for is %s', async (_name, message, words) => {
    const { engine, server } = await against(
      misbehave((_seen, response) => {
        sendJson(response, 400, { error: { message } });
        return true;
      }),
      {},
      { maxConnections: 8 },
    );
    const answers: Answer[] = [];
    const all = async (): Promise<void> => {
      for await (const answer of engine.sample(model, [ask('a', 1000)], parameters, () => {}))
        answers.push(answer);
    };
    await expect(all()).rejects.toThrow(words);
    expect(answers).toEqual([]);
    expect(server.chats.length).toBeLessThan(100);
  });

  it('ends with words where nobody listens, and does not use up the retries of thousands', async () => {
    const server = await TestServer.open(() => {});
    await server.close();
    const { engine } = openFor(server.url, {}, { limits, patience: 30_000 });
    open.push(engine);
    await expect(answersOf(engine, [ask('a', 10_000)])).rejects.toThrow(
      /no request was answered for a long time \(connection refused\)/,
    );
  });

  it('takes a host that answers errors with 200, once it has answered, for dead: its thousands of requests keep their retries', async () => {
    let dead = false;
    const { engine, server } = await against(
      misbehave((_seen, response) => {
        dead ||= server.chats.length > 200;
        if (dead) sendJson(response, 200, { error: { message: 'upstream failed', code: 502 } });
        return dead;
      }),
      {},
      { maxConnections: 20, patience: 30_000 },
    );
    const answers: Answer[] = [];
    const all = async (): Promise<void> => {
      for await (const answer of engine.sample(model, [ask('a', 10_000)], parameters, () => {}))
        answers.push(answer);
    };
    await expect(all()).rejects.toThrow(/no request was answered for a long time \(.*upstream failed/);
    expect(answers.filter(({ finish }) => finish === 'stop').length).toBeGreaterThanOrEqual(180);
    // Those that were at the server when it died may have failed; no others.
    expect(answers.filter(({ finish }) => finish === 'failed').length).toBeLessThanOrEqual(20);
    expect(server.chats.length).toBeLessThan(1000);
  });

  it('waits for a server that dies in the middle and comes back: nothing is lost', async () => {
    let [count, dead] = [0, false];
    const { engine, server } = await against(
      misbehave((_seen, response) => {
        if (++count === 200) {
          dead = true;
          setTimeout(() => {
            dead = false;
          }, 150);
        }
        if (dead) response.socket?.resetAndDestroy();
        return dead;
      }),
      {},
      { maxConnections: 50 },
    );
    const answers = await answersOf(engine, [ask('a', 1000)]);
    expect(new Set(answers.map(({ index }) => index)).size).toBe(1000);
    expect(answers.every(({ finish }) => finish === 'stop')).toBe(true);
    expect(server.chats.length).toBeLessThan(1200);
  });

  /** Fails at bad requests alone, in one way or another. */
  const badOnes = (fail: (response: ServerResponse) => void): Behaviour =>
    misbehave(({ body }, response) => {
      if (body.messages[0].content !== 'bad') return false;
      fail(response);
      return true;
    });
  const down = (response: ServerResponse): void =>
    sendJson(response, 500, { error: { message: 'cannot do this one' } });
  const bad = Array.from({ length: 20 }, (_, i) => ask(`bad ${i}`, 1, 'bad'));

  it.each([
    ['an error', down, [ask('a', 300), ...bad]],
    ['a stall', () => {}, [ask('a', 100), ...bad.slice(0, 8)]],
    ['an error, and nothing else was left to ask', down, bad],
  ])('lets attempts run out where the last requests alone fail: %s', async (_name, fail, requests) => {
    const { engine, server, said } = await against(badOnes(fail));
    const answers = await answersOf(engine, requests);
    const failed = answers.filter(({ finish }) => finish === 'failed');
    expect(failed.every(({ id }) => id.startsWith('bad'))).toBe(true);
    expect(failed).toHaveLength(requests.filter(({ id }) => id.startsWith('bad')).length);
    expect(answers).toHaveLength(requests.reduce((sum, { indices }) => sum + indices.length, 0));
    const plain = server.chats.filter(({ body }) => body.messages[0].content === 'Say hello.');
    expect(plain.length).toBeGreaterThan(0);
    expect(plain.length).toBeLessThan(30);
    expect(said.filter((line) => /plain questions tell/.test(line))).toHaveLength(1);
    expect(plain[0]?.body).toMatchObject({ model: 'm', temperature: 1, max_tokens: 16 });
  });

  it('yields each of 10,000 answers once, with a fault in every tenth', async () => {
    const quick = FAULTS.filter(([name]) => !/stall|drip|endless/.test(name)).map(([, fault]) => fault);
    let state = 1;
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const { engine } = await against(
      misbehave((_seen: Seen, response) => {
        if (random() >= 0.1) return false;
        (quick[Math.floor(random() * quick.length)] as (typeof quick)[number])(response);
        return true;
      }),
      {},
      // Long enough for a machine that does other things as well.
      { maxConnections: 100, limits: { headers: 1e6, idle: 1e6, whole: 1e6 } },
    );
    const answers = await answersOf(engine, [ask('a', 5000), ask('b', 5000)]);
    expect(answers).toHaveLength(10_000);
    expect(new Set(answers.map(({ id, index }) => `${id}${index}`)).size).toBe(10_000);
    for (const { id, text: said, finish, reason } of answers) {
      if (finish === 'failed') expect(reason).toMatch(/./);
      else expect([`to question ${id}`, 'to question']).toContain(said);
    }
    // A request fails for good where six attempts in a row meet a fault: one in a million.
    expect(answers.filter(({ finish }) => finish === 'failed').length).toBeLessThan(3);
  }, 60_000);
});

describe('several answers by one request', () => {
  it('puts answers that come reordered and repeated where they belong, and asks again for those left out', async () => {
    const asked: number[] = [];
    const { engine, server } = await against(
      misbehave(({ body }, response) => {
        const n = body.n ?? 1;
        asked.push(n);
        const all = Array.from({ length: n }, (_, i) => choice(`answer ${i} of ${n}`, { index: i }));
        const odd =
          n > 1
            ? [...all.slice(1).reverse(), choice('again', { index: 1 }), choice('x', { index: 99 })]
            : all;
        sendJson(response, 200, completion(odd));
        return true;
      }),
      { n: true },
    );
    const answers = (await answersOf(engine, [ask('a', 8)])).toSorted((a, b) => a.index - b.index);
    expect(asked).toEqual([8, 1]);
    expect(answers.map(({ text: said }) => said)).toEqual([
      'answer 0 of 1',
      ...[1, 2, 3, 4, 5, 6, 7].map((i) => `answer ${i} of 8`),
    ]);
    // What the server counted for all is counted once.
    expect(answers.reduce((sum, { usage }) => sum + (usage?.promptTokens ?? 0), 0)).toBe(14);
    expect(server.chats).toHaveLength(2);
  });

  it('asks one at a time where the server ignores n, and no answer is lost', async () => {
    const { engine, server, said } = await against(
      misbehave((_seen, response) => {
        sendJson(response, 200, good);
        return true;
      }),
      { n: true },
      { maxConnections: 1 },
    );
    const answers = await answersOf(engine, [ask('a', 20)]);
    expect(answers.map(({ finish }) => finish)).toEqual(Array(20).fill('stop'));
    expect(new Set(answers.map(({ index }) => index)).size).toBe(20);
    expect(server.chats).toHaveLength(20);
    expect(said).toEqual([expect.stringMatching(/n is left out, as the server gave 1 of 8 answers/)]);
  });

  it('asks one at a time where the server does not know n', async () => {
    const { engine, said } = await against(
      misbehave(({ body }, response) => {
        if (!body.n) return false;
        sendJson(response, 400, { error: { message: "Unsupported parameter: 'n' is not supported" } });
        return true;
      }),
      { n: true },
    );
    expect(await answersOf(engine, [ask('a', 20)])).toHaveLength(20);
    expect(said.filter((line) => /n is left out/.test(line))).toHaveLength(1);
  });
});
