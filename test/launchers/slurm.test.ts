import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLaunches } from '../../src/launchers/launches.js';
import { openPatiently } from '../../src/launchers/open.js';
import { sbatch } from '../../src/launchers/sbatch.js';
import { Slurm } from '../../src/launchers/slurm.js';
import { fromSacct, fromSqueue, stateOf } from '../../src/launchers/slurm-states.js';
import type { Attempt, Job, LaunchSpec } from '../../src/records/launch.js';
import { InputError } from '../../src/shared/errors.js';
import { fakeSlurm } from './fake-slurm.js';
import {
  behave,
  contextOf,
  driven,
  jobsIn,
  listening,
  look,
  runFolder,
  runsOf,
  script,
  spec,
  submitted,
} from './folder.js';

let folder: string;
let bin: string;
let jobs: Job[];
const path = process.env.PATH;

beforeEach(() => {
  folder = runFolder();
  jobs = jobsIn(folder, 3);
  bin = fakeSlurm(folder);
});
afterEach(() => {
  process.env.PATH = path;
});

async function slurm(more: Partial<LaunchSpec> = {}, grace = 200): Promise<Slurm> {
  const launcher = await Slurm.open(contextOf(folder, { launcher: 'slurm', ...more }));
  Object.assign(launcher.timing, { poll: [20, 20], grace });
  return launcher;
}

const name = 'slurm' as const;
const done = ['train-0: done', 'train-1: done', 'train-2: done'];
const flag = (file: string, text = ''): void => writeFileSync(join(bin, file), text);
const calls = (): string[] => readFileSync(join(bin, 'calls'), 'utf8').trim().split('\n');

