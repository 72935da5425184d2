import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from '../../src/launchers/command.js';
import { Launches, readLaunches } from '../../src/launchers/launches.js';
import { local, slotsOf } from '../../src/launchers/local.js';
import { findProcess, isAlive, processFile } from '../../src/launchers/process-file.js';
import { Processes } from '../../src/launchers/processes.js';
import { execute, TimedOut, words, workerLine } from '../../src/launchers/shell.js';
import type { Job } from '../../src/records/launch.js';
import { InterruptedError } from '../../src/shared/errors.js';
import { quote } from '../../src/shared/quote.js';
import { behave, contextOf, driven, jobsIn, listening, runFolder, runsOf, script, spec } from './folder.js';

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

/** Has a process ended? What nobody waits for stays as a name without a command. */
function wordsGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return existsSync('/proc/self') && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === '';
  } catch {
    return true;
  }
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

  it('prepares jobs by bash, with functions of the environment, and runs none whose set-up fails', async () => {
    vi.stubEnv('BASH_FUNC_module%%', '() { LOADED=$2; }');
    writeFileSync(join(folder, 'activate'), 'export MARK=sourced');
    const [job] = jobs as [Job];
    behave(job, 'echo "$MARK $LOADED" > seen');
    const { worker, ...context } = contextOf(folder, {
      setup: [`source "${folder}/activate"`, 'module load cuda', 'export LOADED'],
    });
    const launcher = local({ ...context, worker: { ...worker, variables: {} } });
    expect(await driven(folder, launcher, [job])).toEqual(['train-0: done']);
    expect(read(job, 'seen')).toBe('sourced cuda');
    const failing = local(contextOf(folder, { setup: ['false', 'true'] }));
    const [outcome] = await driven(folder, failing, jobs.slice(1, 2), { retries: 0 });
    expect(outcome).toContain('it ended with code 1');
    expect(jobs.map(runsOf)).toEqual([1, 0, 0]);
    vi.unstubAllEnvs();
  });

  it('runs a job of several GPUs by a process each', async () => {
    process.env.CUDA_VISIBLE_DEVICES = '4,5,6';
    const [job] = jobs as [Job];
    const python = script(
      join(folder, 'torch'),
      `echo "$@" > "${job.folder}/argv"; echo '{"ok":true}' > "${job.folder}/result.json"`,
    );
    const context = contextOf(folder, { gpus: 2, parallel: null });
    const launcher = local({ ...context, worker: { python, variables: {}, processes: 2 } });
    expect(await driven(folder, launcher, [job])).toEqual(['train-0: done']);
    expect(read(job, 'argv')).toBe(
      `-m torch.distributed.run --standalone --nproc_per_node=2 -m hyde_worker run ${job.folder}`,
    );
  });

  it('takes ~ for the home directory, here and on other machines', () => {
    expect(workerLine({ python: '~/env/bin/python', variables: {} }, '"$folder"')).toContain(
      'exec "$HOME"/env/bin/python -m hyde_worker run "$folder"',
    );
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

  it('begins none that it could not write down, and tries again', async () => {
    const [job] = jobs as [Job];
    mkdirSync(join(job.folder, 'process.json'));
    const observer = listening();
    const running = driven(folder, local(contextOf(folder, { setup: ['true'] })), [job], {
      observer,
      retries: 0,
    });
    await until(() => observer.heard.some((text) => text.includes('process.json')));
    rmSync(join(job.folder, 'process.json'), { recursive: true });
    expect(await running).toEqual(['train-0: done']);
    expect(runsOf(job)).toBe(1);
  });

  it('ends its processes when the user stops', async () => {
    behave(jobs[0] as Job, 'echo $$ > pid; while :; do sleep 0.05; done');
    const controller = new AbortController();
    const running = driven(folder, local(contextOf(folder)), jobs.slice(0, 1), { signal: controller.signal });
    await until(() => existsSync(join((jobs[0] as Job).folder, 'pid')) && read(jobs[0] as Job, 'pid') !== '');
    controller.abort();
    await expect(running).rejects.toThrow(InterruptedError);
    expect(wordsGone(Number(read(jobs[0] as Job, 'pid')))).toBe(true);
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
    const launches = await Launches.open(folder, spec);
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
      setup: ['source ./behave.sh 2>/dev/null || [[ -n $BASH_VERSION ]]'],
    });
    expect(await driven(folder, command(context), jobs, { name: 'command' })).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(read(jobs[0] as Job, 'name')).toMatch(/^hyde-[0-9a-f]{16}$/);
  });

  /** A launcher that hands jobs over, with commands of shell; `state` gives a word, by the file `known-ID` or `end-ID`. */
  function handedOver(state: string, submit = START) {
    const at = (text: string): string => text.replaceAll('@', folder);
    const observer = listening();
    const context = contextOf(folder, {
      launcher: 'command',
      submit: `"${script(join(folder, 'submit'), at(submit))}" {id} {command}`,
      state: `"${script(join(folder, 'state'), at(state))}" {id}`,
      cancel: `"${script(join(folder, 'cancel'), `echo "$1" >> "${folder}/cancelled"`)}" {id}`,
      parallel: 3,
    });
    const launcher = command({ ...context, observer });
    Object.assign(launcher.timing, { poll: [20, 20], grace: 200 });
    return { launcher, observer };
  }
  const START =
    'echo x >> "@/submitted"; : > "@/known-$1"; (sh -c "$2"; : > "@/end-$1") >/dev/null 2>&1 </dev/null &';
  const stateBy = (running: string): string =>
    `[ -f "@/known-$1" ] || exit 0; if [ -f "@/end-$1" ]; then echo DONE; else echo ${running}; fi`;
  const submissions = (): number => readFileSync(join(folder, 'submitted'), 'utf8').trim().split('\n').length;

  it.each(['RUNNING', 'RUN', 'PEND', 'ContainerCreating'])(
    'hands jobs over, and asks for their state: %s',
    async (word) => {
      for (const job of jobs) behave(job, 'sleep 0.6');
      const { launcher, observer } = handedOver(stateBy(word));
      expect(await driven(folder, launcher, jobs, { name: 'command' })).toEqual(done);
      expect(submissions()).toBe(3);
      expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
      expect(observer.heard.filter((text) => text.includes('no word that hyde knows'))).toHaveLength(
        word === 'ContainerCreating' ? 1 : 0,
      );
    },
  );

  it('takes a state command that fails for a while for no news', async () => {
    for (const job of jobs) behave(job, ': > ../../down; sleep 0.8; rm -f ../../down');
    const { launcher } = handedOver(
      `[ -f "@/down" ] && { echo "refused" >&2; exit 1; }\n${stateBy('RUNNING')}`,
    );
    expect(await driven(folder, launcher, jobs.slice(0, 1), { name: 'command', retries: 0 })).toHaveLength(1);
    expect(submissions()).toBe(1);
    expect(jobs.map(runsOf)).toEqual([1, 0, 0]);
  });

  it('submits again what an API refused for a while, without counting attempts', async () => {
    const down = '[ -f "@/up" ] || { echo x >> "@/tries"; echo "connection refused" >&2; exit 1; }\n';
    const { launcher } = handedOver(stateBy('RUNNING'), down + START);
    const observer = listening();
    const running = driven(folder, launcher, jobs, { name: 'command', retries: 0, observer });
    await until(() => existsSync(join(folder, 'tries')) && read({ id: '', folder }, 'tries').length > 6);
    writeFileSync(join(folder, 'up'), '');
    expect(await running).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(observer.heard.filter((text) => text.includes('connection refused'))).toHaveLength(1);
  });

  it('cancels a job that was lost before it is tried again', async () => {
    behave(jobs[0] as Job, '[ "$(wc -l < runs)" -ge 2 ] || { rm -f ../../known-*; sleep 600; }');
    const { launcher } = handedOver(stateBy('RUNNING'));
    await driven(folder, launcher, jobs.slice(0, 1), { name: 'command' });
    expect(read({ id: '', folder }, 'cancelled')).toMatch(/^hyde-[0-9a-f]{16}$/);
    expect(runsOf(jobs[0] as Job)).toBe(2);
  });

  it('reports a command that never takes a job', async () => {
    const { launcher } = handedOver(stateBy('RUNNING'), 'echo "no quota" >&2; exit 3');
    const running = driven(folder, launcher, jobs.slice(0, 1), { name: 'command', patience: 500 });
    await expect(running).rejects.toThrow(/takes no jobs: submit: no quota/);
  });

  it('ends a program that hangs with all that it started', async () => {
    const hangs = execute(['sh', '-c', `sleep 600 & echo $! > "${folder}/pid"; wait`], { milliseconds: 300 });
    await expect(hangs).rejects.toThrow(TimedOut);
    const pid = Number(read({ id: '', folder }, 'pid'));
    await until(() => wordsGone(pid));
  });
});
