// hyde's engine on the same workload, each answer written to a journal as a run writes it.
// node bench/served/engine.mjs --url URL [--requests 2400] [--concurrency 100] [--out FILE]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenAIEngine } from '../../dist/models/openai/engine.js';
import { Journal } from '../../dist/shared/journal.js';
import { silent } from '../../dist/shared/observer.js';
import { addedSince, options, report, row, sampling, workload } from './workload.mjs';

const { url, requests, concurrency, out } = options();
const folder = mkdtempSync(join(tmpdir(), 'hyde-bench-'));
const context = { folder, auditFolder: folder, observer: silent, maxConnections: Number(concurrency) };
const added = [];

const cpu = process.cpuUsage();
const start = performance.now();
const engine = new OpenAIEngine('mock', { url }, context);
const journal = new Journal(out ?? join(folder, 'samples.jsonl'));
const model = { engine: 'mock', base: 'mock', adapter: null, identity: 'mock' };
for await (const answer of engine.sample(model, workload(Number(requests)), sampling, () => {})) {
  if (answer.finish === 'failed') throw new Error(answer.reason);
  journal.append({ ...row(answer, answer.text, answer.tokens), meta: answer.meta });
  added.push(addedSince(answer.text));
}
report({ start, cpu, added, count: added.length });
journal.close();
await engine.close();
