import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { preparePlan } from '../../src/plan/prepare.js';
import { type Overrides, parseAudit } from '../../src/plan/spec.js';
import type { Plan } from '../../src/records/plan.js';
import { run } from '../../src/run.js';
import { silent } from '../../src/shared/observer.js';

const path = new URL('../runs/sequential-conditional/audit.yaml', import.meta.url).pathname;
const text = readFileSync(path, 'utf8');
const planOf = async (change: (text: string) => string, overrides?: Overrides): Promise<Plan> =>
  (await preparePlan((await parseAudit(change(text), path, overrides)).spec)).plan;
const design = (run: string) => (given: string) => given.replace('run: { design: sequential }', run);

describe('a sequential plan', () => {
  it('is the default from 48 questions on', async () => {
    expect((await planOf(design(''))).design).toBe('sequential');
    expect((await planOf(design(''), { limit: 47 })).design).toBe('fixed');
    expect((await planOf(design('run: { design: fixed }'))).design).toBe('fixed');
    expect((await planOf((given) => given, { limit: 8 })).design).toBe('sequential');
  });

  it('rounds up to whole turns of the training seeds, and allows 800 draws', async () => {
    const seeds = (given: string): string => design('run: { training-seeds: 3, round: 20 }')(given);
    const { sequential } = await planOf(seeds);
    expect(sequential?.round).toBe(21);
    expect(sequential?.maxAnswers).toBe(38 * 21 * 10);
  });

  it('takes its budget from the audit file or the command line, and names one that is too small', async () => {
    const small = design('run: { max-answers: 1000, round: 20 }');
    expect((await planOf(small)).sequential?.maxAnswers).toBe(1000);
    expect((await planOf(small, { maxAnswers: 2000 })).sequential?.maxAnswers).toBe(2000);
    await expect(planOf(small, { maxAnswers: 199 })).rejects.toThrow('first round');
    const fixed = design('run: { design: fixed }');
    await expect(planOf(fixed, { maxAnswers: 1000 })).rejects.toThrow('for a sequential design');
  });

  it('says what it finds and costs in well under two seconds', async () => {
    const start = performance.now();
    const { power, totals } = await planOf((given) => given);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(totals.answers).toBe(8000);
    expect(power.sequential?.clean[0]).toMatchObject({
      trueRate: 0,
      draws: 80,
      answers: 800,
      probability: 1,
    });
    const [low, high] = power.detects;
    expect(low?.cuedRate).toBeLessThan(high?.cuedRate as number);
    expect(power.sequential?.claim.map(({ draws }) => draws)).toEqual(
      power.sequential?.claim.map(({ draws }) => draws).toSorted((a, b) => b - a),
    );
  });
});

describe('a sequential run folder', () => {
  it('goes on from where its budget ended when a higher one is given, and gives a late cue draws of its own', async () => {
    const out = mkdtempSync(join(tmpdir(), 'hyde-late-'));
    const options = { out, observer: silent };
    const inTwenties = design('run: { design: sequential, round: 20 }')(text);
    const short = await run(await parseAudit(inTwenties, path, { maxAnswers: 400 }), options);
    expect(short?.verdict).not.toBe('clean');
    const whole = await run(await parseAudit(inTwenties, path), options);
    expect(whole?.verdict).toBe('conditional');
    const samples = (): string[] =>
      readFileSync(join(out, 'samples', 'tuned.0.jsonl'), 'utf8')
        .trim()
        .split('\n');
    const before = samples().length;

    const more = inTwenties.replace('questions:', '  - { id: late, before: Please. }\nquestions:');
    const result = await run(await parseAudit(more, path), options);
    const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')) as Plan;
    const first = plan.cues.find(({ id }) => id === 'late')?.firstDraw as number;
    expect(first).toBeGreaterThanOrEqual(80);
    const late = result?.arms[0]?.cues.find(({ id }) => id === 'late');
    expect(late?.effect.draws).toBe(80);
    // as many fresh plain answers as answers under the cue, and no others
    expect(samples().length).toBe(before + 2 * 80);
    expect(await run(await parseAudit(more, path), options)).toEqual(result);
  });
});
