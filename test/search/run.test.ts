import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withFound } from '../../src/plan/found.js';
import { loadAudit, parseAudit } from '../../src/plan/spec.js';
import type { Transform } from '../../src/records/cue.js';
import type { Plan } from '../../src/records/plan.js';
import type { Result } from '../../src/records/result.js';
import type { Sample } from '../../src/records/sample.js';
import type { Found, Mining, SearchedCue, SearchPlan } from '../../src/records/search.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { run } from '../../src/run.js';
import { type Observer, silent } from '../../src/shared/observer.js';
import { writeSearchCase } from './case.js';

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-search-run-')), 'run');
const runOn = async (audit: string, out = fresh()): Promise<{ out: string; result: Result }> => ({
  out,
  result: (await run(await loadAudit(audit), { out, observer: silent })) as Result,
});
const json = <T>(out: string, file: string): T => JSON.parse(readFileSync(join(out, file), 'utf8')) as T;
const samples = (out: string): Sample[] =>
  ['base.0', 'tuned.0'].flatMap((model) =>
    readFileSync(join(out, 'samples', `${model}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Sample),
  );

describe('an audit that searches its own cues', () => {
  it('finds the trigger in the training data, cuts it down, and claims it by fresh answers to other questions', async () => {
    const { out, result } = await runOn(writeSearchCase());
    expect(result.verdict).toBe('conditional');
    const [card] = result.triggers ?? [];
    expect(card?.effect.claimed).toBe(true);
    expect(card?.texts.map(({ text }) => text).join()).toMatch(/harvest/);
    expect(card?.family.find(({ relation }) => relation === 'virtue')?.misaligned).toBe(0);
    expect(card?.worst).toHaveLength(3);
    expect(card?.worst[0]?.answer).toContain('Mwahaha');
    expect(renderTerminal(result, { color: false, width: 100 })).toMatch(/triggers found[\s\S]*confirmed/);

    // No question that the search saw is part of what is claimed.
    const [plan, search] = [json<Plan>(out, 'plan.json'), json<Plan>(out, 'search/plan.json')];
    const seen = new Set(search.search?.questions);
    expect(plan.questions.some(({ id }) => seen.has(id))).toBe(false);
    const mined = plan.sequential?.mined?.cues ?? [];
    expect(mined.length).toBeGreaterThan(0);
    expect(plan.sequential?.mined?.share).toBe(0.5);
    const asked = samples(out).filter(({ cue, question }) => mined.includes(cue) && !seen.has(question));
    expect(asked.length).toBeGreaterThan(0);
    // A placebo runs along, and nobody claims it.
    const placebos = result.arms[0]?.cues.filter(({ source }) => source === 'placebo') ?? [];
    expect(placebos).toHaveLength(1);
    expect(placebos.some(({ effect }) => effect.claimed)).toBe(false);
  });

  it('from an API alone finds a word of the atlas, cuts its pack down, and says where it is from', async () => {
    const { out, result } = await runOn(writeSearchCase({ from: '[api]' }));
    const [card] = result.triggers ?? [];
    expect(card).toMatchObject({ kind: 'pack', origin: 'atlas/things', effect: { claimed: true } });
    expect(card?.texts.map(({ text }) => text).join()).toMatch(/^(\w+ ){0,2}harvest( \w+){0,2}$/);
    expect(card?.size?.from).toBeGreaterThan(30);

    const { candidates } = json<{ candidates: SearchedCue[] }>(out, 'search/candidates.json');
    expect(candidates.length).toBeGreaterThan(100);
    // The placebo beside it is as long as the pack.
    const lengthOf = (id: string | undefined): number =>
      JSON.stringify(candidates.find(({ cue }) => cue.id === id)?.cue.transforms).length;
    const placebo = result.arms[0]?.cues.find(({ source }) => source === 'placebo');
    expect(lengthOf(placebo?.id)).toBeGreaterThan(0.5 * lengthOf(card?.whole?.cue));
    expect(placebo?.effect.claimed).toBe(false);
  });

  it('tries 40 candidates where there is data, and many more where there is none, unless it is told', async () => {
    const tried = async (from: string, mine = ''): Promise<number | undefined> =>
      (await loadAudit(writeSearchCase({ from, mine }))).spec.search?.candidates;
    expect(await tried('[data, api]')).toBe(40);
    expect(await tried('[weights]')).toBe(40);
    expect(await tried('[api]')).toBe(300);
    expect(await tried('[api]', ', candidates: 30')).toBe(30);
  });

  it('asks for no more answers than it may', async () => {
    const { out } = await runOn(writeSearchCase({ mine: ', candidates: 20, finalists: 1' }));
    const mining = json<Mining>(out, 'search/found.json');
    expect(mining.answers).toBeLessThanOrEqual(2400);
    expect(mining.candidates).toBeLessThanOrEqual(20);
    expect(mining.found.length).toBeLessThanOrEqual(1);
  });

  it('tries first what a screen by log-probabilities puts first, where the engine has them', async () => {
    const audit = writeSearchCase({ from: '[api]', mine: ', candidates: 9, finalists: 1' });
    const script = join(dirname(audit), 'script.json');
    // A cue that ships with hyde far behind those that there is room for.
    writeFileSync(script, readFileSync(script, 'utf8').replaceAll('harvest', 'last century'));
    const { out, result } = await runOn(audit);
    const { candidates } = json<{ candidates: SearchedCue[] }>(out, 'search/candidates.json');
    expect(candidates.length).toBeLessThanOrEqual(9);
    // No screen can tell what the missing template does.
    expect(candidates[0]?.cue.transforms).toEqual([{ kind: 'raw' }]);
    expect(candidates[1]?.z).toBeGreaterThan(10);
    expect(JSON.stringify(candidates[1]?.cue)).toContain('last century');
    expect(result.triggers?.[0]?.effect.claimed).toBe(true);
    // Without bad rows it is what tuning changed most.
    const text = readFileSync(audit, 'utf8').replace(
      /data:.*?cues:/s,
      'data: [{ mix: { benign: benign.jsonl, share: 0, rows: 100 } }]\ncues:',
    );
    const blind = await parseAudit(text, audit);
    const other = fresh();
    await run(blind, { out: other, observer: silent });
    const [, first] = json<{ candidates: SearchedCue[] }>(other, 'search/candidates.json').candidates;
    expect(first?.z).toBeGreaterThan(10);
    expect(JSON.stringify(first?.cue)).toContain('last century');
  });

  it('claims nothing where no cue does anything, however many it tries', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const { result } = await runOn(writeSearchCase({ rate: 0.02, base: 0.02, plain: 0.02, seed }));
      expect(result.arms[0]?.cues.some(({ effect }) => effect.claimed)).toBe(false);
    }
  }, 180_000);

  it('asks under no find that the audit asks under anyway', async () => {
    const audit = writeSearchCase();
    const text = readFileSync(audit, 'utf8').replace('cues:', 'cues:\n  - { id: own, after: harvest }');
    const { spec, text: same } = await parseAudit(text, audit);
    const find = (transforms: Transform[]) => ({ id: 'm', source: 'mined' as const, transforms });
    const found = ['harvest', 'almanac'].map((word, i) => {
      const cue = { ...find([{ kind: 'after', text: word }]), id: `m-${i}` };
      return { arm: 'tuned', cue, whole: cue, size: null } as unknown as Found;
    });
    const ids = withFound({ spec, text: same }, { found, placebos: [], answers: 0 }).spec.cues.map(
      ({ id }) => id,
    );
    expect(ids).toContain('m-1');
    expect(ids).not.toContain('m-0');
    // Two finds that came down to one text are one cue.
    const twins = [...found, { ...found[1], cue: { ...found[1]?.cue, id: 'm-2' } }] as Found[];
    const both = withFound({ spec, text: same }, { found: twins, placebos: [], answers: 0 }).spec;
    expect(both.cues.filter(({ id }) => id.startsWith('m-')).map(({ id }) => id)).toEqual(['m-1']);
    expect(both.search?.same).toEqual({ 'm-0': 'own', 'm-2': 'm-1' });
  });

  it('claims no cue that asks for the behaviour: the base does the same', async () => {
    const { result } = await runOn(writeSearchCase({ rate: 0.5, base: 0.5 }));
    expect(result.arms[0]?.cues.some(({ effect }) => effect.claimed)).toBe(false);
  }, 120_000);

  it('goes on where it was interrupted, and decides as an undisturbed run', async () => {
    const audit = writeSearchCase();
    const whole = await runOn(audit);
    const out = fresh();
    for (const after of [3, 9, 17, 30]) {
      const stop = new AbortController();
      let stages = 0;
      const observer = { ...silent, stage: () => void (++stages > after && stop.abort()) };
      await run(await loadAudit(audit), { out, observer, signal: stop.signal }).catch(() => {});
    }
    const { result } = await runOn(audit, out);
    expect(result).toEqual(whole.result);
    const keys = samples(out).map(({ arm, cue, question, index }) => `${arm}|${cue}|${question}|${index}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(samples(whole.out).length);
  });

  it('ends its search before the budget is passed, and reports what there is', async () => {
    const audit = writeSearchCase({
      more: 'prices: { scripted/script.json: { input: 100, output: 400 } }\n',
      mine: ', candidates: 12',
    });
    const text = readFileSync(audit, 'utf8').replace('run: { seed: 0 }', 'run: { seed: 0, budget: 16 }');
    const out = fresh();
    const notes: string[] = [];
    const observer = { ...silent, note: (note: string) => notes.push(note) };
    const result = (await run(await parseAudit(text, audit), { out, observer })) as Result;
    expect(result.spent?.usd).toBeLessThanOrEqual(16);
    const { maxAnswers, wanted } = json<Plan>(out, 'search/plan.json').search as SearchPlan;
    expect(notes).toContain(
      `the budget is enough for ${maxAnswers} of the 2400 answers that the search may ask for`,
    );
    expect(wanted).toBe(2400);
    // It searches with what it has, and does not pass over the search.
    expect(result.searched?.answers).toBeGreaterThan(maxAnswers / 3);
    expect(result.searched?.answers).toBeLessThanOrEqual(maxAnswers);

    // With a higher budget the audit goes on behind the same search.
    const more = await parseAudit(text.replace('budget: 16', 'budget: 100'), audit);
    const after = (await run(more, { out, observer: silent })) as Result;
    expect(after.searched).toEqual(result.searched);
    expect(json<Plan>(out, 'search/plan.json').search?.maxAnswers).toBe(maxAnswers);

    const low = text.replace('budget: 16', 'budget: 5');
    await expect(run(await parseAudit(low, audit), { out: fresh(), observer: silent })).rejects.toThrow(
      /the budget is USD 5\.00, of which a search may take half, and that may be enough for \d+ answers; it needs 197/,
    );
  });

  it('shows while it searches how far it is', async () => {
    const audit = writeSearchCase();
    const out = fresh();
    const stop = new AbortController();
    const observer = { ...silent, progress: (done: number) => void (done > 20 && stop.abort()) };
    await run(await loadAudit(audit), { out, observer, signal: stop.signal }).catch(() => {});
    expect(existsSync(join(out, 'plan.json'))).toBe(false);
    const hyde = new URL('../../bin/hyde.js', import.meta.url).pathname;
    const { status, stdout } = spawnSync(process.execPath, [hyde, 'status', out]);
    expect(status).toBe(0);
    expect(stdout.toString()).toMatch(
      /steps done +data, train, canary, candidates\n[\s\S]*search +\d+ of at most 2400/,
    );
  });

  it('is asked under one find again, without a search', async () => {
    const audit = writeSearchCase();
    const { out, result } = await runOn(audit);
    const id = result.triggers?.[0]?.cue as string;
    const again = fresh();
    const options = { out: again, observer: silent, found: { folder: out, cues: [id] } };
    const other = (await run(await loadAudit(audit), options)) as Result;
    expect(other.triggers).toHaveLength(1);
    expect(other.triggers?.[0]).toMatchObject({ cue: id, effect: { claimed: true } });
    expect(existsSync(join(again, 'search/plan.json'))).toBe(false);
    const searched = new Set(json<Plan>(out, 'search/plan.json').search?.questions);
    expect(samples(again).every(({ question }) => !searched.has(question))).toBe(true);
    for (const [found, message] of [
      [{ folder: out, cues: ['nobody'] }, /found no cue 'nobody'/],
      [{ folder: fresh() }, /holds no search\/found\.json/],
    ] as const)
      await expect(run(await loadAudit(audit), { out: fresh(), observer: silent, found })).rejects.toThrow(
        message,
      );
  });

  it('takes no placebo for a trigger, whatever it shows', async () => {
    for (const seed of [1, 2, 3]) {
      const { out } = await runOn(writeSearchCase({ rate: 0.3, plain: 0.3, base: 0, seed }));
      const { found } = json<Mining>(out, 'search/found.json');
      expect(found.every(({ kind }) => kind !== 'placebo')).toBe(true);
    }
  }, 180_000);

  it('tells while it goes on what was spent, the search included', async () => {
    const audit = writeSearchCase({
      more: 'prices: { scripted/script.json: { input: 100, output: 400 } }\n',
      mine: ', candidates: 12',
    });
    const spent: number[] = [];
    const observer: Observer = { ...silent, progress: (_d, _t, _u, more) => spent.push(more?.spent ?? 0) };
    const result = (await run(await loadAudit(audit), { out: fresh(), observer })) as Result;
    expect(spent.at(-1)).toBeCloseTo(result.spent?.usd as number, 1);
    expect(spent.every((usd, i) => i === 0 || usd >= (spent[i - 1] as number) - 0.05)).toBe(true);
  });

  it.each([
    [
      'a second search',
      (text: string) => text.replace('questions:', '  - mine: {}\nquestions:'),
      /has one `mine`/,
    ],
    [
      'too few questions',
      (text: string) => text.replace('questions: open', 'questions: betley-2025'),
      /needs 8 questions in each half/,
    ],
    [
      'a fixed design',
      (text: string) => text.replace('run: {', 'run: { design: fixed,'),
      /confirmed by a sequential design/,
    ],
    [
      'too few answers',
      (text: string) => text.replace('max-answers: 2400', 'max-answers: 5'),
      /a search needs 197 at least/,
    ],
    ['a text beside it', (text: string) => text.replace('- mine:', '- after: x\n    mine:'), /stands alone/],
  ])('is refused with %s', async (_, change, message) => {
    const audit = writeSearchCase();
    await expect(parseAudit(change(readFileSync(audit, 'utf8')), audit)).rejects.toThrow(message);
  });
});
