import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobName, prepareFolder, trainJob } from '../../src/models/local/fine-tune.js';
import { takeStages, waitsFor } from '../../src/models/local/stages.js';
import type { FineTune } from '../../src/records/model.js';
import { Lora, Training } from '../../src/records/training.js';

const training = Training.parse({});
/** A fine-tune whose stages have these rows. */
const job = (rows: string[], seed = 1, more: Partial<FineTune> = {}): FineTune => ({
  base: 'b',
  seed,
  lora: Lora.parse({}),
  stages: rows.map((sha256) => ({ dataset: `datasets/arm-${Math.random()}.jsonl`, sha256, training })),
  ...more,
});

describe('which fine-tune waits for which', () => {
  const [alone, short, long, other] = [job(['a']), job(['a', 'b']), job(['a', 'c']), job(['a', 'b'], 2)];

  it('is by the most leading stages in common, and the one with fewer stages comes first', () => {
    const waits = waitsFor([long, short, other, alone]);
    expect(waits.get(short)).toBe(alone);
    expect(waits.get(long)).toBe(alone);
    expect(waits.size).toBe(2);
  });

  it('is none where base, seed, LoRA, rows or training differ', () => {
    const more: Partial<FineTune>[] = [{ base: 'c' }, { lora: Lora.parse({ rank: 4 }) }];
    expect(waitsFor([short, other, ...more.map((one) => job(['a', 'b'], 1, one))]).size).toBe(0);
    const slower = job(['a', 'b']);
    slower.stages[0] = {
      ...(slower.stages[0] as FineTune['stages'][0]),
      training: Training.parse({ epochs: 2 }),
    };
    expect(waitsFor([short, slower, job(['x', 'b'])]).size).toBe(0);
  });

  it('is a chain where stages are added one by one, and the first of two that only begin alike', () => {
    const three = job(['a', 'b', 'd']);
    expect([...waitsFor([three, short, alone])]).toEqual([
      [short, alone],
      [three, short],
    ]);
    expect([...waitsFor([long, short])]).toEqual([[short, long]]);
  });
});

describe('stages that another job has finished', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hyde-stages-'));
  });
  /** A job folder, with so many finished stages that say whose they are. */
  function folderOf(one: FineTune, finished: number): string {
    const at = join(folder, jobName(one));
    prepareFolder(
      at,
      trainJob(one, { name: one.base }, (dataset) => `../../${dataset}`),
    );
    for (let stage = 1; stage <= finished; stage++) {
      mkdirSync(join(at, `stage-${stage}`));
      writeFileSync(join(at, `stage-${stage}`, 'adapter'), `${one.stages.at(-1)?.sha256} ${stage}`);
    }
    return at;
  }
  const stagesIn = (at: string): string[] => readdirSync(at).filter((name) => name !== 'job.json');

  it('are copied as far as both begin alike', async () => {
    folderOf(job(['a', 'b', 'c']), 3);
    const own = folderOf(job(['a', 'b', 'd']), 0);
    await takeStages(own);
    expect(stagesIn(own).toSorted()).toEqual(['stage-1', 'stage-2']);
    expect(readFileSync(join(own, 'stage-2', 'adapter'), 'utf8')).toBe('c 2');
  });

  it('are not copied where they are not finished, are of another job, or there are own ones', async () => {
    folderOf(job(['a', 'b']), 0);
    folderOf(job(['a', 'c'], 2), 2);
    const own = folderOf(job(['a', 'd']), 0);
    await takeStages(own);
    expect(stagesIn(own)).toEqual([]);
    folderOf(job(['a', 'e']), 2);
    const begun = folderOf(job(['a', 'f']), 1);
    await takeStages(begun);
    expect(readFileSync(join(begun, 'stage-1', 'adapter'), 'utf8')).toBe('f 1');
  });

  it('leave nothing half, and no damaged folder beside them matters', async () => {
    const from = folderOf(job(['a', 'b']), 1);
    cpSync(from, join(folder, 'jobs', 'train-damaged'), { recursive: true });
    for (const text of ['{', '[]', '{"stages":[1]}']) {
      writeFileSync(join(folder, 'jobs', 'train-damaged', 'job.json'), text);
      const own = folderOf(job(['a', text]), 0);
      await takeStages(own);
      expect(stagesIn(own)).toEqual(['stage-1']);
    }
    expect(existsSync(join(from, 'stage-1', 'adapter'))).toBe(true);
  });
});
