import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { launcher } from '../../src/launchers/open.js';
import { LocalEngine } from '../../src/models/local/engine.js';
import { jobName } from '../../src/models/local/fine-tune.js';
import type { FineTune } from '../../src/records/model.js';
import { Lora, Training } from '../../src/records/training.js';
import { silent } from '../../src/shared/observer.js';
import { runFolder, script, spec } from './folder.js';

/** A worker of shell: its adapter is its job.json, as its hash says; `half` makes the adapter another one, once. */
const WORKER = `cd "$4" || exit 1
echo run >> runs
[ -d stage-1 ] && cat stage-1/by >> kept || { mkdir stage-1 && basename "$4" > stage-1/by; }
mkdir -p adapter && cp job.json adapter/adapter_model.safetensors
hash=$(sha256sum job.json | cut -d' ' -f1)
[ -f ../../half ] && echo half > adapter/adapter_model.safetensors && rm ../../half
[ -f ../../fail ] && exit 1
cat > .result <<END
{"adapter":{"path":"adapter","sha256":"$hash"},"device":"cpu","dtype":"float32","versions":{},
"stages":[{"rows":1,"tokens":1,"answerTokens":1,"steps":1,"firstLoss":1,"lastLoss":1,"truncated":0,"seconds":1}]}
END
mv .result result.json`;

let folder: string;
beforeEach(() => {
  folder = runFolder();
  process.env.HYDE_PYTHON = script(join(folder, 'python'), WORKER);
});
afterEach(() => {
  delete process.env.HYDE_PYTHON;
});

function open(): LocalEngine {
  const run = launcher(spec, { folder, observer: silent, signal: undefined });
  return new LocalEngine({ folder, auditFolder: folder, observer: silent, launch: { spec, run } });
}

const job = (seed: number): FineTune => ({
  base: 'smollm2-135m-instruct',
  seed,
  lora: Lora.parse({}),
  stages: [{ dataset: 'datasets/a.jsonl', sha256: 'x', training: Training.parse({}) }],
});
const runs = (seed: number): number =>
  readFileSync(join(folder, jobName(job(seed)), 'runs'), 'utf8')
    .trim()
    .split('\n').length;

async function tuned(seeds: number[]): Promise<string[]> {
  const found: string[] = [];
  const all = open().fineTuneAll;
  for await (const one of all?.(seeds.map(job), () => {}) ?? []) {
    found.push(`${one.index} ${'error' in one ? one.error.message : one.tuned.adapter}`);
  }
  return found.toSorted();
}

describe('fine-tunes of the local engine by a launcher', () => {
  it('are made together, an equal one once, and a finished one never again', async () => {
    const adapters = [1, 2, 1].map((seed, index) => `${index} ${jobName(job(seed))}/adapter`);
    expect(await tuned([1, 2, 1])).toEqual(adapters);
    expect(await tuned([1, 2, 1])).toEqual(adapters);
    expect([runs(1), runs(2)]).toEqual([1, 1]);
    const written = JSON.parse(readFileSync(join(folder, jobName(job(1)), 'job.json'), 'utf8'));
    expect(written.stages[0].data).toBe('../../datasets/a.jsonl');
  });

  it('go on from the stages that another one has finished', async () => {
    const staged = (...data: string[]): FineTune => ({
      ...job(1),
      stages: data.map((sha256) => ({
        dataset: `datasets/${sha256}.jsonl`,
        sha256,
        training: Training.parse({}),
      })),
    });
    const [short, long, alone] = [staged('x', 'y'), staged('x', 'z'), staged('x')];
    const found: string[] = [];
    for await (const one of open().fineTuneAll?.([short, long, alone], () => {}) ?? []) {
      found.push('error' in one ? one.error.message : (one.tuned.adapter as string));
    }
    expect(found[0]).toBe(join(jobName(alone), 'adapter'));
    const kept = (one: FineTune): string => join(folder, jobName(one), 'kept');
    expect(existsSync(kept(alone))).toBe(false);
    for (const one of [short, long])
      expect(readFileSync(kept(one), 'utf8').trim()).toBe(basename(jobName(alone)));
  });

  it('are made again where the adapter is not the one of the result', async () => {
    writeFileSync(join(folder, 'half'), '');
    expect(await tuned([1])).toEqual([`0 ${jobName(job(1))}/adapter`]);
    expect(runs(1)).toBe(2);
    writeFileSync(join(folder, jobName(job(1)), 'adapter', 'adapter_model.safetensors'), 'other');
    writeFileSync(
      join(folder, jobName(job(1)), 'result.json'),
      '{"adapter":{"path":"../../..","sha256":"x"}}',
    );
    await tuned([1]);
    expect(runs(1)).toBe(3);
  });

  it('are made again where half a result is there', async () => {
    await tuned([1]);
    const path = join(folder, jobName(job(1)), 'result.json');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40));
    expect(await tuned([1])).toEqual([`0 ${jobName(job(1))}/adapter`]);
    expect(runs(1)).toBe(2);
  });

  it('are made anew where an older job.json gave the result', async () => {
    await tuned([1]);
    const at = join(folder, jobName(job(1)), 'job.json');
    writeFileSync(at, readFileSync(at, 'utf8').replace('"kind": "train"', '"kind": "older"'));
    await tuned([1]);
    expect(runs(1)).toBe(2);
  });

  it('are reported one by one where they fail', async () => {
    await tuned([1]);
    writeFileSync(join(folder, 'fail'), '');
    const [first, second] = await tuned([1, 2]);
    expect(first).toContain('/adapter');
    expect(second).toContain('it ended with code 1');
    expect(runs(2)).toBe(3);
  });

  it('are made one after another in the engine itself where no launcher is named', () => {
    mkdirSync(join(folder, 'plain'));
    const plain = new LocalEngine({ folder: join(folder, 'plain'), auditFolder: folder, observer: silent });
    expect(plain.fineTuneAll).toBeUndefined();
    expect(existsSync(join(folder, 'plain', 'jobs'))).toBe(false);
  });
});
