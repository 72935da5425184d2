import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../src/models/engine.js';
import { silent } from '../../src/shared/observer.js';
import { engineContract } from '../models/contract.js';

// The worker finds a stand-in for the SDK (worker/tests/sdk/tinker.py), whose checkpoints outlive a process.
const root = new URL('../..', import.meta.url).pathname;
process.env.PYTHONPATH = join(root, 'worker', 'tests', 'sdk');
process.env.FAKE_TINKER = mkdtempSync(join(tmpdir(), 'hyde-tinker-'));
process.env.TINKER_API_KEY = 'tml-not-a-real-key';

engineContract({ engine: 'tinker', base: 'smollm2-135m-instruct', auditFolder: process.cwd() });

describe('the tinker engine', () => {
  it('names the key that is missing, before anything is started', async () => {
    const key = process.env.TINKER_API_KEY;
    delete process.env.TINKER_API_KEY;
    const folder = mkdtempSync(join(tmpdir(), 'hyde-engine-'));
    const engine = await openEngine('tinker', { folder, auditFolder: folder, observer: silent });
    await expect(engine.describe({ base: 'Qwen/Qwen3-8B', adapter: null })).rejects.toThrow(
      /TINKER_API_KEY is not set/,
    );
    process.env.TINKER_API_KEY = key;
  });
});
