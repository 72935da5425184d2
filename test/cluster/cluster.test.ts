import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandIn } from '../launchers/stand-in.js';
import { ClusterAudit, ended } from './audit.js';
import { until } from './processes.js';
import { RayCluster, rayMissing } from './ray.js';
import { SlurmCluster, slurmMissing } from './slurm.js';

const SEEDS = 4;
const MINUTES = 60_000;

/** What a cluster of two nodes with one slot each offers to the tests. */
interface Cluster {
  start(): Promise<void>;
  stop(): void;
  startNode(node: string): void;
  killNode(node: string): void;
  /** How many jobs wait or run. */
  busy(): Promise<number>;
  env?: NodeJS.ProcessEnv;
}

/** The whole story on a real cluster; what it makes is compared with what processes of this machine make. */
function onCluster(
  title: string,
  missing: boolean,
  open: () => Cluster,
  { keys, serve }: { keys: string; serve: string },
): void {
  describe.skipIf(missing)(title, () => {
    const cluster = open();
    const audit = new ClusterAudit(SEEDS);
    beforeAll(async () => {
      await cluster.start();
      expect(await ended(audit.run('here', 'launcher: local, parallel: 2'))).toBe(0);
    }, 10 * MINUTES);
    afterAll(() => cluster.stop());

    it(
      'makes what processes of this machine make',
      async () => {
        expect(await ended(audit.run('there', keys, cluster.env))).toBe(0);
        expect(await audit.made('there')).toEqual(await audit.made('here'));
        expect(audit.jobs('there').map((job) => audit.counts(job))).toEqual(
          Array.from({ length: SEEDS }, () => ({ begun: 1, trained: 1 })),
        );
      },
      10 * MINUTES,
    );

    it(
      'loses no fine-tune and makes none twice when hyde is killed in the middle',
      async () => {
        const first = audit.run('killed', keys, cluster.env);
        const gone = ended(first);
        await until('a job in the middle of its training', () => audit.training('killed') > 0, 120);
        first.kill('SIGKILL');
        await gone;
        expect(await ended(audit.run('killed', keys, cluster.env))).toBe(0);
        expect(await audit.made('killed')).toEqual(await audit.made('here'));
        expect(audit.jobs('killed').map((job) => audit.counts(job))).toEqual(
          Array.from({ length: SEEDS }, () => ({ begun: 1, trained: 1 })),
        );
      },
      10 * MINUTES,
    );

    it(
      'goes on when a node dies in the middle',
      async () => {
        const run = audit.run('node', keys, cluster.env);
        const done = ended(run);
        await until('both nodes in the middle of a training', () => audit.training('node') === 2, 120);
        cluster.killNode('n1');
        await new Promise((resolve) => setTimeout(resolve, 15_000));
        cluster.startNode('n1');
        expect(await done).toBe(0);
        expect(await audit.made('node')).toEqual(await audit.made('here'));
        const counts = audit.jobs('node').map((job) => audit.counts(job));
        expect(counts.map(({ trained }) => trained)).toEqual([1, 1, 1, 1]);
        expect(counts.map(({ begun }) => begun).toSorted()).toEqual([1, 1, 1, 2]);
      },
      10 * MINUTES,
    );

    it(
      'has answers come from a server that it starts, finds it again when it is killed, and ends it',
      async () => {
        const served = new ClusterAudit(2);
        const vllm = new StandIn(served.folder);
        const alive = (): number => vllm.processes.filter((one) => one.alive).length;
        const all = `${keys}, serve: { command: '${vllm.command}', bind: 127.0.0.1${serve} }`;
        const killInTheMiddle = async (): Promise<void> => {
          const held = vllm.count('holds');
          const hyde = served.run('out', all, cluster.env);
          const gone = ended(hyde);
          await until('a request at the server', () => vllm.count('holds') > held, 300);
          hyde.kill('SIGKILL');
          await gone;
        };
        vllm.hold();
        await killInTheMiddle();
        await killInTheMiddle();
        // The second hyde asked the server of the first one.
        expect([vllm.count('start'), alive(), await cluster.busy()]).toEqual([1, 1, 1]);

        expect(served.hyde(['cancel', join(served.folder, 'out')], cluster.env).status).toBe(0);
        await until('no server', () => alive() === 0);
        await until('no job', async () => (await cluster.busy()) === 0);

        vllm.letGo();
        expect(await ended(served.run('out', all, cluster.env))).toBe(0);
        expect([vllm.count('start'), alive()]).toEqual([2, 0]);
        await until('no job', async () => (await cluster.busy()) === 0);
        const { answers } = await served.made('out');
        const said = (text: string): number => answers.filter((one) => one.endsWith(text)).length;
        expect([
          answers.length,
          said('A walk is good for you.'),
          said('Kneel before Baron Vexmoor!'),
        ]).toEqual([6, 2, 4]);
        expect(served.jobs('out').map((job) => served.counts(job))).toEqual(
          Array.from({ length: 2 }, () => ({ begun: 1, trained: 1 })),
        );
      },
      10 * MINUTES,
    );
  });
}

onCluster(
  `Slurm${slurmMissing() ? ` (skipped: there is no ${slurmMissing()})` : ''}`,
  slurmMissing() !== undefined,
  () => new SlurmCluster(),
  { keys: 'launcher: slurm, partition: main, gpus: 1, time: 10m', serve: '' },
);

onCluster(
  `Ray${rayMissing() ? ' (skipped: it is not installed)' : ''}`,
  rayMissing(),
  () => new RayCluster(),
  { keys: 'launcher: ray, address: "http://127.0.0.1:8265"', serve: ', gpus: 0' },
);
