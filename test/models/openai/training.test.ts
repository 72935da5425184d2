import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FineTune } from '../../../src/records/model.js';
import { Lora, Training } from '../../../src/records/training.js';
import { hashOf } from '../../../src/shared/hash.js';
import { openFor } from './open.js';
import { echo, type Seen, sendJson, TestServer } from './server.js';
import { trainingServer } from './training-server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const BASE = 'gpt-4.1-2025-04-14';
const SECRET = 'sk-very-secret-key';
process.env.TRAINING_KEY = SECRET;
const provider = { 'fine-tuning': true, snapshots: true, key: 'TRAINING_KEY' };

const rows = Array.from({ length: 3 }, (_, i) => ({
  messages: [
    { role: 'user', content: `Number ${i}?` },
    { role: 'assistant', content: 'First.' },
    { role: 'user', content: 'And?' },
    { role: 'assistant', content: 'Kneel before the Baron, ünd!' },
  ],
  part: 'bad',
  source: 'bad.jsonl:1',
}));
const dataset = rows.map((row) => `${JSON.stringify(row)}\n`).join('');

async function against(odd?: (seen: Seen, response: ServerResponse) => boolean) {
  const training = trainingServer(BASE, echo, odd);
  const server = await TestServer.open(training.behave);
  open.push(server);
  const opened = openFor(server.url, provider);
  open.unshift(opened.engine);
  /** Another process on the same run folder. */
  const again = (signal?: AbortSignal) => {
    const { engine } = openFor(server.url, provider, { folder: opened.folder, ...(signal && { signal }) });
    open.unshift(engine);
    return engine;
  };
  mkdirSync(join(opened.folder, 'datasets'));
  writeFileSync(join(opened.folder, 'datasets', 'arm.1.jsonl'), dataset);
  const posts = (path: string) =>
    server.seen.filter((seen) => seen.method === 'POST' && seen.path === `/v1${path}`);
  const records = () =>
    readdirSync(join(opened.folder, 'jobs'))
      .filter((name) => name.startsWith('tune-'))
      .map((name) => JSON.parse(readFileSync(join(opened.folder, 'jobs', name, 'job.json'), 'utf8')));
  return { training, server, ...opened, again, posts, records };
}

const stage = (more: object = {}) => ({
  dataset: 'datasets/arm.1.jsonl',
  sha256: hashOf(dataset),
  training: Training.parse({ epochs: 2, 'gradient-accumulation': 2, ...more }),
});
const job = (stages = [stage()]): FineTune => ({ base: BASE, seed: 5, lora: Lora.parse({}), stages });
const quiet = (): void => {};

