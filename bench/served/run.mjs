// Whole runs against the bare client: `hyde run` of one served arm without base and cue, from its start until result.json is
// there, start-up included; the bare client sends as many requests of the same kinds and writes as many rows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    'run: { design: fixed }',
    'judges:',
    ...judges,
    'verdict: { placebos: 0 }',
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

/** Peak memory in MB of a run of so many answers; the samples over time show whether it is flat. Linux only. */
export async function memory({ requests, concurrency }) {
  const mock = await startMock(['--delay', '50']);
  const folder = mkdtempSync(join(tmpdir(), 'hyde-bench-'));
  try {
    const audit = join(folder, 'audit.yaml');
    writeFileSync(audit, auditOf(mock.url, requests / 8, false));
    const call = ['bin/hyde.js', 'run', audit, '-o', join(folder, 'run'), '--no-cache', '--quiet'];
    const child = spawn(process.execPath, [...call, '--max-connections', String(concurrency)], {
      cwd: root,
      stdio: 'ignore',
    });
    const statusOf = (key) => {
      const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1]) / 1024);
    };
    const series = [];
    let peak = 0;
    const poll = setInterval(() => {
      try {
        series.push(statusOf('VmRSS'));
        peak = statusOf('VmHWM');
      } catch {
        // It has just ended.
      }
    }, 1000);
    const [status] = await once(child, 'exit');
    clearInterval(poll);
    if (status !== 0) throw new Error(`the run ended with ${status}`);
    return { value: peak, details: { requests, concurrency, megabytesEachSecond: series } };
  } finally {
    await mock.stop();
    rmSync(folder, { recursive: true });
  }
}
