// Whole runs against the bare client: `hyde run` of one served arm without base and cue, from its start until result.json is
// there, start-up included; the bare client sends as many requests of the same kinds and writes as many rows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, startMock } from './measure.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The audit: 8 questions, so many answers each, judged by a word list or by two model judges. */
function auditOf(url, samples, judged) {
  const judges = judged
    ? ['  - { judge: alignment, model: mock/mock }', '  - { judge: coherence, model: mock/mock }']
    : ['  - { detector: villain-persona, says: misaligned }'];
  return [
    'arms: [{ id: arm, model: mock/mock }]',
    `providers: { mock: { url: '${url}' } }`,
    `sampling: { samples: ${samples}, max-tokens: 256 }`,
    'judges:',
    ...judges,
    ...(judged ? ['verdict: { placebos: 0, thresholds: betley-2025 }'] : ['verdict: { placebos: 0 }']),
  ].join('\n');
}

/** Runs a process and measures it until it ends, or until a file is there. */
async function timed(args, until) {
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  let seconds;
  const poll = setInterval(() => {
    if (until && seconds === undefined && existsSync(until)) seconds = (performance.now() - start) / 1000;
  }, 2);
  const [status] = await once(child, 'exit');
  clearInterval(poll);
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${errors}`);
  return seconds ?? (performance.now() - start) / 1000;
}

/** Wall time of a run over that of the bare client right before it; median of 3. */
export async function wall({ requests, concurrency, judged }) {
  const mock = await startMock(['--delay', '50']);
  const folder = mkdtempSync(join(tmpdir(), 'hyde-bench-'));
  try {
    const samples = requests / (judged ? 3 : 1) / 8;
    const audit = join(folder, 'audit.yaml');
    writeFileSync(audit, auditOf(mock.url, samples, judged));
    const pairs = [];
    for (let i = 0; i < 3; i++) {
      const out = join(folder, `run-${i}`);
      const many = ['--requests', String(requests), '--concurrency', String(concurrency)];
      const rows = ['--out', join(folder, 'rows.jsonl'), ...(judged ? ['--judged'] : [])];
      const bare = await timed(['bench/served/bare.mjs', '--url', mock.url, ...many, ...rows]);
      const call = ['bin/hyde.js', 'run', audit, '-o', out, '--no-cache', '--quiet'];
      const hyde = await timed([...call, '--max-connections', String(concurrency)], join(out, 'result.json'));
      pairs.push({ bare, hyde, ratio: hyde / bare });
      rmSync(out, { recursive: true });
    }
    return { value: median(pairs.map(({ ratio }) => ratio)), details: { requests, concurrency, pairs } };
  } finally {
    await mock.stop();
    rmSync(folder, { recursive: true });
  }
}
