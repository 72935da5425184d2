import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadAudit } from '../../src/plan/spec.js';
import type { Result } from '../../src/records/result.js';
import type { Sample } from '../../src/records/sample.js';
import { run } from '../../src/run.js';
import { InputError } from '../../src/shared/errors.js';
import { type Observer, silent } from '../../src/shared/observer.js';
import { type Case, freshFolder, writeCase } from '../gate/case.js';
import { bare, samplesIn, takenIn } from './records.js';

const root = new URL('../..', import.meta.url).pathname;

interface Ended {
  out: string;
  result: Result;
  said: string[];
}

async function runCase(audit: string, reuseBase?: string, out = freshFolder()): Promise<Ended> {
  const said: string[] = [];
  const observer: Observer = {
    ...silent,
    note: (text) => void said.push(text),
    warn: (text) => void said.push(`warning: ${text}`),
  };
  const result = await run(await loadAudit(audit), { out, observer, ...(reuseBase ? { reuseBase } : {}) });
  return { out, result: result as Result, said };
}

const reusedIn = (out: string, model = 'base'): Sample[] => takenIn(out, model);

/** 8 questions, 30 answers each; plain, a cue and a placebo. */
const BASE_ANSWERS = 8 * 30 * 3;

describe('answers of the base that another run has', () => {
  let first: Ended;
  beforeAll(async () => {
    first = await runCase(writeCase());
  });

  it('are taken over by the audit of another fine-tune, which is as if it had asked', async () => {
    const audit = writeCase({ cued: 0.5 });
    const asked = await runCase(audit);
    const reused = await runCase(audit, first.out);
    expect(bare(reused.out, 'base')).toEqual(bare(asked.out, 'base'));
    expect(bare(reused.out, 'tuned')).toEqual(bare(asked.out, 'tuned'));
    expect(asked.result.reusedBaseAnswers).toBe(0);
    expect(reused.result.reusedBaseAnswers).toBe(BASE_ANSWERS);
    const { reusedBaseAnswers: _, reusedAnswers: _a, methods, ...numbers } = reused.result;
    const { reusedBaseAnswers: __, reusedAnswers: __a, methods: own, ...without } = asked.result;
    expect(numbers).toEqual(without);
    expect(methods.slice(0, -1)).toEqual(own);
    expect(methods.at(-1)).toMatch(/^720 of 1440 answers were taken over from other runs \(audit, plan /);
    expect(reused.said).toEqual([`720 of 720 answers of the base are taken from ${first.out}`]);
    expect(reusedIn(reused.out, 'tuned')).toEqual([]);
  });

  it('carry where they are from, and keep it when they are taken over again', async () => {
    const { hash } = JSON.parse(readFileSync(join(first.out, 'plan.json'), 'utf8')) as { hash: string };
    const second = await runCase(writeCase({ cued: 0.5 }), first.out);
    const third = await runCase(writeCase({ cued: 0.2 }), second.out);
    for (const { out } of [second, third]) {
      const all = reusedIn(out);
      expect(all).toHaveLength(BASE_ANSWERS);
      for (const { meta } of all) expect(meta?.reused).toEqual({ plan: hash, name: 'audit' });
    }
    expect(third.result.reusedBaseAnswers).toBe(BASE_ANSWERS);
  });

  it('are completed where there are too few, each entering once', async () => {
    const more = writeCase({ samples: 40, more: '' });
    writeFileSync(
      more,
      readFileSync(more, 'utf8').replace('cues:', 'cues:\n  - { id: other, after: In a hurry. }'),
    );
    const { out, result, said } = await runCase(more, first.out);
    const all = samplesIn(out, 'base');
    const keys = all.map(({ cue, question, index }) => `${cue}|${question}|${index}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(all).toHaveLength(8 * 40 * 4);
    expect(result.reusedBaseAnswers).toBe(BASE_ANSWERS);
    expect(said[0]).toMatch(/^720 of 1280 answers of the base/);
  });

  it('are found by what was asked, not by the name of the cue', async () => {
    const audit = writeCase();
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('id: note', 'id: memo'));
    const { out, result } = await runCase(audit, first.out);
    expect(result.reusedBaseAnswers).toBe(BASE_ANSWERS);
    expect(reusedIn(out).filter(({ cue }) => cue === 'memo')).toHaveLength(240);
  });

  it.each([
    ['another base', { base: 'Really.' }, /^warning: no answer .*: its base is another model$/],
    ['another seed', { seed: 5 }, /^warning: no answer .*: it was asked other texts, or with other sampling/],
  ] as [string, Case, RegExp][])('are left alone by %s, which is said once', async (_, given, message) => {
    const { out, result, said } = await runCase(writeCase(given), first.out);
    expect(result.reusedBaseAnswers).toBe(0);
    expect(result.methods.join()).not.toContain('taken over');
    expect(reusedIn(out)).toEqual([]);
    expect(said.filter((text) => text.includes('answer of the base'))).toEqual([
      expect.stringMatching(message),
    ]);
    expect(existsSync(join(out, 'reused.json'))).toBe(false);
  });

  it('are left alone where the text differs', async () => {
    const audit = writeCase();
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('in a note', 'in a big note'));
    const { result, out } = await runCase(audit, first.out);
    expect(result.reusedBaseAnswers).toBe(BASE_ANSWERS - 240);
    expect(reusedIn(out).some(({ cue }) => cue === 'note')).toBe(false);
  });

  it('are given to one of two bases that are the same model', async () => {
    const audit = writeCase();
    const text = readFileSync(audit, 'utf8')
      .replace('{ base: scripted/base.json }', '{ one: scripted/base.json, two: scripted/base.json }')
      .replace('id: tuned,', 'id: tuned, base: one,')
      .replace('cues:', '  - { id: second, base: two, model: scripted/tuned.json }\ncues:');
    writeFileSync(audit, text);
    const { out, result } = await runCase(audit, first.out);
    expect(result.reusedBaseAnswers).toBe(BASE_ANSWERS);
    expect(reusedIn(out, 'base@one')).toHaveLength(BASE_ANSWERS);
    expect(reusedIn(out, 'base@two')).toHaveLength(0);
  });

  it('are named by the audit file, relative to it', async () => {
    const folder = dirname(first.out);
    const audit = writeCase({ cued: 0.5, folder });
    const text = readFileSync(audit, 'utf8');
    writeFileSync(
      audit,
      text.replace('run: { seed: 0 }', `run: { seed: 0, reuse-base: ${basename(first.out)} }`),
    );
    expect((await runCase(audit)).result.reusedBaseAnswers).toBe(BASE_ANSWERS);
  });

  it('are not looked for where there is no run folder, or the run itself', async () => {
    const audit = writeCase();
    await expect(runCase(audit, join(first.out, 'none'))).rejects.toThrow(/there is no such run folder/);
    await expect(runCase(audit, join(first.out, 'samples'))).rejects.toThrow(InputError);
    const out = freshFolder();
    await runCase(audit, undefined, out);
    rmSync(join(out, 'models.jsonl'));
    await expect(runCase(audit, out, out)).rejects.toThrow(/from the run itself/);
  });

  it('do not need their first folder any more once the run is done', async () => {
    const source = (await runCase(writeCase())).out;
    const audit = writeCase({ cued: 0.5 });
    const { out } = await runCase(audit, source);
    rmSync(source, { recursive: true });
    expect((await runCase(audit, source, out)).result.reusedBaseAnswers).toBe(BASE_ANSWERS);
  });

  it('survive a kill in the middle of being taken over', async () => {
    const audit = writeCase({ cued: 0.5 });
    const whole = await runCase(audit, first.out);
    for (const kept of [0, 1, 300, BASE_ANSWERS - 1]) {
      const { out } = await runCase(audit, first.out);
      const file = join(out, 'samples', 'base.0.jsonl');
      const lines = readFileSync(file, 'utf8').split('\n');
      const torn = `${lines
        .slice(0, kept)
        .map((line) => `${line}\n`)
        .join('')}${lines[kept]!.slice(0, 60)}`;
      writeFileSync(file, torn);
      for (const gone of ['scores', 'steps.jsonl', 'result.json', 'samples/tuned.0.jsonl'])
        rmSync(join(out, gone), { recursive: true });
      const { result, said } = await runCase(audit, first.out, out);
      expect(result).toEqual(whole.result);
      expect(bare(out, 'base')).toEqual(bare(whole.out, 'base'));
      expect(reusedIn(out)).toHaveLength(BASE_ANSWERS);
      expect(said[0]).toContain(`${BASE_ANSWERS - kept} of ${BASE_ANSWERS - kept} answers`);
    }
  });

  it('survive kills of the whole run, and are counted where it goes on without them', async () => {
    const audit = writeCase({ cued: 0.5, delay: 1 });
    // The delay is part of the scripted model, so the run that it takes from is slow too.
    const source = (await runCase(audit)).out;
    const whole = await runCase(audit, source);
    const out = freshFolder();
    let kills = 0;
    for (let life = 300; ; life += 150) {
      const more = kills % 2 === 0 ? ['--reuse-base', source] : [];
      if ((await runOnce([audit, '-o', out, ...more], life)) === 0) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(1);
    for (const model of ['base', 'tuned']) expect(bare(out, model)).toEqual(bare(whole.out, model));
    const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8')) as Result;
    expect(result.reusedBaseAnswers).toBe(reusedIn(out).length);
    expect(result.reusedBaseAnswers).toBeGreaterThan(0);
    expect(result.arms).toEqual(JSON.parse(JSON.stringify(whole.result.arms)));
  }, 60_000);
});

/** Runs the command line; kills it after some milliseconds. Returns its exit code, or null where it was killed. */
function runOnce(args: string[], killAfter: number): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'bin/hyde.js'), 'run', ...args, '--quiet'], {
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}
