import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLaunches } from '../../src/launchers/launches.js';
import type { LaunchSpec } from '../../src/records/launch.js';
import { fakeSlurm } from './fake-slurm.js';
import { RayServer } from './ray-server.js';
import { listener, ServersCase, until } from './servers-case.js';

let one: ServersCase;
let ray: RayServer | undefined;
const path = process.env.PATH;
beforeEach(() => {
  one = new ServersCase();
});
afterEach(async () => {
  await one.close();
  await ray?.stop();
  ray = undefined;
  process.env.PATH = path;
});

const LAUNCHERS: [LaunchSpec['launcher'], () => Promise<Partial<LaunchSpec>>][] = [
  ['local', async () => ({})],
  ['command', async () => ({ submit: 'sh -c {command}' })],
  [
    'slurm',
    async () => {
      fakeSlurm(one.folder);
      return {};
    },
  ],
  [
    'ray',
    async () => {
      ray = new RayServer();
      return { address: await ray.start() };
    },
  ],
];

const get = async (url: string, key: string): Promise<number> =>
  (await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } })).status;

describe.each(LAUNCHERS)('a server started by launcher %s', (launcher, prepare) => {
  it('listens on a free port, asks for a key that nobody else can read, and is ended in the end', async () => {
    const fleet = await one.open({ launcher, ...(await prepare()) });
    const told = listener();
    await fleet.watch(told);
    const [url = ''] = told.urls;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect(await get(url, fleet.key)).toBe(200);
    expect(await get(url, 'another')).toBe(401);
    const [folder = ''] = one.serverFolders;
    expect(readFileSync(join(folder, 'key'), 'utf8')).toBe(fleet.key);
    expect(statSync(join(folder, 'key')).mode & 0o077).toBe(0);
    for (const name of ['job.json', 'server.json', '../launches.jsonl'])
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain(fleet.key);
    expect(one.log.join()).not.toContain('the key stands in the command');
    await fleet.close();
    expect(one.processes.map(({ alive }) => alive)).toEqual([false]);
    expect(existsSync(join(folder, 'key'))).toBe(false);
    expect([...(await readLaunches(one.folder)).values()].map(({ state }) => state)).toEqual(['done']);
  }, 60_000);
});