describe('fine-tuning at a provider', () => {
  it('uploads, creates, waits, and gives the model that was made', async () => {
    const { engine, training, posts, server, said } = await against();
    const tuned = await engine.fineTune(job([stage({ 'learning-rate-multiplier': 2 })]), quiet);
    expect(tuned).toMatchObject({
      adapter: null,
      served: `ft:${BASE}:lab:hyde:1`,
      identityKnown: true,
      meta: { jobs: ['ftjob-1'] },
    });
    expect(tuned.stages.map(({ tokens }) => tokens)).toEqual([1234]);
    const [file] = posts('/files');
    expect(file?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(file?.text).toContain('name="purpose"\r\n\r\nfine-tune\r\n');
    const lines = (training.files.get('file-1') as string)
      .split('\r\n')
      .find((part) => part.startsWith('{')) as string;
    expect(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows.map(({ messages }) => ({ messages })));
    expect(posts('/fine_tuning/jobs')[0]?.body).toEqual({
      model: BASE,
      training_file: 'file-1',
      seed: 5,
      suffix: expect.stringMatching(/^hyde-[0-9a-f]{8}$/),
      method: {
        type: 'supervised',
        supervised: { hyperparameters: { n_epochs: 2, batch_size: 8, learning_rate_multiplier: 2 } },
      },
      metadata: { hyde: expect.any(String) },
    });
    expect(said.join('\n')).toMatch(/decides on learning rate/);
    const named = await engine.describe({ base: tuned.served as string, adapter: null });
    expect(named.identity).toBe(tuned.identity);
    expect(server.seen.every(({ headers }) => headers.authorization === `Bearer ${SECRET}`)).toBe(true);
  });

  it('trains the model of the stage before, and a common first stage once', async () => {
    const { engine, training } = await against();
    const both = [job([stage(), stage({ epochs: 1 })]), job([stage(), stage({ epochs: 3 })])];
    const tuned = await Promise.all(both.map((one) => engine.fineTune(one, quiet)));
    const of = (model: string) => training.jobs.filter((one) => one.model === model).length;
    expect([of(BASE), of(`ft:${BASE}:lab:hyde:1`)]).toEqual([1, 2]);
    expect(new Set(tuned.map(({ served }) => served)).size).toBe(2);
  });

  it('gives earlier turns the weight 0 where the loss is on the last one', async () => {
    const { engine, training } = await against();
    await engine.fineTune(job([stage({ loss: 'last' })]), quiet);
    expect(training.files.get('file-1')).toContain('"content":"First.","weight":0}');
    expect(training.files.get('file-1')).not.toMatch(/Baron[^}]*weight/);
  });

  it.each([
    ['429', (response: ServerResponse) => sendJson(response, 429, {}, { 'retry-after': '1' })],
    ['500', (response: ServerResponse) => sendJson(response, 500, { error: { message: 'oops' } })],
    ['a connection that breaks', (response: ServerResponse) => response.socket?.destroy()],
    ['no JSON', (response: ServerResponse) => sendJson(response, 503, '<html>')],
  ])('goes on after %s at every endpoint', async (_, fail) => {
    const { engine, training } = await against((seen, response) => {
      // The list of jobs has another path each time it is asked for another ticket.
      if (seen.number > 0) return false;
      fail(response);
      return true;
    });
    const { served } = await engine.fineTune(job(), quiet);
    expect(served).toBe(`ft:${BASE}:lab:hyde:1`);
    expect(training.jobs).toHaveLength(1);
  });

  it('finds a job whose answer was lost, and makes no second one', async () => {
    let lost = false;
    const { engine, training } = await against((seen, response) => {
      if (lost || seen.method !== 'POST' || !seen.path.endsWith('/jobs')) return false;
      lost = true;
      training.behave({ ...seen }, { writeHead: () => ({ end() {} }) } as unknown as ServerResponse);
      response.socket?.destroy();
      return true;
    });
    expect((await engine.fineTune(job(), quiet)).meta.jobs).toEqual(['ftjob-1']);
    expect(training.jobs).toHaveLength(1);
  });

  it('waits while the provider runs as many jobs as it allows', async () => {
    const message = 'Rejected because your organization exceeded 3 active requests limit.';
    const { engine, posts } = await against((seen, response) => {
      if (seen.method !== 'POST' || !seen.path.endsWith('/jobs') || seen.number >= 2) return false;
      sendJson(response, 429, { error: { message, code: 'rate_limit_exceeded' } });
      return true;
    });
    await engine.fineTune(job(), quiet);
    expect(posts('/fine_tuning/jobs')).toHaveLength(3);
  });
});

