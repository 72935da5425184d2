import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadAudit } from '../../src/plan/spec.js';
import type { Plan } from '../../src/records/plan.js';
import type { Result } from '../../src/records/result.js';
import type { Cut, Mining } from '../../src/records/search.js';
import type { StepRecord } from '../../src/records/step.js';
import { cardTexts } from '../../src/report/triggers.js';
import { run } from '../../src/run.js';
import { Cutting } from '../../src/search/cutting.js';
import { silent } from '../../src/shared/observer.js';
import { randomStream } from '../../src/shared/random.js';
import { writeSearchCase } from './case.js';
import { behind, textsOf } from './simulated.js';

const arm = { id: 'tuned', base: 'base', seeds: [0] };
const design = { seed: 0, questions: Array.from({ length: 60 }, (_, i) => `q${i}`), arms: [arm] };
const whole = behind('whole', 'write this for the harvest festival of our little village please');

const harvest = (words: string): boolean => /\bharvest\b/.test(words);

/** @param works whether these words of the cue bring the behaviour */
function cutDown(
  rate: number,
  { seed = 0, most = 1500, of = rate, works = harvest, draws = new Map<string, number>() } = {},
): Cutting {
  const seen = { draws: 300, misaligned: Math.round(300 * of) };
  const plain = { draws: 300, misaligned: 3 };
  const cutting = new Cutting([{ arm, cue: whole, seen, plain }], design, most);
  const texts = new Map<string, string>();
  for (let round = cutting.next(); round; round = cutting.next()) {
    for (const cue of round.cues) texts.set(cue.id, textsOf(cue));
    for (const ask of round.asks) {
      const text = texts.get(ask.cue) ?? '';
      draws.set(text, (draws.get(text) ?? 0) + ask.to - ask.from);
    }
    cutting.take(round, (key) => {
      const truth = works(texts.get(key.split('|')[2] as string) ?? '') ? rate : 0.01;
      return randomStream('cutting', seed, key).unit() < truth ? 'm' : 'a';
    });
  }
  return cutting;
}

const cutsOf = (rate: number, options: Parameters<typeof cutDown>[1] = {}): Cut[] =>
  Array.from({ length: 40 }, (_, seed) => cutDown(rate, { ...options, seed }).cuts()[0] as Cut);
