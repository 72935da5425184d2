import { describe, expect, it } from 'vitest';
import { minutesOf } from '../../src/plan/launch.js';
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
  ])('refuses %s', async (run, message) => {
    const error = await launch(run).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it('reads times as people and Slurm write them', () => {
    const fail = (text: string): never => {
      throw new Error(text);
    };
    const minutes = (text: string): number => minutesOf(text, fail);
    expect(['90m', '2h', '1d', '2h30m', '01:30:00', '1-12:00:00', '0:00:30'].map(minutes)).toEqual([
      90, 120, 1440, 150, 90, 2160, 1,
    ]);
    for (const text of ['', '0m', '2', 'h', '2h2h', '-1h', '400d']) expect(() => minutes(text)).toThrow();
  });
});
