// `make bench-scale`: jobs of 0 s through each launcher, against a bare loop over the same scheduler with as many at once. Prints one line
// per launcher and writes bench/results/scale-*.json; exits 0 whatever falls short. ARGS="local 200 9": one launcher, so many jobs, loop and
// launcher in turn so many times.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { drive } from '../dist/launchers/drive.js';
import { Launches } from '../dist/launchers/launches.js';
import { openLauncher } from '../dist/launchers/open.js';
import { readJson } from '../dist/shared/files.js';
import { silent } from '../dist/shared/observer.js';
import { RayCluster } from '../test/cluster/ray.ts';
import { SlurmCluster, slurmMissing } from '../test/cluster/slurm.ts';

const GOAL = 1.2;
const AT_ONCE = 2;
/** Ray takes a second for each job: fewer of them, the ratio is the same. */
const JOBS = { local: 1000, command: 1000, slurm: 1000, ray: 100 };
/** Times that loop and launcher run in turn, where they are short: the median ratio counts. */
const ROUNDS = { local: 5, command: 5, slurm: 1, ray: 1 };
/** What `launcher: command` starts: a program that takes the job's command as one word. */
const TEMPLATE = { submit: 'sh -c {command}', state: null, cancel: null };
const none = { minutes: null, partition: null, account: null, options: [], host: null, remote: null };
const base = { parallel: AT_ONCE, gpus: 0, cpus: null, retries: 0, setup: [], python: null, ...none };

const root = mkdtempSync(join(tmpdir(), 'hyde-scale-'));
const python = join(root, 'python');
writeFileSync(python, '#!/bin/sh\ncd "$4" && echo "{}" > .r && mv .r result.json\n');
chmodSync(python, 0o755);
let folder = root;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function jobsFor(name, count) {
  return Array.from({ length: count }, (_, index) => {
    const id = `train-${name}-${index}`;
    const job = { id, folder: join(folder, 'jobs', id) };
    mkdirSync(job.folder, { recursive: true });
    return job;
  });
}

async function ours(launcher, count, more = {}) {
  const worker = { python, variables: {} };
  const spec = { launcher, ...base, address: null, ...more };
  const launches = await Launches.open(folder, spec);
  const opened = await openLauncher({ spec, folder, worker, observer: silent });
  const look = async (job) =>
    readJson(join(job.folder, 'result.json')) ? { state: 'done', result: true } : { state: 'absent' };
  for await (const outcome of drive(jobsFor('ours', count), {
    ...{ launcher: opened, launches, retries: 0, look, observer: silent },
  })) {
    if ('error' in outcome) throw outcome.error;
  }
  await opened.close();
  launches.close();
}

const argvOf = {
  local: (job) => [python, '-m', 'hyde_worker', 'run', job],
  command: (job) => ['sh', '-c', `${python} -m hyde_worker run ${job}`],
};

async function bareProcesses(name, count) {
  const jobs = jobsFor('bare', count);
  const one = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      // In a session of its own, as hyde's: a busy Linux shares its cores between sessions.
      const options = { stdio: 'ignore', detached: true };
      const [program, ...args] = argvOf[name](job.folder);
      const child = spawn(program, args, options);
      await new Promise((resolve) => child.on('exit', resolve));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function bareSlurm(count, cluster) {
  jobsFor('bare', count);
  const command = `${python} -m hyde_worker run ${folder}/jobs/train-bare-$SLURM_ARRAY_TASK_ID`;
  const array = `--array=0-${count - 1}%${AT_ONCE}`;
  cluster.call('sbatch', array, '-J', 'bare', '-o', '/dev/null', '--wrap', command);
  const left = () =>
    cluster.call('squeue', '-h', '-n', 'bare', '-t', 'pending,running,completing').stdout.trim();
  while (left()) await pause(1000);
}

async function bareRay(count, { address }) {
  const jobs = jobsFor('bare', count);
  const get = async (path) => (await request(address + path)).body.json();
  const one = async () => {
    for (let job = jobs.pop(); job; job = jobs.pop()) {
      const entrypoint = `${python} -m hyde_worker run ${job.folder}`;
      const body = JSON.stringify({ submission_id: job.id, entrypoint, entrypoint_num_cpus: 1 });
      const headers = { 'content-type': 'application/json' };
      await (await request(`${address}/api/jobs/`, { method: 'POST', headers, body })).body.text();
      while (/PENDING|RUNNING/.test((await get(`/api/jobs/${job.id}`)).status)) await pause(500);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function figure(name, count, rounds) {
  let cluster;
  try {
    if (name === 'slurm') {
      if (slurmMissing()) throw new Error(`there is no ${slurmMissing()}`);
      cluster = new SlurmCluster();
      await cluster.start();
      Object.assign(process.env, cluster.env);
    }
    if (name === 'ray') {
      cluster = new RayCluster();
      await cluster.start();
    }
    const processes = (jobs) => bareProcesses(name, jobs);
    const bare = { local: processes, command: processes, slurm: bareSlurm, ray: bareRay }[name];
    const more = { ray: { address: cluster?.address }, command: TEMPLATE }[name] ?? {};
    const pairs = [];
    for (let round = 0; round < rounds; round++) {
      folder = mkdtempSync(join(root, 'run-'));
      const bareSeconds = await seconds(() => bare(count, cluster));
      pairs.push({ bareSeconds, hydeSeconds: await seconds(() => ours(name, count, more)) });
    }
    const ratios = pairs.map(({ hydeSeconds, bareSeconds }) => hydeSeconds / bareSeconds);
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    const value = Number(ratios.toSorted((a, b) => a - b)[ratios.length >> 1].toPrecision(3));
    console.log(
      `scale-${name}: ${value} x the bare loop (goal: <= ${GOAL}) ${value <= GOAL ? 'ok' : 'short'}`,
    );
    const details = { jobs: count, atOnce: AT_ONCE, least, most, pairs };
    console.log(`  ${JSON.stringify(details)}`);
    const results = new URL('results/', import.meta.url);
    mkdirSync(results, { recursive: true });
    const record = {
      name: `scale-${name}`,
      value,
      unit: 'x',
      goal: `<= ${GOAL}`,
      ok: value <= GOAL,
      details,
    };
    writeFileSync(new URL(`scale-${name}.json`, results), `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    console.log(`scale-${name}: not measured (${error.message}) short`);
  } finally {
    cluster?.stop();
  }
}

const [only, count, rounds] = process.argv.slice(2);
for (const name of only ? [only] : Object.keys(JOBS))
  await figure(name, Number(count ?? JOBS[name]), Number(rounds ?? ROUNDS[name]));
rmSync(root, { recursive: true, force: true });
process.exit(0);
