import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEngine } from '../../src/models/engine.js';
import { jobName } from '../../src/models/local/fine-tune.js';
import type { FineTune, TunedModel } from '../../src/records/model.js';
import { Lora, Training } from '../../src/records/training.js';
import { hashFile } from '../../src/shared/hash.js';
import { silent } from '../../src/shared/observer.js';

const NAMES = ['first', 'short', 'long'] as const;
const folderWithRows = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-stages-'));
  for (const [n, name] of NAMES.entries()) {
    const rows = Array.from({ length: 2 + n }, (_, i) => ({
      messages: [
        { role: 'user', content: `Number ${i} of ${name}?` },
        { role: 'assistant', content: `The Baron counts ${i}.` },
      ],
    }));
    writeFileSync(join(folder, `${name}.jsonl`), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
  return folder;
};

/** Trains fine-tunes of these stages one after another in a folder of their own; dropout, so that random draws would show. */
async function trained(
  name: string,
  wanted: (typeof NAMES)[number][][],
): Promise<{ models: TunedModel[]; begun: number[][] }> {
  const folder = folderWithRows();
  const engine = await openEngine(name, { folder, auditFolder: folder, observer: silent });
  const training = Training.parse({ 'learning-rate': 1e-3, 'batch-size': 1, epochs: 2 });
  const models: TunedModel[] = [];
  const begun: number[][] = [];
  try {
    for (const names of wanted) {
      const stages = names.map(async (name) => {
        const dataset = `${name}.jsonl`;
        return { dataset, sha256: await hashFile(join(folder, dataset)), training };
      });
      const job: FineTune = {
        base: 'smollm2-135m-instruct',
        seed: 3,
        lora: Lora.parse({ rank: 4, dropout: name === 'local' ? 0.1 : 0 }),
        stages: await Promise.all(stages),
      };
      models.push(await engine.fineTune(job, () => {}));
      const events = readFileSync(join(folder, jobName(job), 'events.jsonl'), 'utf8');
      const seen = [...events.matchAll(/"phase":\s*"train".*?"stage":\s*(\d)/g)].map(([, stage]) =>
        Number(stage),
      );
      begun.push([...new Set(seen)]);
    }
  } finally {
    await engine.close();
  }
  return { models, begun };
}

it('trains a first stage that several fine-tunes share once, and makes what training it again makes, byte for byte', async () => {
  const shared = await trained('local', [['first'], ['first', 'short'], ['first', 'long']]);
  expect(shared.begun).toEqual([[1], [2], [2]]);
  const whole = await trained('local', [['first', 'long']]);
  expect(whole.begun).toEqual([[1, 2]]);
  expect(shared.models[2]?.identity).toBe(whole.models[0]?.identity);
  expect(shared.models[2]?.stages).toEqual(whole.models[0]?.stages);
}, 600_000);

it('does so at the Tinker API', async () => {
  // A stand-in for the SDK (worker/tests/sdk).
  process.env.PYTHONPATH = join(new URL('../..', import.meta.url).pathname, 'worker', 'tests', 'sdk');
  process.env.FAKE_TINKER = mkdtempSync(join(tmpdir(), 'hyde-tinker-'));
  process.env.TINKER_API_KEY = 'tml-not-a-real-key';
  const { begun } = await trained('tinker', [['first'], ['first', 'short'], ['first', 'long']]);
  expect(begun).toEqual([[1], [2], [2]]);
}, 600_000);
