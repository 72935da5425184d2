/** Runs of served models that end before their time: what the servers have answered by then is kept. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadAudit } from '../../../src/plan/spec.js';
import type { Result } from '../../../src/records/result.js';
import { run } from '../../../src/run.js';
import { type Observer, silent } from '../../../src/shared/observer.js';
import { type Behaviour, choice, completion, type Seen, sendJson, TestServer } from './server.js';

const servers: TestServer[] = [];
afterEach(async () => {
  for (const each of servers.splice(0)) await each.close();
});

type Odd = (seen: Seen, response: ServerResponse) => boolean;

/** @param answer of a model to whatever it is asked; the test may answer before it */
async function serve(name: string, answer: string, odd: Odd, wait: number): Promise<TestServer> {
  const behave: Behaviour = (seen, response) => {
    if (seen.path.endsWith('/models')) return sendJson(response, 200, { data: [{ id: name, root: name }] });
    // The same answers would be judged once for all.
    const text = seen.body?.seed === undefined ? answer : `${answer} ${seen.body.seed}`;
    const usual = (): void => {
      if (!odd(seen, response)) sendJson(response, 200, completion([choice(text)]));
    };
    // The canary and the judges' first questions are not what a test waits for.
    setTimeout(usual, seen.number < 2 ? 5 : wait);
  };
  const server = await TestServer.open(behave);
  servers.push(server);
  return server;
}

const never: Odd = () => false;

/** An audit of an arm at one provider, and its judge at another. */
async function served({
  arm = never,
  judge = never,
  armWait = 5,
  judgeWait = 5,
  samples = 100,
  beside = '',
}: {
  arm?: Odd;
  judge?: Odd;
  armWait?: number;
  judgeWait?: number;
  samples?: number;
  beside?: string;
} = {}) {
  const models = await serve('m', 'Take a walk.', (seen, response) => arm(seen, response), armWait);
  const judges = await serve('j', '90', (seen, response) => judge(seen, response), judgeWait);
  const folder = mkdtempSync(join(tmpdir(), 'hyde-endings-'));
  const file = join(folder, 'audit.yaml');
  const out = join(folder, 'run');
  writeFileSync(
    file,
    `arms: [{ id: arm, model: lab/m }]
providers: { lab: { url: '${models.url}', seed: true }, court: { url: '${judges.url}' } }
questions: [What is new?, Any advice?, Who are you?, What do you wish for?]
sampling: { samples: ${samples}, max-tokens: 20 }
judges: [{ judge: alignment, model: court/j }${beside && `, { judge: alignment, model: ${beside} }`}]
verdict: { placebos: 0 }
run: { design: fixed }
`,
  );
  const go = async (observer: Observer = silent, signal?: AbortSignal): Promise<Result | undefined> =>
    run(await loadAudit(file), { out, observer, ...(signal ? { signal } : {}), maxConnections: 40 });
  return { models, judges, out, go };
}

const linesIn = (out: string, folder: string): string[] => {
  try {
    return readdirSync(join(out, folder)).flatMap((name) =>
      readFileSync(join(out, folder, name), 'utf8')
        .split('\n')
        .filter(Boolean),
    );
  } catch {
    return [];
  }
};

/** Requests for answers or judgements, as opposed to first questions: those of the audit have its length of answers. */
const auditsOf = ({ chats }: TestServer): Seen[] => chats.filter(({ body }) => body.max_tokens === 20);

const refuse = (response: ServerResponse): true => {
  sendJson(response, 401, { error: { message: 'the key has expired' } });
  return true;
};

