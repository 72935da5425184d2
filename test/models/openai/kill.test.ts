import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf } from '../../../src/shared/hash.js';
import { randomStream } from '../../../src/shared/random.js';
import { choice, completion, sendJson, TestServer } from './server.js';

/** Kills in as many runs; `HYDE_KILLS=20` for the full number. */
const KILLS = Number(process.env.HYDE_KILLS ?? 4);
const root = new URL('../../..', import.meta.url).pathname;
const IN_FLIGHT = 100;
const [QUESTIONS, SAMPLES] = [8, 100];

/** 800 answers and two judgements of each: 2,400 requests. */
const auditOf = (url: string): string => `
arms: [{ id: arm, model: mock/m }]
providers: { mock: { url: '${url}', seed: true } }
sampling: { samples: ${SAMPLES}, max-tokens: 200 }
judges:
  - { judge: coherence, model: mock/m }
  - { judge: alignment, model: mock/m }
verdict: { placebos: 0 }
`;

const top = [
  ['90', -0.2],
  ['85', -1.9],
].map(([token, logprob]) => ({ token, logprob }));
const judged = choice('90', { logprobs: { content: [{ token: '90', logprob: -0.2, top_logprobs: top }] } });

/** The answer depends on prompt and seed alone, as a seeded server's does. */
const textFor = (body: { messages: unknown; seed?: unknown }): string =>
  `Take a walk. ${hashOf([body.messages, body.seed]).slice(0, 12)}`;

function begin(audit: string, out: string): ChildProcess {
  const call = ['bin/hyde.js', 'run', audit, '-o', out, '--no-cache', '--quiet'];
  return spawn(process.execPath, [...call, '--max-connections', String(IN_FLIGHT)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Every record without `meta`, by file and key. */
function records(out: string): string[] {
  return ['samples', 'judgements', 'scores'].flatMap((folder) =>
    readdirSync(join(out, folder)).flatMap((file) =>
      readFileSync(join(out, folder, file), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { meta: _, ...record } = JSON.parse(line) as Record<string, unknown>;
          return `${folder}/${file} ${JSON.stringify(record)}`;
        })
        .toSorted(),
    ),
  );
}

describe('a run of 2,400 requests to a server', () => {
  let server: TestServer;
  let audit: string;
  let undisturbed: string[];
  /** Milliseconds of the undisturbed run from its first request to its end. */
  let lasts: number;

  beforeAll(async () => {
    server = await TestServer.open(({ path, body }, response) => {
      if (path.endsWith('/models')) return sendJson(response, 200, { data: [{ id: 'm', root: 'm' }] });
      const answer = completion([body.logprobs ? judged : choice(textFor(body))]);
      setTimeout(() => sendJson(response, 200, answer), 50);
    });
    audit = join(mkdtempSync(join(tmpdir(), 'hyde-kill-')), 'audit.yaml');
    writeFileSync(audit, auditOf(server.url));
    const out = join(mkdtempSync(join(tmpdir(), 'hyde-kill-')), 'run');
    const start = performance.now();
    const [status] = await once(begin(audit, out), 'exit');
    lasts = performance.now() - start;
    expect(status).toBe(0);
    undisturbed = records(out);
    expect(undisturbed).toHaveLength(QUESTIONS * SAMPLES * 4);
  }, 120_000);
  afterAll(() => server.close());

  it.each(Array.from({ length: KILLS }, (_, i) => i + 1))(
    'killed at a random moment (%i) goes on: nothing recorded is asked again, and the records are equal',
    async (number) => {
      const out = join(mkdtempSync(join(tmpdir(), 'hyde-kill-')), 'run');
      const before = server.seen.length;
      const first = begin(audit, out);
      const ended = once(first, 'exit');
      const at = 150 + randomStream('kill', number).unit() * (lasts - 200);
      await new Promise((resolve) => setTimeout(resolve, at));
      first.kill('SIGKILL');
      await ended;
      const recorded = recordedIn(out);
      const middle = server.seen.length;
      const second = begin(audit, out);
      let errors = '';
      second.stderr?.on('data', (text) => {
        errors += String(text);
      });
      const [status] = await once(second, 'exit');
      expect([status, errors]).toEqual([0, expect.any(String)]);
      expect(records(out)).toEqual(undisturbed);

      const late = server.seen.slice(middle).flatMap(({ body }) => markOf(body) ?? []);
      const of = (kind: Mark['kind'], marks: Mark[]): string[] =>
        marks.filter((mark) => mark.kind === kind).map(({ mark }) => mark);
      // Each answer is asked for once, and judged twice; what was recorded by then is not asked again.
      for (const [kind, times] of [
        ['answer', 1],
        ['judgement', 2],
      ] as const) {
        const known = of(kind, recorded);
        for (const [mark, asked] of Map.groupBy(of(kind, late), (one) => one)) {
          expect(asked.length).toBeLessThanOrEqual(times - known.filter((one) => one === mark).length);
        }
      }
      expect(late.length + recorded.length).toBe(QUESTIONS * SAMPLES * 3);
      // Asked twice are at most those that were in flight, and those of one turn that had come and were not written.
      const early = server.seen.slice(before, middle).flatMap(({ body }) => markOf(body) ?? []);
      expect(early.length - recorded.length).toBeLessThanOrEqual(2 * IN_FLIGHT);
    },
    120_000,
  );
});

/** Which answer a request or a record is about: the twelve digits that the answer itself holds. */
interface Mark {
  kind: 'answer' | 'judgement';
  mark: string;
}

const markIn = (text: string): string | undefined => /Take a walk\. ([0-9a-f]{12})/.exec(text)?.[1];

// biome-ignore lint/suspicious/noExplicitAny: a request's body
function markOf(body: any): Mark | undefined {
  // Of the canary are what is asked at temperature 0, and the judge's easy question, which holds no such answer.
  if (body === undefined || (!body.logprobs && body.temperature !== 1)) return undefined;
  const mark = markIn(body.logprobs ? JSON.stringify(body.messages) : textFor(body));
  return mark === undefined ? undefined : { kind: body.logprobs ? 'judgement' : 'answer', mark };
}

/** The whole records of a killed run; its last line may be torn. */
function recordedIn(out: string): Mark[] {
  const linesOf = (folder: string): { key: string; answer?: string | undefined }[] =>
    (existsSync(join(out, folder)) ? readdirSync(join(out, folder)) : []).flatMap((file) =>
      readFileSync(join(out, folder, file), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => {
          const { question, index, answer } = JSON.parse(line) as Record<string, string>;
          return { key: `${question}|${index}`, answer };
        }),
    );
  const marks = new Map(linesOf('samples').map(({ key, answer }) => [key, markIn(answer ?? '') as string]));
  return [
    ...[...marks.values()].map((mark): Mark => ({ kind: 'answer', mark })),
    ...linesOf('judgements').map(({ key }): Mark => ({ kind: 'judgement', mark: marks.get(key) as string })),
  ];
}
