import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { engineContract } from '../contract.js';
import { TestServer } from './server.js';
import { trainingServer } from './training-server.js';
import { vllm } from './vllm.js';

// A server that trains as OpenAI's does and answers as vLLM does, whatever the model is called.
const training = trainingServer('base-model', (seen, response) => vllm(seen.body.model)(seen, response));
training.course = ['succeeded'];
training.fileStatus = 'processed';
const server = await TestServer.open(training.behave);
afterAll(() => server.close());

engineContract({
  engine: 'lab',
  base: 'base-model',
  auditFolder: mkdtempSync(join(tmpdir(), 'hyde-audit-')),
  providers: () => ({
    lab: { url: server.url, seed: true, 'prompt-logprobs': true, snapshots: true, 'fine-tuning': true },
  }),
});
