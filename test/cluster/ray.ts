import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { killTrees, pidsOf, until } from './processes.ts';

/** The `ray` of a virtual environment that `make test-cluster` makes. */
const program = process.env.HYDE_RAY ?? 'ray';

export const rayMissing = (): boolean => !existsSync(program);

/** A head without slots and nodes of one slot each, on this machine. Processes are ended by id. */
export class RayCluster {
  // Ray puts sockets into it, whose paths must be short.
  readonly folder = mkdtempSync('/tmp/hyray-');
  readonly address = 'http://127.0.0.1:8265';
  private readonly processes = new Map<string, ChildProcess>();

  async start(): Promise<void> {
    const dashboard = ['--include-dashboard=true', '--dashboard-host=127.0.0.1', '--dashboard-port=8265'];
    this.run('head', ['--head', '--port=6379', '--num-cpus=0', `--temp-dir=${this.folder}`, ...dashboard]);
    await until('head of Ray', () => connects(6379));
    // One after the other: two nodes that start at once on a busy machine can miss each other's ports.
    for (const [index, node] of ['n1', 'n2'].entries()) {
      this.startNode(node);
      await until(`node ${node} of Ray`, async () => (await this.slots()) === index + 1, 120);
    }
  }

  /** A node unpacks the jobs' code into a folder of its own, as nodes of other machines do. */
  startNode(node: string): void {
    const own = join(this.folder, 'session_latest', 'runtime_resources');
    const mount = `mkdir -p "${own}" && mount -t tmpfs none "${own}" && exec "$@"`;
    const apart = ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
    this.run(node, ['--address=127.0.0.1:6379', '--num-cpus=1'], apart);
  }

  /** How many jobs wait or run. */
  async busy(): Promise<number> {
    const { body } = await request(`${this.address}/api/jobs/`);
    const jobs = (await body.json()) as { status: string }[];
    return jobs.filter(({ status }) => status === 'PENDING' || status === 'RUNNING').length;
  }

  /** Ends a node as a power cut would, with the jobs that it runs. */
  killNode(node: string): void {
    killTrees([this.processes.get(node)?.pid as number]);
    this.processes.delete(node);
  }

  stop(): void {
    killTrees([...[...this.processes.values()].map(({ pid }) => pid as number), ...pidsOf(/^ray::|hyray-/)]);
  }

  /** How many slots the nodes have; none before the cluster answers. */
  private async slots(): Promise<number> {
    // Ray's server refuses Node's own fetch.
    const { body } = await request(`${this.address}/api/cluster_status`).catch(() => ({ body: undefined }));
    const found = /"CPU": \[[\d.]+, ([\d.]+)\]/.exec((await body?.text()) ?? '');
    return Number(found?.[1] ?? 0);
  }

  private run(name: string, args: string[], within: string[] = []): void {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const env = { ...process.env, HOME: this.folder, RAY_USAGE_STATS_ENABLED: '0' };
    const argv = ['start', '--block', '--disable-usage-stats', ...args];
    const [first = program, ...rest] = [...within, program, ...argv];
    this.processes.set(name, spawn(first, rest, { env, stdio: ['ignore', log, log] }));
  }
}

const connects = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (there: boolean): void => {
      socket.destroy();
      resolve(there);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
