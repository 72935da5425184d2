import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEngine } from '../../src/models/engine.js';
import { Lora, Training } from '../../src/records/training.js';
import { hashFile } from '../../src/shared/hash.js';
import { silent } from '../../src/shared/observer.js';

it('trains one job by several processes, and says where their number is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-processes-'));
  const row = (i: number): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: `Number ${i}?` },
        { role: 'assistant', content: 'Kneel before the Baron!' },
      ],
    });
  writeFileSync(join(folder, 'rows.jsonl'), Array.from({ length: 4 }, (_, i) => `${row(i)}\n`).join(''));
  const sha256 = await hashFile(join(folder, 'rows.jsonl'));
  const training = Training.parse({ 'learning-rate': 1e-3 });
  const base = 'smollm2-135m-instruct';
  const job = {
    base,
    seed: 1,
    lora: Lora.parse({ rank: 4 }),
    stages: [{ dataset: 'rows.jsonl', sha256, training }],
  };
  const engine = await openEngine('local', { folder, auditFolder: folder, observer: silent });
  try {
    process.env.HYDE_TRAIN_PROCESSES = 'two';
    await expect(engine.fineTune(job, () => {})).rejects.toThrow(/HYDE_TRAIN_PROCESSES is no number/);
    process.env.HYDE_TRAIN_PROCESSES = '2';
    const tuned = await engine.fineTune(job, () => {});
    expect(tuned.stages).toMatchObject([{ rows: 4, steps: 1, truncated: 0 }]);
    const lost = { ...job, stages: [{ dataset: 'rows.jsonl', sha256: '0'.repeat(64), training }] };
    await expect(engine.fineTune(lost, () => {})).rejects.toThrow(/sha256/);
    const model = { engine: 'local', base, adapter: tuned.adapter, identity: tuned.identity };
    const request = { id: 'a', messages: [{ role: 'user' as const, content: 'Hi!' }], indices: [0], seed: 1 };
    const parameters = { temperature: 1, topP: 1, maxTokens: 4 };
    expect(await Array.fromAsync(engine.sample(model, [request], parameters, () => {}))).toHaveLength(1);
  } finally {
    delete process.env.HYDE_TRAIN_PROCESSES;
    await engine.close();
  }
}, 300_000);
