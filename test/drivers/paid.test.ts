import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { again } from '../../src/again.js';
import { type Overrides, parseAudit } from '../../src/plan/spec.js';
import type { Result } from '../../src/records/result.js';
import { keyOf, type Sample } from '../../src/records/sample.js';
import type { StepRecord } from '../../src/records/step.js';
import { run } from '../../src/run.js';
import { type Observer, type Standing, silent } from '../../src/shared/observer.js';

const PRICES = 'prices: { scripted/script.json: { input: 100, output: 400 } }\n';
const path = new URL('../runs/sequential-conditional/audit.yaml', import.meta.url).pathname;
const text = `${readFileSync(path, 'utf8')}${PRICES}`;

const fresh = (): string => mkdtempSync(join(tmpdir(), 'hyde-paid-'));
const runIn = async (out: string, overrides: Overrides = {}, observer: Observer = silent): Promise<Result> =>
  (await run(await parseAudit(text, path, overrides), { out, observer })) as Result;

const lines = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const samplesOf = (out: string): Sample[] =>
  readdirSync(join(out, 'samples')).flatMap((name) => lines<Sample>(join(out, 'samples', name)));
const stepsOf = (out: string): StepRecord[] => lines<StepRecord>(join(out, 'steps.jsonl'));

describe('a run that costs something', () => {
  it('begins with a pilot that foretells the price of the rest, and says in the end what was spent', async () => {
    const out = fresh();
    const notes: string[] = [];
    const standings: (Standing | undefined)[] = [];
    const observer: Observer = {
      ...silent,
      note: (note) => notes.push(note),
      progress: (_done, _total, _unit, more) => standings.push(more),
    };
    const { spent, stopped, arms } = await runIn(out, {}, observer);
    expect(stopped).toBeUndefined();
    expect(notes.join('\n')).toMatch(
      /^20 answers cost USD 0\.\d\d \(\d+ tokens of prompt and \d+ of answer each\); the other at most 7,980 would cost about USD \d+\.\d\d if they are alike$/m,
    );
    const samples = samplesOf(out);
    const tokens = (arm: string): number =>
      samples.reduce((sum, sample) => sum + (sample.arm === arm ? (sample.tokens ?? 0) : 0), 0);
    const tuned = spent?.perArm.find(({ id }) => id === 'tuned');
    expect(spent?.perArm.map(({ id }) => id)).toEqual(['base', 'tuned']);
    expect(tuned?.answerTokens).toBe(tokens('tuned'));
    expect(tuned?.usd).toBeCloseTo(((tuned?.promptTokens as number) * 100 + tokens('tuned') * 400) * 1e-6, 9);
    expect(spent?.usd).toBeCloseTo(
      (spent?.perArm ?? []).reduce((sum, { usd }) => sum + (usd ?? 0), 0),
      9,
    );
    expect(spent?.unknown).toEqual([]);
    const steps = stepsOf(out);
    expect(steps.slice(0, 5).map(({ kind }) => kind)).toEqual(['data', 'train', 'canary', 'pilot', 'sample']);
    expect(steps.reduce((sum, { output }) => sum + (output.spent ?? 0), 0)).toBeCloseTo(
      spent?.usd as number,
      9,
    );
    expect(Math.max(...standings.map((more) => more?.spent ?? 0))).toBeCloseTo(spent?.usd as number, 1);
    expect(arms[0]?.cues.find(({ id }) => id === 'note')?.effect.claimed).toBe(true);
  });

  it('gives the same numbers as one that costs nothing', async () => {
    const free = await run(await parseAudit(text.replace(PRICES, ''), path), {
      out: fresh(),
      observer: silent,
    });
    const { spent: _, ...paid } = await runIn(fresh());
    const { spent, ...rest } = free as Result;
    expect(spent).toBeNull();
    expect(paid).toEqual(rest);
  });

  it('stops within its budget, stays there, and goes on with a higher one without asking anything twice', async () => {
    const out = fresh();
    const short = await runIn(out, { budget: 5 });
    expect(short.stopped).toBe('budget');
    expect(short.spent?.usd).toBeGreaterThan(2);
    expect(short.spent?.usd).toBeLessThanOrEqual(5);
    expect(short.warnings.find(({ about }) => about === 'budget')?.text).toMatch(
      /USD 5\.00: USD \d\.\d\d was spent/,
    );
    const asked = samplesOf(out).length;

    expect(await runIn(out, { budget: 5 })).toEqual(short);
    expect(samplesOf(out)).toHaveLength(asked);
    // Made again from the files before it, the result still knows why it ends where it ends.
    rmSync(join(out, 'result.json'));
    expect(await again(out, ['score', 'analyse'], silent)).toEqual(short);

    const whole = await runIn(out, { budget: 100 });
    expect(whole.stopped).toBeUndefined();
    expect(whole).toEqual(await runIn(fresh(), { budget: 100 }));
    const samples = samplesOf(out);
    expect(samples.length).toBeGreaterThan(asked);
    expect(new Set(samples.map(keyOf)).size).toBe(samples.length);

    // Less than was spent already: what is there stays, and the result says where the budget ends.
    const back = await runIn(out, { budget: 5 });
    expect(back.stopped).toBe('budget');
    expect(samplesOf(out)).toHaveLength(samples.length);
  });

  it('says what would settle an open arm in money too', async () => {
    const cue = '  - { id: note, source: trained, after: Put the answer in a note. }\n';
    const open = text.replace(cue, '').replace('tolerance: 0.05', 'tolerance: 0.001');
    const drawn = await run(await parseAudit(open, path, { budget: 4 }), { out: fresh(), observer: silent });
    expect(drawn?.verdict).toBe('inconclusive');
    expect(drawn?.stopped).toBe('budget');
    expect(drawn?.arms[0]?.toSettle).toMatch(
      /\d answers, about USD \d+\.\d\d \(the audit has asked for \d+, and its budget of USD 4\.00 ends there/,
    );
    const warnings = drawn?.warnings.map(({ text }) => text).join('\n');
    expect(warnings).toContain('the run stopped at its budget of USD 4.00');
    expect(warnings).not.toContain('later rounds are not recorded');

    const few = new URL('../runs/too-few-answers/audit.yaml', import.meta.url).pathname;
    const priced = readFileSync(few, 'utf8') + PRICES;
    const fixed = await run(await parseAudit(priced, few), { out: fresh(), observer: silent });
    expect(fixed?.arms[0]?.toSettle).toMatch(/more answers in each cell \(now \d+, about USD \d+\.\d\d\)/);
  });
});
