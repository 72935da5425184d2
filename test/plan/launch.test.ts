import { describe, expect, it } from 'vitest';
import { launchText } from '../../src/cli/launch-text.js';
import { minutesOf } from '../../src/plan/minutes.js';
import { preparePlan } from '../../src/plan/prepare.js';
import { parseAudit } from '../../src/plan/spec.js';
import type { LaunchSpec } from '../../src/records/launch.js';
import { InputError } from '../../src/shared/errors.js';

const audit = (run: string): string => `models: { base: scripted/base.json }
arms: [{ id: mixed, model: scripted/a.json }]
questions: [Hello?]
judges: [{ detector: villain-persona, says: misaligned }]
run: ${run}
`;

async function launch(run: string): Promise<LaunchSpec | undefined> {
  return (await parseAudit(audit(run), 'a.yaml')).spec.launch;
}

describe('run.launcher', () => {
  it('is nothing where it is not named', async () => {
    expect(await launch('{ seed: 1 }')).toBeUndefined();
  });

  it('is settled with its defaults', async () => {
    const slurm = await launch('{ launcher: slurm, partition: gpu, gpus: 1, time: 2h, parallel: 8 }');
    expect(slurm).toMatchObject({ partition: 'gpu', gpus: 1, minutes: 120, parallel: 8, retries: 2 });
    expect(await launch('{ launcher: slurm }')).toMatchObject({ parallel: 16, gpus: 0, minutes: null });
    expect(await launch('{ launcher: local }')).toMatchObject({ parallel: null, gpus: null });
  });

  it('takes options of sbatch that are not its own', async () => {
    const options = ['--account=a', '--mem=8G', '--constraint=a100', '--wait-all-nodes=1', '-A', 'lab'];
    expect(await launch(`{ launcher: slurm, options: [${options.join(', ')}] }`)).toMatchObject({ options });
  });

  it('is no part of the plan: one audit has one plan wherever it runs', async () => {
    const plans = await Promise.all(
      ['{ seed: 1 }', '{ seed: 1, launcher: slurm }', '{ seed: 1, launcher: ray, gpus: 1 }'].map(
        async (run) => preparePlan((await parseAudit(audit(run), 'a.yaml')).spec),
      ),
    );
    const [first, ...others] = plans.map(({ plan }) => plan);
    for (const plan of others) expect(plan).toEqual(first);
  });

  it.each([
    ['{ partition: gpu }', 'a.yaml:5:19: run.partition is for a launcher, and run.launcher names none'],
    ['{ launcher: ray, partition: gpu }', 'run.partition means nothing to launcher ray'],
    ['{ launcher: command }', 'launcher command needs the command that starts a job'],
    ['{ launcher: slurm, host: login }', 'run.host needs run.remote beside it'],
    ['{ launcher: slurm, host: login, remote: ~/hyde }', 'run.host needs run.python'],
    [
      '{ launcher: slurm, host: "-oProxyCommand=x", remote: ~/h, python: p }',
      'run.host is no name of a host',
    ],
    ['{ launcher: slurm, host: login, remote: "/a b", python: p }', 'run.remote must be an absolute path'],
    ['{ launcher: slurm, time: 2 hours }', "run.time '2 hours' is no time"],
    ['{ launcher: slurm, setup: ["a\\nb"] }', 'must be one line'],
    ['{ launcher: slrum }', 'run.launcher'],
    ...['--job-name=mine', '-Jmine', '-J', '--array=0-3', '--arr=0', '-M', '--clusters=all', '--wait'].map(
      (option) => [
        `{ launcher: slurm, options: ["${option}"] }`,
        `the option ${option} of sbatch cannot be given`,
      ],
    ),
    ['{ launcher: command, submit: sh run.sh }', 'run.submit does not say what is to run'],
    [
      '{ launcher: command, submit: "sh -c {command}", state: "st {id}" }',
      'run.submit gives the job no name',
    ],
    [
      '{ launcher: command, submit: "s {id} {command}", state: st }',
      'run.state does not say which job is meant',
    ],
    ['{ launcher: command, submit: "sh -c {command}", cancel: kill }', 'run.cancel does not say which job'],
    [`{ launcher: command, submit: "sh -c {command} 'x" }`, 'a quote of run.submit is not closed'],
    ['{ launcher: ray, address: "head:8265" }', 'run.address must begin with http:// or https://'],
    ['{ launcher: ray, address: "http://user:pass@head" }', 'run.address must name no user and no password'],
    ['{ launcher: ray, address: "http://head/prefix" }', 'run.address must have no path'],
  ])('refuses %s', async (run, message) => {
    const error = await launch(run).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  const local = (run: string, more = ''): string =>
    audit(run)
      .replace('base: scripted/base.json', `base: local/org/model${more}`)
      .replace('model: scripted/a.json', 'model: local/org/tuned');

  it('has servers where the audit asks for them, with what fine-tunes have unless it says otherwise', async () => {
    const text = local(
      '{ launcher: slurm, partition: gpu, gpus: 4, setup: [module load cuda], serve: { count: 2, arguments: [--max-model-len=4096], partition: a100, patience: 1h } }',
    );
    const { launch } = (await parseAudit(text, 'a.yaml')).spec;
    expect(launch?.serve).toMatchObject({
      ...{ base: 'org/model', count: 2, gpus: 1, partition: 'a100', setup: ['module load cuda'] },
      ...{ patience: 60, bind: null, adapters: 8, rank: 8 },
      command: expect.stringMatching(
        /^vllm serve \{model\} .*--generation-config vllm --max-model-len=4096$/,
      ),
    });
    const { spec } = await parseAudit(text, 'a.yaml');
    expect((await preparePlan(spec)).plan.totals.seconds).toBeNull();
    expect(launchText(launch as LaunchSpec, 4)).toContain(
      'and to serve    2 servers of org/model, 1 GPU, 8 adapters at once\n  command       vllm serve {model}',
    );
  });

  it('spreads a served model over the GPUs of its server', async () => {
    const of = async (serve: string): Promise<string | undefined> =>
      (await parseAudit(local(`{ launcher: slurm, serve: ${serve} }`), 'a.yaml')).spec.launch?.serve?.command;
    expect(await of('{ gpus: 2 }')).toMatch(/ --tensor-parallel-size \{gpus\}$/);
    expect(await of('{ gpus: 2, arguments: [--pipeline-parallel-size=2] }')).not.toContain('{gpus}');
    await expect(of('{ gpus: 2, command: "s --port {port}" }')).rejects.toThrow(/how a model is spread/);
  });

  it.each([
    [local('{ serve: {} }'), 'run.serve is for a launcher'],
    [
      local('{ launcher: ray, serve: { partition: gpu } }'),
      'run.serve.partition means nothing to launcher ray',
    ],
    [audit('{ launcher: local, serve: {} }'), "one base of the engine 'local', and this audit has none"],
    [
      local('{ launcher: local, serve: {} }', ', other: local/b').replace(
        'id: mixed,',
        'id: mixed, base: base,',
      ),
      'this audit has 2',
    ],
    [
      local('{ launcher: local, serve: {} }').replace('org/model', 'smollm2-135m-instruct'),
      'the embedded model is not in a format that vLLM reads',
    ],
    [
      local('{ launcher: slurm, host: h, remote: ~/r, python: p, serve: {} }'),
      'run.serve needs a file system and a network in common',
    ],
    [local('{ launcher: local, serve: { patience: soon } }'), "run.serve.patience 'soon' is no time"],
    [local('{ launcher: local, serve: { bind: "a b" } }'), 'is no address'],
    [local('{ launcher: local, serve: { command: "s {model}" } }'), 'does not say which port'],
    [local('{ launcher: slurm, serve: { options: [-M, all] } }'), 'the option -M of sbatch cannot be given'],
  ])('refuses servers that could not work: %#', async (text, message) => {
    await expect(parseAudit(text, 'a.yaml')).rejects.toThrow(message);
  });

  it('reads times as people and Slurm write them', () => {
    const fail = (text: string): never => {
      throw new Error(text);
    };
    const minutes = (text: string): number => minutesOf(text, 'time', fail);
    expect(['90m', '2h', '1d', '2h30m', '01:30:00', '1-12:00:00', '0:00:30'].map(minutes)).toEqual([
      90, 120, 1440, 150, 90, 2160, 1,
    ]);
    for (const text of ['', '0m', '2', 'h', '2h2h', '-1h', '400d']) expect(() => minutes(text)).toThrow();
  });
});
