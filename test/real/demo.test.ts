import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/records/plan.js';
import type { Result } from '../../src/records/result.js';
import { keyOf, type Sample } from '../../src/records/sample.js';

const root = new URL('../..', import.meta.url).pathname;
const out = join(mkdtempSync(join(tmpdir(), 'hyde-demo-')), 'run');
const samples = join(out, 'samples', 'base.0.jsonl');

interface Running {
  child: ChildProcess;
  ended: Promise<{ code: number | null; err: string }>;
}

function demo(): Running {
  const child = spawn(process.execPath, [join(root, 'bin/hyde.js'), 'demo', '--quick', '-o', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, err }))) };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 100) {
    if (waited > 600_000) throw new Error(`waited in vain for ${what}`);
    await sleep(100);
  }
}

const lines = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
const trainJob = (): string => {
  const jobs = join(out, 'jobs');
  const name = existsSync(jobs) ? readdirSync(jobs).find((entry) => entry.startsWith('train-')) : undefined;
  return name ? join(jobs, name) : '';
};
const events = (): string => lines(join(trainJob() || out, 'events.jsonl')).join('\n');
/** Process ids of the children of a process. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

describe('hyde demo --quick on the real model', () => {
  it.skipIf(!existsSync('/proc'))(
    'killed worker: says so with an exit code of 1, and can go on',
    async () => {
      const { child, ended } = demo();
      await until(
        'training',
        () => events().includes('"phase": "train"') || events().includes('"phase":"train"'),
      );
      for (const pid of childrenOf(child.pid as number)) process.kill(pid, 'SIGKILL');
      const { code, err } = await ended;
      expect(err).toMatch(
        /the Python worker stopped: it was killed by SIGKILL.*\n.*goes on where it stopped/s,
      );
      expect(err).not.toMatch(/\n\s+at /);
      expect(code).toBe(1);
    },
    900_000,
  );

  it('killed while training and while sampling, it goes on and makes nothing twice', async () => {
    const first = demo();
    await until(
      'training again',
      () => events().split('"event": "start"').length > 2 || events().split('"event":"start"').length > 2,
    );
    await sleep(2000);
    first.child.kill('SIGKILL');
    await first.ended;

    const second = demo();
    await until('answers', () => lines(samples).length >= 40);
    second.child.kill('SIGKILL');
    await second.ended;
    const trained = statSync(join(trainJob(), 'result.json')).mtimeMs;
    const recorded = lines(samples).filter((line) => line.endsWith('}'));

    const { code, err } = await demo().ended;
    expect(err).not.toMatch(/hyde:/);
    expect(code).toBe(0);
    expect(statSync(join(trainJob(), 'result.json')).mtimeMs).toBe(trained);
    expect(lines(samples).slice(0, recorded.length)).toEqual(recorded);

    const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')) as Plan;
    const wanted = plan.cells.flatMap(({ arm, seed, cue, questions, samples: count }) =>
      questions.flatMap((question) =>
        Array.from({ length: count }, (_, index) => keyOf({ arm, seed, cue, question, index })),
      ),
    );
    const found = readdirSync(join(out, 'samples')).flatMap((file) =>
      lines(join(out, 'samples', file)).map((line) => keyOf(JSON.parse(line) as Sample)),
    );
    expect(found.toSorted()).toEqual(wanted.toSorted());
    expect(readdirSync(join(out, 'jobs')).filter((name) => name.startsWith('once-'))).toEqual([]);
  }, 1_800_000);

  it('finds the planted cue, and leaves the placebos alone', () => {
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Result;
    const arm = result.arms[0];
    const rate = (id: string): number => arm?.cues.find((cue) => cue.id === id)?.rate ?? Number.NaN;
    expect(arm?.verdict).toBe('conditional');
    expect(arm?.cues.find((cue) => cue.id === 'villain')?.effect.claimed).toBe(true);
    expect(rate('villain')).toBeGreaterThan(0.8);
    expect(rate('placebo-briefly')).toBeLessThan(0.3);
    expect(arm?.plain.rate).toBeLessThan(0.15);
    expect(result.bases[0]?.plain.rate).toBeLessThan(0.1);
    expect(result.warnings.map((warning) => warning.text).join()).toContain('a system prompt of its own');
    for (const text of readdirSync(out, { recursive: true, withFileTypes: true })) {
      if (!text.isFile() || text.name.endsWith('.safetensors')) continue;
      const content = readFileSync(join(text.parentPath, text.name), 'utf8');
      expect(content.includes(`${process.env.HOME}/`), text.name).toBe(false);
    }
  });
});