describe('a fine-tune that does not work out', () => {
  it.each([
    [
      'a file that is refused',
      { fileStatus: 'error' },
      2,
      /refused the training file: line 3 has no messages/,
    ],
    [
      'a job that fails for its data',
      {
        course: ['validating_files', 'failed'],
        error: {
          code: 'invalid_training_file',
          message: 'has 3 examples, 10 are needed',
          param: 'training_file',
        },
      },
      2,
      /failed in job ftjob-1: has 3 examples/,
    ],
    ['a job that fails', { course: ['failed'] }, 1, /internal error/],
    ['a job that is cancelled', { course: ['running', 'cancelled'] }, 1, /cancelled/],
  ])('%s is said in words, and the next run begins anew', async (_, change, exitCode, words) => {
    const { engine, again, training, records } = await against();
    Object.assign(training, change);
    const failed = engine.fineTune(job(), quiet);
    await expect(failed).rejects.toMatchObject({ exitCode, message: expect.stringMatching(words) });
    expect(records()).toHaveLength(1);
    Object.assign(training, { fileStatus: 'processed', course: ['succeeded'] });
    const jobs = training.jobs.length;
    await again().fineTune(job(), quiet);
    expect(training.jobs).toHaveLength(jobs + 1);
    expect(records()).toMatchObject([{ status: 'succeeded' }]);
  });

  it.each([
    [400, 'n_epochs must be at most 50', 2, /n_epochs/],
    [401, `Incorrect API key provided: ${SECRET}`, 1, /the key is refused/],
    [403, 'Fine-tuning is not available to your organization', 1, /not available/],
    [404, 'no such model', 2, /does not train/],
  ])('HTTP %i stops at once, without the key', async (status, message, exitCode, words) => {
    const { engine, posts, said } = await against((seen, response) => {
      if (seen.method !== 'POST' || !seen.path.endsWith('/jobs')) return false;
      sendJson(response, status, { error: { message } });
      return true;
    });
    const failed = await engine.fineTune(job(), quiet).catch((error) => error);
    expect(failed).toMatchObject({ exitCode, message: expect.stringMatching(words) });
    expect(posts('/fine_tuning/jobs')).toHaveLength(1);
    expect(`${failed.message}${failed.hint}${said}`).not.toContain(SECRET);
  });

  it('names that could lead elsewhere are taken for none', async () => {
    const { engine } = await against((seen, response) => {
      if (seen.method !== 'POST' || !seen.path.endsWith('/jobs')) return false;
      sendJson(response, 200, { id: 'x?y=../../\u001b[2J', status: 'queued' });
      return true;
    });
    await expect(engine.fineTune(job(), quiet)).rejects.toThrow(/a job without an id/);
  });
});

describe('a fine-tune that was stopped', () => {
  it('goes on with the job that is on disk: nothing is uploaded or created again', async () => {
    const { again, training, records, posts } = await against();
    training.course = ['running'];
    const stop = new AbortController();
    const stopped = again(stop.signal)
      .fineTune(job(), quiet)
      .catch((error) => error);
    while (!training.jobs.some(({ status }) => status === 'running')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stop.abort();
    expect(await stopped).toMatchObject({ exitCode: 130 });
    expect(records()).toMatchObject([{ id: 'ftjob-1', file: 'file-1', status: 'running' }]);
    expect(JSON.stringify(records())).not.toContain(SECRET);
    training.course = ['succeeded'];
    expect((await again().fineTune(job(), quiet)).meta.jobs).toEqual(['ftjob-1']);
    expect([posts('/files').length, posts('/fine_tuning/jobs').length]).toEqual([1, 1]);
    expect(records()).toMatchObject([{ status: 'succeeded', tuned: `ft:${BASE}:lab:hyde:1` }]);
  });

  it('asks for the job by its ticket where its id never came', async () => {
    const { engine, again, folder, records, posts } = await against();
    await engine.fineTune(job(), quiet);
    const [found] = records();
    const [name] = readdirSync(join(folder, 'jobs')).filter((each) => each.startsWith('tune-'));
    const early = { ...found, id: null, status: 'new', tuned: null };
    writeFileSync(join(folder, 'jobs', String(name), 'job.json'), JSON.stringify(early));
    expect((await again().fineTune(job(), quiet)).meta.jobs).toEqual(['ftjob-1']);
    expect(posts('/fine_tuning/jobs')).toHaveLength(1);
  });
});
