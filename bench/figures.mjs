import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerEnvironment } from '../dist/models/local/environment.js';
import { ratesOfAMillion } from './rates/figure.mjs';
import { cpuPer1000, median, p99Added, smallServer } from './served/measure.mjs';
import { memory, wall } from './served/run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every figure: its name, unit, goal, and how it is measured. */
export const figures = [
  {
    name: 'startup',
    unit: 'times node -e 0',
    // 0.15 s where a bare Node takes 0.06 s.
    goal: { most: 2.5 },
    measure: startup,
  },
  {
    name: 'sampler-vs-generate',
    unit: "times the tokens/s of transformers' generate",
    goal: { least: 2 },
    measure: sampler,
  },
  {
    name: 'wall-2400',
    unit: 'times the wall time of a bare client: 800 answers, judged twice, 100 in flight',
    goal: { most: 1.15 },
    measure: () => wall({ requests: 2400, concurrency: 100, judged: true }),
  },
  {
    name: 'wall-40k-100',
    unit: 'times the wall time of a bare client, 100 in flight',
    goal: { most: 1.1 },
    measure: () => wall({ requests: 40_000, concurrency: 100 }),
  },
  {
    name: 'wall-40k-500',
    unit: 'times the wall time of a bare client, 500 in flight',
    goal: { most: 1.25 },
    measure: () => wall({ requests: 40_000, concurrency: 500 }),
  },
  {
    name: 'cpu-per-1000',
    unit: 'times the CPU of a bare node:http client, 500 in flight',
    goal: { most: 1.3 },
    measure: cpuPer1000,
  },
  {
    name: 'p99-added',
    unit: 'ms from answer to row, 100 in flight',
    goal: { most: 25 },
    measure: p99Added,
  },
  {
    name: 'wasted-429',
    unit: '% of requests refused by a server of 64 slots',
    goal: { most: 2 },
    measure: () => smallServer('wasted'),
  },
  {
    name: 'wall-429',
    unit: 'times the ideal wall time at a server of 64 slots that refuses more than 128',
    goal: { most: 1.15 },
    measure: () => smallServer('wallOverIdeal'),
  },
  {
    name: 'rss-300k',
    unit: 'MB at most in a run of 300,000 requests, 500 in flight',
    goal: { most: 400 },
    measure: () => memory({ requests: 300_000, concurrency: 500 }),
  },
  {
    name: 'rates-1m',
    unit: 's for the rates of a million records per arm, cue and question',
    goal: { most: 1.5 },
    measure: ratesOfAMillion,
  },
];

function seconds(args) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.slice(-200));
  return (performance.now() - start) / 1000;
}

function startup() {
  const pairs = Array.from({ length: 11 }, () => [seconds(['bin/hyde.js', '--help']), seconds(['-e', '0'])]);
  const [ours, node] = [0, 1].map((i) => median(pairs.slice(1).map((pair) => pair[i])));
  return {
    value: median(pairs.slice(1).map(([a, b]) => a / b)),
    details: { hydeSeconds: ours, nodeSeconds: node },
  };
}

async function sampler() {
  const { python, variables } = await workerEnvironment({
    stage() {},
    note: console.log,
    warn: console.warn,
    detail() {},
    progress() {},
  });
  const { status, stdout, stderr } = spawnSync(python, ['worker/bench/sampler_vs_generate.py'], {
    cwd: root,
    env: { ...process.env, ...variables },
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  if (status !== 0) throw new Error(stderr.slice(-300));
  const details = JSON.parse(stdout.trim().split('\n').at(-1));
  return { value: details.ratio, details };
}
