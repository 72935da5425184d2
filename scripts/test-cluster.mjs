// `make test-cluster`: real fine-tunes on a real Slurm and a real Ray, in a network namespace of their own; `--bench` measures there instead. What cannot be
// installed is skipped, and said. Linux only, as root or where users may make namespaces.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPython, workerEnvironment } from '../dist/models/local/environment.js';
import { cacheFolder } from '../dist/shared/cache.js';

const run = (program, ...args) =>
  spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
const has = (name) => run('sh', '-c', `PATH=$PATH:/usr/sbin command -v ${name}`);

const say = { stage() {}, note: console.log, detail() {}, warn: console.warn, progress() {} };
await workerEnvironment(say);

if (!has('slurmctld') && process.getuid() === 0 && has('apt-get')) {
  console.log('set-up: slurm-wlm, from the Debian archive');
  const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'slurm-wlm', 'munge'];
  if (!run('apt-get', 'update', '-qq') || !run(...install)) console.log('slurm-wlm cannot be installed');
}
const ray = join(cacheFolder(), 'ray-2.60.0');
if (!existsSync(join(ray, 'bin', 'ray'))) {
  console.log('set-up: ray[default], from the Python package index (about 0.4 GB on disk, once)');
  const pip = [
    join(ray, 'bin', 'pip'),
    'install',
    '--quiet',
    '--disable-pip-version-check',
    'ray[default]==2.60.0',
  ];
  if (!run(await findPython(), '-m', 'venv', ray) || !run(...pip)) console.log('Ray cannot be installed');
}

const unshare = ['unshare', ...(process.getuid() === 0 ? [] : ['--map-root-user']), '--net'];
if (!run(...unshare, 'true')) {
  console.log(
    'skipped: no network namespace can be made here (unshare --net), and nothing may listen outside one',
  );
} else {
  // Programs look for an address that is not loopback's; this one exists in the namespace alone.
  const network = 'ip link set lo up && ip address add 10.11.12.13/32 dev lo';
  const [first, ...rest] = process.argv.slice(2);
  const tests =
    first === '--bench'
      ? ['node', '--disable-warning=ExperimentalWarning', 'bench/scale.mjs', ...rest]
      : ['npx', 'vitest', 'run', 'test/cluster', ...process.argv.slice(2)];
  const env = { ...process.env, HYDE_CLUSTER: '1', HYDE_RAY: join(ray, 'bin', 'ray') };
  const { status } = spawnSync(
    unshare[0],
    [...unshare.slice(1), 'sh', '-c', `${network} && exec "$@"`, 'sh', ...tests],
    {
      stdio: 'inherit',
      env,
    },
  );
  process.exitCode = status ?? 1;
}
