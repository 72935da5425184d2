import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerEnvironment } from '../dist/models/local/environment.js';

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
];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

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
