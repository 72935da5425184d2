import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { command } from '../../src/launchers/command.js';
import { Launches, readLaunches } from '../../src/launchers/launches.js';
import { local, slotsOf } from '../../src/launchers/local.js';
import { findProcess, isAlive, processFile } from '../../src/launchers/process-file.js';
import { Processes } from '../../src/launchers/processes.js';
import { quote, words } from '../../src/launchers/shell.js';
import type { Job } from '../../src/records/launch.js';
import { InterruptedError } from '../../src/shared/errors.js';
import { behave, contextOf, driven, jobsIn, runFolder, runsOf, script, spec } from './folder.js';

let folder: string;
let jobs: Job[];
beforeEach(() => {
  folder = runFolder();
  jobs = jobsIn(folder, 3);
});
const done = ['train-0: done', 'train-1: done', 'train-2: done'];
const read = (job: Job, name: string): string => readFileSync(join(job.folder, name), 'utf8').trim();

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('processes on this machine', () => {
  afterEach(() => {
    delete process.env.CUDA_VISIBLE_DEVICES;
    delete process.env.MADE_UP_API_KEY;
  });

  it('runs each job once, with its variables, set-up and threads, and without secrets', async () => {
    process.env.MADE_UP_API_KEY = 'not to be seen';
    for (const job of jobs) behave(job, 'echo "$MARK $OMP_NUM_THREADS $SETUP <$MADE_UP_API_KEY>" > seen');
    const context = contextOf(folder, { setup: ['SETUP=set; export SETUP'] });
    expect(await driven(folder, local(context), jobs)).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(read(jobs[0] as Job, 'seen')).toBe("it's 1 set <>");
    expect(await driven(folder, local(context), jobs)).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('hands out GPUs, no GPU to two jobs at once', async () => {
    process.env.CUDA_VISIBLE_DEVICES = '2,3,5';
    for (const job of jobs) {
      behave(
        job,
        `echo "$CUDA_VISIBLE_DEVICES" > gpus; : > started; while [ ! -f ../../go ]; do sleep 0.02; done`,
      );
    }
    const running = driven(folder, local(contextOf(folder, { gpus: 1, parallel: null })), jobs);
    await until(() => jobs.every((job) => existsSync(join(job.folder, 'started'))));
    writeFileSync(join(folder, 'go'), '');
    expect(await running).toEqual(done);
    expect(jobs.map((job) => read(job, 'gpus')).toSorted()).toEqual(['2', '3', '5']);
  });

  it('has as many slots as the GPUs are enough for', () => {
    expect(slotsOf({ ...spec, parallel: null, gpus: 2 }, 8)).toBe(4);
    expect(slotsOf({ ...spec, parallel: 3, gpus: null }, 8)).toBe(3);
    expect(slotsOf({ ...spec, parallel: null, gpus: null }, 0)).toBe(1);
    expect(slotsOf({ ...spec, parallel: 4, gpus: 0 }, 8)).toBe(4);
  });

  it('tries a job again that dies, and says in the end how it died', async () => {
    behave(jobs[0] as Job, '[ "$(wc -l < runs)" -ge 3 ] || kill -9 $$');
    behave(jobs[1] as Job, 'echo "no memory left" >&2; exit 7');
    const [first, second] = await driven(folder, local(contextOf(folder)), jobs);
    expect(first).toBe('train-0: done');
    expect(second).toContain('train-1: train-1: it ended with code 7');
    expect(second).toContain('no memory left');
    expect(jobs.map(runsOf)).toEqual([3, 3, 1]);
  });

  it('ends a process that runs past its time', async () => {
    behave(jobs[0] as Job, 'sleep 600');
    const { worker } = contextOf(folder);
    const pool = new Processes({
      ...{ slots: 1, devices: [], perJob: 0, minutes: 0.001 },
      start: ({ folder: at }) =>
        `exec ${[worker.python, '-m', 'hyde_worker', 'run', at].map(quote).join(' ')}`,
    });
    const [outcome] = await driven(folder, pool, jobs.slice(0, 1), { retries: 0 });
    expect(outcome).toContain('it ran past its time limit');
  });

  it('ends its processes when the user stops', async () => {
    behave(jobs[0] as Job, 'echo $$ > pid; while :; do sleep 0.05; done');
    const controller = new AbortController();
    const running = driven(folder, local(contextOf(folder)), jobs.slice(0, 1), { signal: controller.signal });
    await until(() => existsSync(join((jobs[0] as Job).folder, 'pid')) && read(jobs[0] as Job, 'pid') !== '');
    controller.abort();
    await expect(running).rejects.toThrow(InterruptedError);
    expect(() => process.kill(Number(read(jobs[0] as Job, 'pid')), 0)).toThrow();
    expect((await readLaunches(folder)).get('train-0')?.reason).toBe('interrupted');
  });

  it('finds the processes of a hyde that was killed, and starts none of them twice', async () => {
    for (const job of jobs.slice(0, 2))
      behave(job, ': > started; while [ ! -f ../../go ]; do sleep 0.02; done');
    contextOf(folder);
    const child = spawn(process.execPath, [
      fileURLToPath(new URL('drive-local.mjs', import.meta.url)),
      folder,
    ]);
    await until(() => jobs.slice(0, 2).every((job) => existsSync(join(job.folder, 'started'))));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    const after = driven(folder, local(contextOf(folder)), jobs);
    writeFileSync(join(folder, 'go'), '');
    expect(await after).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });
});

describe.runIf(existsSync('/proc/self/cmdline'))('a process that was not written down', () => {
  it('is found by the folder that it works on, with its GPUs, and not started again', async () => {
    const [job] = jobs as [Job];
    behave(job, ': > started; while [ ! -f ../../go ]; do sleep 0.02; done');
    const { worker } = contextOf(folder);
    const args = ['-m', 'hyde_worker', 'run', job.folder];
    const env = { ...process.env, CUDA_VISIBLE_DEVICES: '1,2' };
    spawn(worker.python, args, { detached: true, stdio: 'ignore', env });
    await until(() => existsSync(join(job.folder, 'started')));
    expect(findProcess(job.folder)?.devices).toEqual(['1', '2']);
    const launches = await Launches.open(folder, 'local');
    launches.submitted({ ...job, attempt: 1, handle: 'train-0-1' }, 0);
    launches.close();
    const after = driven(folder, local(contextOf(folder)), jobs);
    writeFileSync(join(folder, 'go'), '');
    expect(await after).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(findProcess(job.folder)).toBeUndefined();
  });

  it('has its time counted from its own start', async () => {
    const [job] = jobs as [Job];
    behave(job, ': > started; while [ ! -f ../../go ]; do sleep 0.02; done');
    const { worker } = contextOf(folder);
    const before = Date.now();
    spawn(worker.python, ['-m', 'hyde_worker', 'run', job.folder], { detached: true, stdio: 'ignore' });
    await until(() => existsSync(join(job.folder, 'started')));
    const started = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { at = 0 } = findProcess(job.folder) ?? {};
    expect(at).toBeGreaterThan(before - 50);
    expect(at).toBeLessThan(started + 50);
    writeFileSync(join(folder, 'go'), '');
  });

  it('that has ended is not alive, also where its parent never asks', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const text = await new Promise((resolve) => parent.stdout?.once('data', resolve));
    const file = processFile(Number(text), []);
    await until(() => !isAlive(file));
    expect(() => process.kill(file.pid, 0)).not.toThrow();
    parent.kill('SIGKILL');
  });
});

describe('command lines of the audit file', () => {
  it('splits words as they are meant, and quotes what a shell would read', () => {
    expect(words(`a "b c" --x='d e' f`)).toEqual(['a', 'b c', '--x=d e', 'f']);
    expect(quote("it's $(here)")).toBe(`'it'\\''s $(here)'`);
  });

  it('keeps a pool of commands that end with their job', async () => {
    const wrap = script(join(folder, 'srun'), 'echo "$1" > "$2/name"; shift 2; exec "$@"');
    const context = contextOf(folder, {
      launcher: 'command',
      submit: `"${wrap}" {id} {folder} sh -c {command}`,
    });
    expect(await driven(folder, command(context), jobs, { name: 'command' })).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(read(jobs[0] as Job, 'name')).toMatch(/^hyde-[0-9a-f]{16}$/);
  });

  it('hands jobs over, and asks for their state', async () => {
    const submit = script(
      join(folder, 'submit'),
      `cd "${folder}" || exit 1; echo RUNNING > "state-$1"; echo x >> submitted; (sh -c "$2"; echo SUCCEEDED > "state-$1") >/dev/null 2>&1 </dev/null &`,
    );
    const state = script(join(folder, 'state'), `cat "${folder}/state-$1"`);
    const context = contextOf(folder, {
      ...{ launcher: 'command', submit: `"${submit}" {id} {command}`, state: `"${state}" {id}` },
    } as const);
    const launcher = command(context);
    Object.assign(launcher.timing, { poll: [20, 20] });
    expect(await driven(folder, launcher, jobs, { name: 'command' })).toEqual(done);
    expect(readFileSync(join(folder, 'submitted'), 'utf8').trim().split('\n')).toHaveLength(3);
  });

  it('reports a command that fails, after its attempts', async () => {
    const submit = script(join(folder, 'submit'), 'echo "no quota" >&2; exit 3');
    const context = contextOf(folder, {
      ...{ launcher: 'command', submit: `"${submit}"`, state: 'false', retries: 1 },
    } as const);
    const launcher = command(context);
    Object.assign(launcher.timing, { poll: [1, 1] });
    const outcomes = await driven(folder, launcher, jobs.slice(0, 1), { name: 'command', retries: 1 });
    expect(outcomes[0]).toContain('submit: no quota');
  });
});