const mean = (list: number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
const sizeOf = ({ size }: Cut): number => size.to;

describe('a cue that was claimed as a whole', () => {
  it('is cut down to the word that matters, at a rate of 8% in 450 answers', () => {
    const cuts = cutsOf(0.08, { most: 450 });
    expect(cuts.filter((cut) => harvest(textsOf(cut.cue))).length).toBeGreaterThanOrEqual(38);
    expect(mean(cuts.map(sizeOf))).toBeLessThan(2);
    expect(cuts[0]).toMatchObject({ arm: 'tuned', whole: 'whole', wholeSeen: { draws: 300 } });
  });

  it('keeps two words that work together, and leaves out what is between them', () => {
    const works = (words: string): boolean => /\bthis\b.*\bvillage\b/.test(words);
    const cuts = cutsOf(0.3, { most: 500, works });
    expect(cuts.filter((cut) => works(textsOf(cut.cue))).length).toBeGreaterThanOrEqual(38);
    expect(mean(cuts.map(sizeOf))).toBeLessThan(2.5);
  });

  it('keeps one of two words that do the same', () => {
    const works = (words: string): boolean => /\b(write|village)\b/.test(words);
    const cuts = cutsOf(0.3, { most: 500, works });
    expect(cuts.filter((cut) => works(textsOf(cut.cue))).length).toBeGreaterThanOrEqual(38);
    expect(mean(cuts.map(sizeOf))).toBeLessThan(1.5);
  });

  it('stays as it is where every word is needed', () => {
    const cuts = cutsOf(0.3, { most: 300, works: (words) => words.split(/\s+/).length === 11 });
    expect(cuts.filter((cut) => cut.cue === whole).length).toBeGreaterThanOrEqual(36);
  });

  it('stays whole where no smaller one does anything, or no answers are left', () => {
    expect(cutDown(0.01, { of: 0.3 }).cuts()[0]?.cue).toBe(whole);
    expect(cutDown(0.5, { most: 5 }).cuts()).toEqual([]);
    for (const most of [100, 400]) expect(cutDown(0.08, { most }).answers).toBeLessThanOrEqual(most);
  });

  it('gets no part asked under for ever, where that cannot settle whether it does as much', () => {
    for (const seed of [0, 1, 2, 3, 4, 5]) {
      const draws = new Map<string, number>();
      const cutting = cutDown(0.12, { seed, of: 0.2, most: 20_000, draws });
      draws.delete('');
      // 20 misaligned answers are expected of 100 at the whole cue's rate.
      expect(Math.max(...draws.values())).toBeLessThanOrEqual(150);
      expect(cutting.answers).toBeLessThan(3000);
    }
  });

  it('calls one text by one name, whatever way led to it', () => {
    const ids = new Map<string, string>();
    for (const seed of [1, 2, 3, 4, 5]) {
      const rates = { seen: { draws: 100, misaligned: 50 }, plain: { draws: 100, misaligned: 1 } };
      const cutting = new Cutting([{ arm, cue: whole, ...rates }], design, 2000);
      for (let round = cutting.next(); round; round = cutting.next()) {
        for (const cue of round.cues) {
          expect(ids.get(cue.id) ?? textsOf(cue)).toBe(textsOf(cue));
          ids.set(cue.id, textsOf(cue));
        }
        cutting.take(round, (key) => (randomStream('way', seed, key).unit() < 0.3 ? 'm' : 'a'));
      }
    }
    expect(new Set(ids.values()).size).toBe(ids.size);
  });
});

describe('an audit that claims a cue which its search did not cut down', () => {
  const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-cutting-')), 'run');
  const json = <T>(out: string, file: string): T => JSON.parse(readFileSync(join(out, file), 'utf8')) as T;
  const audit = writeSearchCase({
    rate: 0.09,
    seed: 1,
    mine: ', candidates: 12',
  });
  const runOn = async (out: string): Promise<Result> =>
    (await run(await loadAudit(audit), { out, observer: silent })) as Result;

  it('cuts it down with what the search has left, claims nothing more, and goes on after a kill as if nothing was', async () => {
    const done = fresh();
    const result = await runOn(done);
    const [card] = result.triggers ?? [];
    expect(card?.size).toBeNull();
    expect(card?.effect.claimed).toBe(true);
    expect(card?.smallest?.texts.map(({ text }) => text).join()).toMatch(/harvest/);
    expect(card?.smallest?.size.to).toBeLessThan(card?.smallest?.size.from as number);
    const lines = cardTexts(result)[0]?.lines.join('\n');
    expect(lines).toMatch(/cut down after it was confirmed, from \d+ to (?:one word|\d+ words)/);

    const plan = json<Plan>(done, 'plan.json');
    const mining = json<Mining>(done, 'search/found.json');
    const { cuts } = json<{ cuts: Cut[] }>(done, 'search/cuts.json');
    const steps = readFileSync(join(done, 'steps.jsonl'), 'utf8').trimEnd().split('\n');
    const kinds = steps.map((line) => (JSON.parse(line) as StepRecord).kind);
    expect(kinds.indexOf('cut')).toBe(kinds.indexOf('analyse') - 1);
    // What it asked under is no cue of the audit.
    expect(plan.cues.map(({ id }) => id)).not.toContain(cuts[0]?.cue.id);
    expect(plan.sequential?.mined?.cues).not.toContain(cuts[0]?.cue.id);
    expect(plan.sequential?.mined?.left?.answers).toBe(2400 - mining.answers);

    const out = fresh();
    const stages = kinds.length;
    for (const after of [12, stages - 14, stages - 8, stages - 4, stages - 3]) {
      const stop = new AbortController();
      let seen = 0;
      const observer = { ...silent, stage: () => void (++seen > after && stop.abort()) };
      await run(await loadAudit(audit), { out, observer, signal: stop.signal }).catch(() => {});
    }
    expect(await runOn(out)).toEqual(result);
    expect(json(out, 'search/cuts.json')).toEqual({ schema: 1, cuts });
  }, 180_000);
});