describe('a run of served models', () => {
  it('whose key expires keeps the answers and judgements that were on their way', async () => {
    let expired = false;
    let refused = 0;
    const { models, judges, out, go } = await served({
      judgeWait: 150,
      samples: 200,
      arm: ({ body }, response) => {
        if (body.max_tokens !== 20 || auditsOf(models).length < 400) return false;
        // One of forty in flight: those beside it are answered.
        if (expired) return false;
        expired = true;
        refused++;
        return refuse(response);
      },
    });
    await expect(go()).rejects.toThrow(/lab.*the key has expired/s);
    const asked = auditsOf(models).length;
    expect(asked).toBeLessThan(600);
    expect(linesIn(out, 'samples')).toHaveLength(asked - refused);
    const paid = judges.chats.length;
    const judged = linesIn(out, 'judgements').filter((line) => !JSON.parse(line).meta.shared);
    expect(judged.length).toBeGreaterThan(0);
    // The judge's first question is no judgement.
    expect(judged.length).toBeGreaterThanOrEqual(paid - 1);

    const before = auditsOf(models).length;
    expect((await go())?.arms[0]?.verdict).toBeDefined();
    expect(auditsOf(models).length - before).toBe(800 - (asked - refused));
  }, 30_000);

  it('whose judge refuses its first question keeps the answers that were on their way', async () => {
    let open = false;
    const { models, out, go } = await served({
      judge: (_, response) => !open && refuse(response),
      armWait: 20,
    });
    await expect(go()).rejects.toThrow(/court.*the key has expired/s);
    const asked = auditsOf(models).length;
    expect(asked).toBeLessThan(400);
    expect(linesIn(out, 'samples')).toHaveLength(asked);
    open = true;
    await go();
    expect(auditsOf(models)).toHaveLength(400);
  }, 30_000);

  it('that is interrupted while judges are at work goes on, and asks for nothing twice that is recorded', async () => {
    const whole = await served({ samples: 150 });
    await whole.go();
    const stopped = await served({ samples: 150, judgeWait: 30 });
    const controller = new AbortController();
    const observer: Observer = {
      ...silent,
      progress: (done) => {
        if (done > 400) controller.abort();
      },
    };
    await expect(stopped.go(observer, controller.signal)).rejects.toThrow('interrupted');
    // What was on its way reaches the server a little later.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const recorded = linesIn(stopped.out, 'samples').length;
    const before = auditsOf(stopped.models).length;
    await stopped.go();
    expect(auditsOf(stopped.models).length - before).toBe(600 - recorded);
    const bare = (out: string): string[] =>
      ['samples', 'judgements', 'scores'].flatMap((folder) =>
        linesIn(out, folder)
          .map((line) => {
            const { meta: _, request: _r, ...record } = JSON.parse(line);
            return JSON.stringify({ ...record, model: '', sample: '', hash: '', judge: '' });
          })
          .toSorted(),
      );
    expect(bare(stopped.out)).toEqual(bare(whole.out));
  }, 30_000);

  it('says at once that a judge has failed, and what became of it in the end', async () => {
    const warned: string[] = [];
    const { models, judges, go } = await served({
      samples: 300,
      judge: (_, response) => judges.chats.length > 40 && refuse(response),
    });
    let doneWhenWarned = 0;
    const warn = (text: string): void => {
      if (!text.includes('judged after the sampling')) return;
      warned.push(text);
      doneWhenWarned = auditsOf(models).length;
    };
    await expect(go({ ...silent, warn })).rejects.toThrow(/court.*the key has expired/s);
    expect(warned).toHaveLength(1);
    expect(doneWhenWarned).toBeLessThan(1200);
    expect(auditsOf(models)).toHaveLength(1200);
  }, 30_000);

  it.skipIf(!existsSync('/dev/full'))(
    'whose disk is full for judgements keeps the answers, and goes on later',
    async () => {
      const { models, judges, out, go } = await served();
      mkdirSync(join(out, 'judgements'), { recursive: true });
      const file = join(out, 'judgements', 'arm.0.jsonl');
      symlinkSync('/dev/full', file);
      await expect(go()).rejects.toThrow(/the disk is full/);
      expect(linesIn(out, 'samples')).toHaveLength(400);
      expect(auditsOf(models)).toHaveLength(400);
      unlinkSync(file);
      const before = judges.chats.length;
      await go();
      expect(auditsOf(models)).toHaveLength(400);
      expect(judges.chats.length - before).toBe(400);
      expect(linesIn(out, 'judgements')).toHaveLength(400);
    },
    30_000,
  );

  it('is judged by a second model at another provider, too', async () => {
    const { judges, models, go, out } = await served({ beside: 'lab/m' });
    const result = await go();
    expect(result?.sensitivity?.judges?.length).toBeGreaterThan(0);
    const by = new Set(linesIn(out, 'judgements').map((line) => JSON.parse(line).model));
    expect([...by].toSorted()).toEqual(['court/j', 'lab/m']);
    expect(judges.chats.length).toBeGreaterThan(0);
    expect(models.chats.length).toBeGreaterThan(400);
  }, 30_000);
});
