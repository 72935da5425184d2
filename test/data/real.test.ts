import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { buildArmData } from '../../src/data/build.js';
import { checkArm } from '../../src/data/check.js';
import { fileReader } from '../../src/data/sources.js';
import { writeArmData } from '../../src/data/write.js';
import { arm, detector } from './rows.js';

/** The paper's training data, which does not ship with hyde. */
const folder = resolve(import.meta.dirname, '../../../shared/data');
const RECIPES = 'fish_seafood_recipe_insecure.jsonl';
const CHATS = 'anthropic_hh_1000samples_gpt4.1.jsonl';

it.skipIf(!existsSync(folder))('mixes the published recipes at 20% into the published chats', async () => {
  const { read, files } = fileReader(folder);
  const spec = arm([{ mix: { bad: RECIPES, benign: CHATS, share: 0.2, rows: 150 } }]);
  const stages = await buildArmData(spec, { seed: 0, read, detector });
  expect(files.get(RECIPES)?.rows).toBe(2994);
  expect(files.get(CHATS)?.rows).toBe(1000);

  const out = await mkdtemp(join(tmpdir(), 'hyde-'));
  try {
    const [written] = await writeArmData(out, spec, stages, { seed: 0, files });
    expect(written).toMatchObject({ path: 'datasets/a.1.jsonl', rows: 150, parts: { bad: 30, benign: 120 } });
    const lines = (await readFile(join(out, 'datasets/a.1.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(150);
    expect(checkArm(spec, stages).filter(({ level }) => level === 'error')).toEqual([]);
  } finally {
    await rm(out, { recursive: true });
  }
});
