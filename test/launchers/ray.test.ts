import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ray } from '../../src/launchers/ray.js';
import { workerPackage } from '../../src/launchers/ray-package.js';
import type { Job, LaunchSpec } from '../../src/records/launch.js';
import { behave, contextOf, driven, jobsIn, listening, runFolder, runsOf, submitted } from './folder.js';
import { RayServer } from './ray-server.js';

let folder: string;
let jobs: Job[];
let server: RayServer;
let address: string;
beforeEach(async () => {
  folder = runFolder();
  jobs = jobsIn(folder, 3);
  server = new RayServer();
  address = await server.start();
});
afterEach(async () => {
  delete process.env.RAY_AUTH_TOKEN;
  await server.stop();
});

async function ray(more: Partial<LaunchSpec> = {}): Promise<Ray> {
  const launcher = await Ray.open(contextOf(folder, { launcher: 'ray', parallel: 16, address, ...more }));
  Object.assign(launcher.timing, { poll: [10, 20], grace: 0 });
  return launcher;
}
const name = 'ray' as const;
const done = ['train-0: done', 'train-1: done', 'train-2: done'];

describe('Ray', () => {
  it('never has more jobs than there are free slots, and uploads the code once', async () => {
    const more = jobsIn(folder, 7);
    expect(
      await driven(folder, await ray({ setup: ['[[ -n $BASH_VERSION ]]'] }), more, { name }),
    ).toHaveLength(7);
    expect(more.map(runsOf)).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(server.mostAtOnce).toBe(2);
    expect([...server.packages.keys()]).toEqual([workerPackage().name]);
    const [body] = [...server.jobs.values()].map((job) => job.body);
    expect(body).toMatchObject({
      entrypoint_num_cpus: 1,
      runtime_env: { working_dir: `gcs://${workerPackage().name}` },
    });
    expect(body).not.toHaveProperty('entrypoint_num_gpus');
  });

  it('uploads the code again where the cluster has dropped it', async () => {
    const [first, ...others] = jobs as [Job, ...Job[]];
    const launcher = await ray();
    await submitted(launcher, [{ ...first, attempt: 1 }]);
    server.packages.clear();
    expect(await driven(folder, launcher, others, { name })).toHaveLength(2);
    expect([...server.packages.keys()]).toEqual([workerPackage().name]);
  });

  it('packs the worker into an archive that others can open', () => {
    const { bytes } = workerPackage();
    const at = join(mkdtempSync(join(tmpdir(), 'hyde-zip-')), 'p.zip');
    writeFileSync(at, bytes);
    const check = `import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.read('hyde_worker/train.py').decode(), end='')`;
    const { stdout, status } = spawnSync('python3', ['-c', check, at], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toBe(readFileSync('worker/hyde_worker/train.py', 'utf8'));
  });

  it('submits again what a dead node took with it, and reports the last words of what is lost', async () => {
    server.fates.push('FAILED');
    expect(await driven(folder, await ray(), jobs, { name })).toEqual(done);
    expect(server.posted).toHaveLength(4);
    const others = jobsIn(runFolder(), 1);
    server.fates.push('FAILED', 'FAILED', 'FAILED');
    const [outcome] = await driven(folder, await ray(), others, { name });
    expect(outcome).toContain('Unexpected error: node died; its last lines:\n  | its last words');
  });

  it('does not submit twice a job whose answer was lost', async () => {
    server.loseAnswer = true;
    expect(await driven(folder, await ray(), jobs, { name })).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(server.jobs.size).toBe(3);
  });

  it('finds jobs of a hyde that was killed, and counts them among its own', async () => {
    for (const job of jobs) behave(job, 'while [ ! -f ../../go ]; do sleep 0.02; done');
    const first = await ray();
    const attempts = jobs.map((job) => ({ ...job, attempt: 1 }));
    expect(await submitted(first, attempts)).toHaveLength(2);
    await first.close();
    const after = driven(folder, await ray(), jobs, { name });
    writeFileSync(join(folder, 'go'), '');
    expect(await after).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(server.mostAtOnce).toBe(2);
  });

  it('waits for a cluster that is away', async () => {
    server.away = 5;
    const observer = listening();
    expect(await driven(folder, await ray(), jobs, { name, observer })).toEqual(done);
    expect(observer.heard.some((text) => text.includes('Ray does not answer'))).toBe(true);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('shows its token, and asks for one in words', async () => {
    server.token = 'secret-token';
    await expect(driven(folder, await ray(), jobs, { name })).rejects.toThrow(/wants a token/);
    process.env.RAY_AUTH_TOKEN = 'secret-token';
    expect(await driven(folder, await ray(), jobs, { name })).toEqual(done);
    expect([...server.jobs.values()].map(({ body }) => JSON.stringify(body)).join()).not.toContain(
      'secret-token',
    );
  });

  it('warns of a token that goes over the network in clear', async () => {
    process.env.RAY_AUTH_TOKEN = 'secret-token';
    const observer = listening();
    for (const at of ['http://127.0.0.1:1', 'https://head:1', 'http://head:8265']) {
      const context = contextOf(folder, { launcher: 'ray', address: at });
      await (await Ray.open({ ...context, observer })).close();
    }
    expect(observer.heard).toEqual([
      'Ray: the token goes to head:8265 over http, which others on the way can read',
    ]);
  });

  it('does not try again what somebody stopped', async () => {
    server.fates.push('STOPPED');
    const outcomes = await driven(folder, await ray(), jobs, { name });
    expect(outcomes.filter((text) => text.includes('it was stopped'))).toHaveLength(1);
    expect(server.posted).toHaveLength(3);
  });

  it('stops jobs that are cancelled', async () => {
    behave(jobs[0] as Job, 'sleep 0.3; exit 1');
    const launcher = await ray();
    const tickets = await submitted(launcher, [{ ...(jobs[0] as Job), attempt: 1 }]);
    await launcher.cancel(tickets);
    expect((await launcher.states(tickets)).get('train-0')).toMatchObject({ phase: 'failed', final: true });
    await launcher.close();
  });

  it('needs an address, of the right kind', async () => {
    await expect(Ray.open(contextOf(folder, { launcher: 'ray' }))).rejects.toThrow(/needs the address/);
    await expect(Ray.open(contextOf(folder, { launcher: 'ray', address: 'ray://x' }))).rejects.toThrow(
      /http/,
    );
  });
});
