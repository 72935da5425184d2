import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { killTrees, pidsOf, until } from './processes.ts';

/** What a Slurm for tests needs (Debian: slurm-wlm), and a network namespace of its own, in which nothing else listens. */
export const slurmMissing = (): string | undefined =>
  ['munged', 'slurmctld', 'slurmd', 'sbatch'].find(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: withSbin() }).status !== 0,
  );

const withSbin = (): NodeJS.ProcessEnv => ({ ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` });

/** A controller and two nodes of one CPU and one made-up GPU each, on this machine. Processes are ended by id. */
export class SlurmCluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'hyde-slurm-'));
  readonly env = { ...withSbin(), SLURM_CONF: join(this.folder, 'slurm.conf') };
  private readonly processes = new Map<string, ChildProcess>();

  async start(): Promise<void> {
    chmodSync(this.folder, 0o755);
    for (const name of ['munge', 'state', 'spool-n1', 'spool-n2']) mkdirSync(join(this.folder, name));
    const key = join(this.folder, 'munge', 'key');
    writeFileSync(key, Buffer.from(Array.from({ length: 128 }, (_, i) => i)), { mode: 0o400 });
    writeFileSync(this.env.SLURM_CONF, this.configuration());
    const gpus = ['n1', 'n2'].map((name) => {
      writeFileSync(join(this.folder, `gpu-${name}`), '');
      return `NodeName=${name} Name=gpu File=${join(this.folder, `gpu-${name}`)}\n`;
    });
    writeFileSync(join(this.folder, 'gres.conf'), gpus.join(''));
    const at = (name: string): string => join(this.folder, 'munge', name);
    const files = [`--key-file=${key}`, `--socket=${at('socket')}`, `--pid-file=${at('pid')}`];
    const more = [`--log-file=${at('log')}`, `--seed-file=${at('seed')}`, '--force', '--foreground'];
    this.run('munged', ['munged', ...files, ...more]);
    await until('munge', () => this.call('munge', `--socket=${at('socket')}`, '-n').status === 0);
    this.run('slurmctld', ['slurmctld', '-D', '-i']);
    for (const node of ['n1', 'n2']) this.startNode(node);
    await until('nodes', () => this.nodesIdle() === 2);
  }

  startNode(node: string): void {
    this.run(node, ['slurmd', '-D', '-N', node]);
  }

  /** Ends a node as a power cut would: its daemon, and the jobs that it runs. */
  killNode(node: string): void {
    const { stdout } = this.call(
      'squeue',
      '--noheader',
      '--states=running',
      `--nodelist=${node}`,
      '--format=%A',
    );
    const steps = stdout
      .split('\n')
      .filter(Boolean)
      .map((id) => `slurmstepd: \\[${id.trim()}\\.`);
    const running = steps.length ? pidsOf(new RegExp(`^(${steps.join('|')})`)) : [];
    killTrees([this.processes.get(node)?.pid as number, ...running]);
    this.processes.delete(node);
  }

  /** How many jobs wait or run. */
  async busy(): Promise<number> {
    const { stdout } = this.call('squeue', '--noheader', '--array', '--states=pending,running,completing');
    return stdout.split('\n').filter(Boolean).length;
  }

  call(program: string, ...args: string[]) {
    return spawnSync(program, args, { env: this.env, encoding: 'utf8' });
  }

  stop(): void {
    killTrees([...pidsOf(/^slurmstepd: /), ...[...this.processes.values()].map(({ pid }) => pid as number)]);
  }

  private nodesIdle(): number {
    const { stdout } = this.call('sinfo', '-N', '-h', '-o', '%T');
    return stdout.split('\n').filter((state) => state === 'idle').length;
  }

  private run(name: string, [program = '', ...args]: string[]): void {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    this.processes.set(name, spawn(program, args, { env: this.env, stdio: ['ignore', log, log] }));
  }

  private configuration(): string {
    const at = (name: string): string => join(this.folder, name);
    return `ClusterName=hyde
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${at('munge/socket')}
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool-%n')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd-%n.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
SlurmdTimeout=10
KillWait=2
MpiDefault=none
JobRequeue=1
GresTypes=gpu
NodeName=n1 NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=7001 CPUs=1 Gres=gpu:1 State=UNKNOWN
NodeName=n2 NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=7002 CPUs=1 Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
  }
}