describe('Slurm', () => {
  it('submits one array with what the audit says, and waits for its tasks', async () => {
    const more = {
      partition: 'gpu',
      account: 'lab',
      gpus: 2,
      cpus: 4,
      minutes: 90,
      parallel: 16,
      options: ['--mem=8G'],
      setup: ['[[ -n $BASH_VERSION ]]'],
    };
    expect(await driven(folder, await slurm(more), jobs, { name })).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toContain('--array=0-2%16 --requeue');
    expect(calls()[0]).toContain(
      '--time=90 --partition=gpu --account=lab --gres=gpu:2 --cpus-per-task=4 --mem=8G',
    );
  });

  it('reads states, whoever tells them', () => {
    expect(fromSqueue('12|3|hyde-a|PENDING|Priority\n12|N/A|x|RUNNING|None\n')).toEqual([
      { name: 'hyde-a', array: 12, index: 3, state: 'PENDING', reason: 'Priority' },
    ]);
    expect(fromSacct('12_3|hyde-a|NODE_FAIL\n12_[4-9]|hyde-a|PENDING\n')).toHaveLength(1);
    const of = (state: string, reason = 'None') => stateOf({ name: '', array: 1, index: 0, state, reason });
    expect(of('CANCELLED by 1000')).toMatchObject({ phase: 'failed', final: true });
    expect(of('TIMEOUT')).toEqual({ phase: 'failed', reason: 'it ran past its time limit' });
    expect(of('PENDING', 'Priority')).toEqual({ phase: 'waiting' });
    expect(of('PENDING', 'PartitionTimeLimit')).toEqual({ phase: 'waiting', reason: 'PartitionTimeLimit' });
    expect(of('PENDING', 'launch failed requeued held').phase).toBe('failed');
    expect(of('COMPLETED').phase).toBe('done');
    expect(of('REQUEUED').phase).toBe('waiting');
  });

  it.each(['NODE_FAIL', 'TIMEOUT', 'PREEMPTED', 'FAILED'])('submits a job again after %s', async (state) => {
    behave(jobs[0] as Job, '[ "$(wc -l < runs)" -ge 2 ] || exit 1');
    flag('outcome', state);
    expect(await driven(folder, await slurm(), jobs, { name })).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([2, 1, 1]);
  });

  it('reports a job that fails in every attempt, and why', async () => {
    behave(jobs[1] as Job, 'echo "out of luck" >&2; exit 1');
    const outcomes = await driven(folder, await slurm(), jobs, { name });
    expect(outcomes[1]).toContain('train-1: it failed');
    expect(jobs.map(runsOf)).toEqual([1, 3, 1]);
  });

  it('does not submit twice what sbatch took, where its answer was lost', async () => {
    flag('lose-answer');
    expect(await driven(folder, await slurm(), jobs, { name })).toEqual(done);
    expect(calls()).toHaveLength(1);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('finds an array again that a hyde submitted before it was killed', async () => {
    for (const job of jobs) behave(job, 'while [ ! -f ../../go ]; do sleep 0.02; done');
    const first = await slurm();
    const attempts: Attempt[] = jobs.map((job) => ({ ...job, attempt: 1 }));
    await submitted(first, attempts);
    // Killed before it wrote anything down, and once more right after it did.
    const second = await slurm();
    expect(await submitted(second, attempts)).toHaveLength(3);
    expect(calls()).toHaveLength(1);
    const after = driven(folder, await slurm(), jobs, { name });
    while ((await readLaunches(folder)).size < 3) await new Promise((go) => setTimeout(go, 10));
    writeFileSync(join(folder, 'go'), '');
    expect(await after).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it.each([
    "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
    'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying\nsbatch: error: Batch job submission failed: Resource temporarily unavailable',
  ])('waits while the queue is full: %s', async (text) => {
    flag('refuse', text);
    const observer = listening();
    const running = driven(folder, await slurm(), jobs, { name, observer });
    while (!existsSync(join(bin, 'calls')) || calls().length < 4)
      await new Promise((go) => setTimeout(go, 10));
    rmSync(join(bin, 'refuse'));
    expect(await running).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('takes nothing twice where a submission goes wrong in its middle', async () => {
    renameSync(join(bin, 'sbatch'), join(bin, 'sbatch-real'));
    script(
      join(bin, 'sbatch'),
      `cd "${bin}"; n=$(( $(cat n 2>/dev/null || echo 0) + 1 )); echo $n > n
case $n in
1) cat >/dev/null; echo "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)" >&2; exit 1;;
3) cat >/dev/null; echo "sbatch: error: Unable to contact slurm controller (connect failure)" >&2; exit 1;;
5) cat >/dev/null; echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1;;
esac
exec ./sbatch-real "$@"`,
    );
    const more = jobsIn(folder, 6);
    expect(await driven(folder, await slurm(), more, { name, retries: 0 })).toHaveLength(6);
    expect(more.map(runsOf)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('counts no attempt for answers that were lost before they were heard', async () => {
    flag('refuse', 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation');
    const running = driven(folder, await slurm(), jobs, { name, retries: 0 });
    while (!existsSync(join(bin, 'calls')) || calls().length < 4)
      await new Promise((go) => setTimeout(go, 10));
    rmSync(join(bin, 'refuse'));
    expect(await running).toEqual(done);
    expect(new Set(calls().map((call) => /--job-name=\S+/.exec(call)?.[0])).size).toBe(1);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('finds what was heard after all, also beside jobs that have become ready since', async () => {
    const launcher = await slurm();
    for (const job of jobs) behave(job, 'sleep 0.1');
    const [first, ...others] = jobs.map((job) => ({ ...job, attempt: 1 })) as [Attempt, ...Attempt[]];
    const [ticket] = await submitted(launcher, [first]);
    const later = await submitted(await slurm(), [...others, { ...first, handle: ticket?.handle }]);
    expect(later).toHaveLength(3);
    expect(later).toContainEqual(ticket);
    expect(calls().map((call) => /--array=\S+/.exec(call)?.[0])).toEqual(['--array=0-0%2', '--array=0-1%1']);
  });

  it('shares out what may run at once among its arrays', async () => {
    flag('most', '2');
    const more = jobsIn(folder, 6);
    for (const job of more) {
      behave(job, 'd=../../now; mkdir -p $d; : > $d/$$; ls $d | wc -l >> ../../most; sleep 0.1; rm $d/$$');
    }
    expect(await driven(folder, await slurm({ parallel: 1 }), more, { name })).toHaveLength(6);
    const most = readFileSync(join(folder, 'most'), 'utf8').trim().split('\n').map(Number);
    expect(Math.max(...most)).toBe(1);
    expect(more.map(runsOf)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('asks a full queue for one job at a time, and leaves its jobs as not submitted', async () => {
    flag(
      'refuse',
      'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)',
    );
    const more = jobsIn(folder, 64);
    const stop = new AbortController();
    const running = driven(folder, await slurm(), more, { name, signal: stop.signal });
    while (!existsSync(join(bin, 'calls')) || calls().length < 12)
      await new Promise((go) => setTimeout(go, 10));
    stop.abort();
    await expect(running).rejects.toThrow(/interrupted/);
    const tasks = calls().map((call) => /--array=0-(\d+)/.exec(call)?.[1]);
    expect(tasks.slice(0, 8)).toEqual(['63', '31', '15', '7', '3', '1', '0', '0']);
    const states = [...(await readLaunches(folder)).values()].map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['refused']));
    rmSync(join(bin, 'refuse'));
    const observer = listening();
    expect(await driven(folder, await slurm({}, 60_000), more, { name, observer })).toHaveLength(64);
    expect(observer.heard.join()).not.toContain('submitted before');
  });

  it('goes on with squeue and the folders where the accounts fail', async () => {
    script(join(bin, 'sacct'), 'echo "sacct: error: Connection refused" >&2; exit 1');
    flag('forgetful');
    const observer = listening();
    const context = contextOf(folder, { launcher: 'slurm' });
    const launcher = await Slurm.open({ ...context, observer });
    Object.assign(launcher.timing, { poll: [20, 20], grace: 2000 });
    expect(await driven(folder, launcher, jobs, { name, patience: 100 })).toEqual(done);
    expect(observer.heard.filter((text) => text.includes('the accounts of Slurm'))).toHaveLength(1);
    expect(calls()).toHaveLength(1);
  });

  it('runs in a folder whose name Slurm would take for a pattern', () => {
    expect(sbatch('k', { tasks: 1, atOnce: 1, folder: '/runs/50%j' }, spec)).toContain(
      '--output=/runs/50%%j/k-%a.log',
    );
  });

  it('splits an array that is too long', async () => {
    const more = jobsIn(folder, 7);
    flag('most', '2');
    expect(await driven(folder, await slurm(), more, { name })).toHaveLength(7);
    expect(more.map(runsOf)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it.each([
    'sbatch: error: invalid partition specified: gpuu',
    'sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)',
  ])('stops where sbatch refuses what the audit says: %s', async (text) => {
    flag('refuse', text);
    const refused = driven(folder, await slurm(), jobs, { name });
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(/gpuu|time limit is invalid/);
  });

  it('waits for a controller that is away', async () => {
    flag('away');
    const observer = listening();
    const running = driven(folder, await slurm(), jobs, { name, observer });
    while (!observer.heard.length) await new Promise((go) => setTimeout(go, 10));
    rmSync(join(bin, 'away'));
    expect(await running).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('asks the accounts for what squeue has forgotten', async () => {
    flag('accounts');
    flag('forgetful');
    expect(await driven(folder, await slurm({}, 60_000), jobs, { name })).toEqual(done);
    expect(jobs.map(runsOf)).toEqual([1, 1, 1]);
  });

  it('takes the folder for the truth where nobody knows the job any more', async () => {
    flag('forgetful');
    for (const job of jobs) writeFileSync(join(job.folder, 'runs'), '');
    expect(await driven(folder, await slurm({}, 2000), jobs, { name })).toEqual(done);
    expect(calls()).toHaveLength(1);
  });

  it('cancels by array and index', async () => {
    for (const job of jobs) behave(job, 'while [ ! -f ../../go ]; do sleep 0.02; done; exit 1');
    const launcher = await slurm();
    const tickets = await submitted(
      launcher,
      jobs.map((job) => ({ ...job, attempt: 1 })),
    );
    await launcher.cancel(tickets.slice(1));
    const states = await launcher.states(tickets);
    expect(states.get('train-2')).toMatchObject({ phase: 'failed', final: true });
    expect(states.get('train-1')).toMatchObject({ phase: 'failed', final: true });
    writeFileSync(join(folder, 'go'), '');
  });
});

describe('Slurm by ssh', () => {
  let home: string;
  let there: (...names: string[]) => string;
  const context = () =>
    contextOf(folder, {
      ...{ launcher: 'slurm', host: 'login', remote: '~/hyde', python: contextOf(folder).worker.python },
    } as const);
  beforeEach(() => {
    home = join(folder, 'elsewhere');
    mkdirSync(home);
    there = (...names) => join(home, 'hyde', readdirSync(join(home, 'hyde'))[0] as string, ...names);
    // The other side is a folder of this machine.
    script(
      join(bin, 'ssh'),
      `if [ -f "${bin}/no-route" ]; then echo "ssh: connect to host login port 22: Connection timed out" >&2; exit 255; fi
while [ "$1" != -- ]; do shift; done; shift 2; cd "${home}" && exec sh -c "$*"`,
    );
    script(
      join(bin, 'rsync'),
      `if [ -f "${bin}/broken-pipe" ]; then rm "${bin}/broken-pipe"; cat >/dev/null; echo "connection unexpectedly closed" >&2; exit 12; fi
echo "$@" >> "${bin}/copies"
while [ $# -gt 2 ]; do case "$1" in --exclude=/jobs*) no=result.json;; esac; shift; done
from=\${1#login:}; to=\${2#login:}; mkdir -p "$to"
while read -r f; do (cd "$from" && find "$f" -type f ! -name "\${no:-none}" | while read -r g; do mkdir -p "$to/$(dirname "$g")"; cp "$g" "$to/$g"; done); done`,
    );
    mkdirSync(join(folder, 'datasets'));
    writeFileSync(join(folder, 'datasets', 'rows.jsonl'), '{}\n');
  });

  async function overSsh(): Promise<Slurm> {
    const launcher = await Slurm.open(context());
    Object.assign(launcher.timing, { poll: [20, 20], grace: 0 });
    return launcher;
  }

  it('copies job folders there, and results back, the result last', async () => {
    const [first] = jobs as [Job];
    mkdirSync(join(first.folder, 'stage-1'));
    writeFileSync(join(first.folder, 'stage-1', 'adapter'), 'made by another job');
    for (const job of jobs) behave(job, '[ -f ../../datasets/rows.jsonl ] || exit 1');
    expect(await driven(folder, await overSsh(), jobs, { name })).toEqual(done);
    expect(existsSync(there('worker', 'hyde_worker', 'train.py'))).toBe(true);
    expect(existsSync(there('jobs', 'train-1', 'runs'))).toBe(true);
    expect(existsSync(there('jobs', first.id, 'stage-1', 'adapter'))).toBe(true);
    expect(readFileSync(join(bin, 'copies'), 'utf8')).toMatch(/--exclude=\/jobs\/\*\/result\.json/);
  });

  it('takes away there what was damaged, so that it is made again', async () => {
    const [job] = jobs as [Job];
    writeFileSync(join(job.folder, 'job.json'), '{"stages":[{},{}]}');
    const launcher = await overSsh();
    // A worker that does nothing where a stage is there, and makes half a result the first time.
    script(
      join(folder, 'python'),
      `cd "$4" || exit 1; echo run >> runs; [ -d stage-1 ] && exit 0; mkdir stage-1; : > stage-1/adapter
if [ -f half ]; then echo '{"ok":true}' > result.json; else : > half; echo '{"ok":false}' > result.json; fi`,
    );
    const lookAndClear = async (one: Job) => {
      const found = await look(one);
      if (found.state === 'damaged')
        for (const file of ['result.json', 'stage-1']) rmSync(join(one.folder, file), { recursive: true });
      return found;
    };
    expect(await driven(folder, launcher, [job], { name, look: lookAndClear })).toEqual(['train-0: done']);
    expect(readFileSync(there('jobs', 'train-0', 'runs'), 'utf8')).toBe('run\nrun\n');
  });

  it('goes on after a copy that failed, and waits for a login node that is away from the start', async () => {
    flag('no-route');
    const observer = listening();
    const opening = openPatiently({ ...context(), observer }, undefined, 20);
    while (!observer.heard.length) await new Promise((go) => setTimeout(go, 10));
    rmSync(join(bin, 'no-route'));
    const launcher = await opening;
    expect(observer.heard[0]).toContain('Connection timed out');
    flag('broken-pipe');
    Object.assign(launcher.timing, { poll: [20, 20], grace: 0 });
    expect(await driven(folder, launcher, jobs, { name, patience: 5000 })).toEqual(done);
    await expect(openPatiently(context(), AbortSignal.abort(), 20)).resolves.toBeDefined();
    flag('no-route');
    await expect(openPatiently(context(), AbortSignal.abort(), 20)).rejects.toThrow(/interrupted/);
  });
});
