import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { engineContract } from '../contract.js';
import { TestServer } from './server.js';
import { vllm } from './vllm.js';

const server = await TestServer.open(vllm('base-model'));
afterAll(() => server.close());

engineContract({
  engine: 'vllm',
  base: 'base-model',
  auditFolder: mkdtempSync(join(tmpdir(), 'hyde-audit-')),
  providers: () => ({
    vllm: { url: server.url, seed: true, 'prompt-logprobs': true, 'lora-loading': true },
  }),
  adapter(folder) {
    mkdirSync(join(folder, 'adapter'), { recursive: true });
    writeFileSync(join(folder, 'adapter', 'adapter_config.json'), '{}');
    writeFileSync(join(folder, 'adapter', 'adapter_model.safetensors'), 'weights');
    return 'adapter';
  },
});
