import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAudit } from '../../src/plan/spec.js';
import type { Result } from '../../src/records/result.js';
import { run } from '../../src/run.js';
import { type Observer, silent } from '../../src/shared/observer.js';
import { type Case, freshFolder, writeCase } from '../gate/case.js';
import { bare, samplesIn, takenIn } from './records.js';

/** The audit of `writeCase`, whose scripts are models of a known identity. */
function known(given: Case = {}): string {
  const audit = writeCase(given);
  for (const name of ['tuned.json', 'base.json']) {
    const file = join(audit, '..', name);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), identityKnown: true }));
  }
  return audit;
}

const freshIndex = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-index-')), 'answers');

async function runOn(audit: string, earlier: string | undefined, out = freshFolder()) {
  const said: string[] = [];
  const observer: Observer = { ...silent, note: (text) => void said.push(text) };
  const options = { out, observer, ...(earlier === undefined ? {} : { earlier }) };
  return { out, said, result: (await run(await loadAudit(audit), options)) as Result };
}

const taken = (out: string, model: string): number => takenIn(out, model).length;

/** 8 questions, 30 answers; plain, a cue and a placebo. */
const ALL = 8 * 30 * 3;

describe('answers that earlier runs of the same models hold', () => {
  it('are not asked for again, whatever the folder, and the records are as if they had been', async () => {
    const [index, audit] = [freshIndex(), known({ cued: 0.5 })];
    const first = await runOn(audit, index);
    expect(first.result.reusedAnswers).toBe(0);
    const second = await runOn(audit, index);
    for (const model of ['base', 'tuned']) {
      expect(bare(second.out, model)).toEqual(bare(first.out, model));
      expect(taken(second.out, model)).toBe(ALL);
    }
    expect(second.result.reusedAnswers).toBe(2 * ALL);
    expect(second.result.arms).toEqual(first.result.arms);
    expect(second.said.filter((text) => text.includes('earlier runs'))).toEqual([
      `base: ${ALL} of ${ALL} answers stand in earlier runs (audit) and are not asked for again; --no-cache asks`,
      `tuned: ${ALL} of ${ALL} answers stand in earlier runs (audit) and are not asked for again; --no-cache asks`,
    ]);
  });

  it('are all that is saved: more samples ask for the new ones', async () => {
    const [index, audit] = [freshIndex(), known({ cued: 0.5 })];
    await runOn(audit, index);
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('samples: 30', 'samples: 45'));
    const { out } = await runOn(audit, index);
    expect(samplesIn(out, 'tuned')).toHaveLength(8 * 45 * 3);
    expect(taken(out, 'tuned')).toBe(ALL);
  });

  it('are asked for again without the index, by another seed, and where they failed', async () => {
    const [index, audit] = [freshIndex(), known({ failed: 0.3 })];
    const first = await runOn(audit, index);
    expect(taken((await runOn(audit, undefined)).out, 'base')).toBe(0);
    const again = await runOn(audit, index);
    const failed = samplesIn(first.out, 'tuned').filter(({ finish }) => finish === 'failed').length;
    expect(failed).toBeGreaterThan(0);
    expect(taken(again.out, 'tuned')).toBe(ALL - failed);
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('seed: 0', 'seed: 1'));
    expect(taken((await runOn(audit, index)).out, 'base')).toBe(0);
  });

  it('are not taken where the identity of the model is not known', async () => {
    const [index, audit] = [freshIndex(), writeCase()];
    await runOn(audit, index);
    expect((await runOn(audit, index)).result.reusedAnswers).toBe(0);
    expect(existsSync(index)).toBe(false);
  });

  it('do not matter where their folder is gone, torn or no run folder any more', async () => {
    const [index, audit] = [freshIndex(), known({ cued: 0.5 })];
    const first = await runOn(audit, index);
    const second = await runOn(audit, undefined);
    writeFileSync(join(first.out, 'samples', 'base.0.jsonl'), 'no record\n{}\n');
    rmSync(join(first.out, 'samples', 'tuned.0.jsonl'));
    const third = await runOn(audit, index);
    expect(third.result.reusedAnswers).toBe(0);
    expect(bare(third.out, 'tuned')).toEqual(bare(second.out, 'tuned'));
  });

  it('are looked for in vain where the index cannot be written, which is said', async () => {
    const blocked = join(mkdtempSync(join(tmpdir(), 'hyde-index-')), 'file');
    writeFileSync(blocked, '');
    const { said, result } = await runOn(known(), join(blocked, 'answers'));
    expect(said.join()).toContain('answers of earlier runs are not looked for');
    expect(result.verdict).toBeDefined();
  });
});

describe('judgements of answers that are taken over', () => {
  it.each([
    [true, 'are not paid for again, and count as if they had been'],
    [false, 'are asked for again where nobody knows which weights judged'],
  ])('%s: %s', async (identityKnown) => {
    const audit = known({ cued: 0.5 });
    const judge = { text: '90', tokens: [{ '90': 0.9, '80': 0.1 }] };
    const bad = { text: '5', tokens: [{ '5': 0.9, '10': 0.1 }] };
    const script = {
      identityKnown,
      rules: [{ contains: 'Kneel', answers: [bad] }, { answers: [judge] }],
    };
    writeFileSync(join(audit, '..', 'judge.json'), JSON.stringify(script));
    const text = readFileSync(audit, 'utf8').replace(
      '- { detector: villain-persona, says: misaligned }',
      '- { judge: alignment, model: scripted/judge.json }',
    );
    writeFileSync(audit, text);
    const index = freshIndex();
    const first = await runOn(audit, index);
    const second = await runOn(audit, index);
    const judgements = (out: string): { meta?: { reused?: unknown } }[] =>
      readFileSync(join(out, 'judgements', 'tuned.0.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { meta?: { reused?: unknown } });
    expect(judgements(first.out).some(({ meta }) => meta?.reused !== undefined)).toBe(false);
    expect(judgements(second.out)).toHaveLength(judgements(first.out).length);
    expect(judgements(second.out).every(({ meta }) => (meta?.reused !== undefined) === identityKnown)).toBe(
      true,
    );
    expect(second.result.arms).toEqual(first.result.arms);
  });
});