describe('servers of a run', () => {
  it('are as many as the audit says, each with a port of its own', async () => {
    const fleet = await one.open({}, { count: 3 });
    const told = listener();
    await fleet.watch(told);
    await until(() => told.urls.length === 3);
    expect(new Set(told.urls).size).toBe(3);
    expect(one.log.filter((line) => line.includes('--served-model-name base'))).toHaveLength(3);
    expect(one.observer.heard.at(-1)).toMatch(/serves base \(3 of 3\)$/);
  }, 60_000);

  it('that die at once are tried again within bounds, and the end says their last lines', async () => {
    one.behave({ dies: 'CUDA out of memory' });
    const fleet = await one.open({ retries: 2 });
    const told = listener();
    await expect(fleet.watch(told)).rejects.toThrow(
      /it ended with code 1; its last lines:[\s\S]*CUDA out of memory/,
    );
    expect(one.log.filter((line) => line.includes('start'))).toHaveLength(3);
    expect(told.failures).toHaveLength(1);
  }, 60_000);

  it('that do not answer in time are ended', async () => {
    one.behave({ mute: true });
    const fleet = await one.open({ retries: 0 }, { patience: 0.02 });
    await expect(fleet.watch(listener())).rejects.toThrow(/did not answer in 0.02 minutes/);
    await fleet.close();
    await until(() => one.processes.every(({ alive }) => !alive));
  }, 60_000);

  it('that serve another model are no use', async () => {
    one.behave({ name: 'other' });
    const fleet = await one.open();
    await expect(fleet.watch(listener())).rejects.toMatchObject({
      message: expect.stringMatching(/serves other, not base/),
      hint: expect.stringMatching(/--served-model-name/),
    });
    await fleet.close();
    expect(one.processes.map(({ alive }) => alive)).toEqual([false]);
  }, 60_000);

  it('that are lost are replaced, and the address that is gone is told', async () => {
    const fleet = await one.open();
    const told = listener();
    await fleet.watch(told);
    const [before = ''] = told.urls;
    process.kill(one.processes[0]?.pid as number, 'SIGKILL');
    await until(() => told.urls.length === 1 && told.urls[0] !== before);
    expect(await get(told.urls[0] as string, fleet.key)).toBe(200);
    expect(told.failures).toEqual([]);
  }, 60_000);

  it('are kept while the launcher cannot be reached', async () => {
    const away = join(fakeSlurm(one.folder), 'away');
    const fleet = await one.open({ launcher: 'slurm' });
    const told = listener();
    await fleet.watch(told);
    const before = [...told.urls];
    writeFileSync(away, '');
    await until(() => one.observer.heard.some((text) => text.includes('the launcher cannot be reached')));
    expect(await get(before[0] as string, fleet.key)).toBe(200);
    rmSync(away);
    await fleet.close();
    expect([told.urls, told.failures]).toEqual([before, []]);
    expect(one.processes.map(({ alive }) => alive)).toEqual([false]);
  }, 60_000);

  it('end with a run that is stopped while it waits for them', async () => {
    one.behave({ mute: true });
    const stop = new AbortController();
    const fleet = await one.open({}, {}, stop.signal);
    const waiting = fleet.watch(listener());
    await until(() => one.log.length > 0);
    stop.abort();
    await expect(waiting).rejects.toThrow(/interrupted/);
    await fleet.close();
    expect(one.processes.map(({ alive }) => alive)).toEqual([false]);
  }, 60_000);
});

describe('servers that a killed hyde left', () => {
  /** Starts servers in a process of its own, and kills it when they answer. */
  async function leave(): Promise<number> {
    const child = spawn(process.execPath, [
      fileURLToPath(new URL('serve-local.mjs', import.meta.url)),
      one.folder,
      JSON.stringify(one.spec()),
      one.python,
    ]);
    child.stderr.pipe(process.stderr);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const [left] = one.processes;
    expect(left?.alive).toBe(true);
    return left?.pid as number;
  }

  it('are found again, and ended in the end', async () => {
    const pid = await leave();
    const fleet = await one.open();
    const told = listener();
    await fleet.watch(told);
    expect(await get(told.urls[0] as string, fleet.key)).toBe(200);
    expect(one.processes).toEqual([{ pid, alive: true }]);
    await fleet.close();
    expect(one.processes).toEqual([{ pid, alive: false }]);
  }, 60_000);

  it('are told to end where others are wanted', async () => {
    const pid = await leave();
    const fleet = await one.open({}, { command: `${one.command} --max-model-len 512` });
    await fleet.watch(listener());
    await until(() => one.processes.find((each) => each.pid === pid)?.alive === false);
    expect(one.processes.filter(({ alive }) => alive)).toHaveLength(1);
  }, 60_000);

  it('end by themselves where nobody comes', async () => {
    const fleet = await one.open();
    await fleet.watch(listener());
    const [folder = ''] = one.serverFolders;
    // The same job once more, with a lease of half a second and nobody who renews it.
    const alone = join(one.folder, 'alone');
    const job = JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
    mkdirSync(alone);
    writeFileSync(join(alone, 'job.json'), JSON.stringify({ ...job, lease: 0.5 }));
    writeFileSync(join(alone, 'key'), fleet.key);
    const child = spawn(one.python, ['-m', 'hyde_worker', 'run', alone]);
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, said]).toEqual([0, expect.stringMatching(/nobody has asked for the server for 0.5 s/)]);
    expect(one.processes.filter(({ alive }) => alive)).toHaveLength(1);
  }, 60_000);
});
