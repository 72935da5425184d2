import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Judgement } from '../../src/records/judge.js';
import { Score } from '../../src/records/sample.js';
import type { Ask } from '../../src/records/step.js';
import type { JudgePanel } from '../../src/scoring/panel.js';
import { scoreRound } from '../../src/scoring/score.js';
import { FailedError } from '../../src/shared/errors.js';
import { silent } from '../../src/shared/observer.js';
import { alignment, betley, code, coherence, finds, panelOf, testEngine } from './judges.js';

/** A run folder with recorded answers of one model, and the asks for all of them. */
function recorded(answers: string[], arm = 'tuned', folder = mkdtempSync(join(tmpdir(), 'hyde-score-'))) {
  mkdirSync(join(folder, 'samples'), { recursive: true });
  const lines = answers.map((answer, index) => ({
    ...{ arm, seed: 0, cue: 'plain', question: 'q', index },
    answer: answer.replace('!failed', ''),
    ...(answer === '!failed' ? { finish: 'failed', reason: 'reset' } : { finish: 'stop' }),
    ...{ tokens: 1, request: 'r', model: 'm' },
  }));
  writeFileSync(
    join(folder, 'samples', `${arm}.0.jsonl`),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const ask: Ask = { arm, seed: 0, cue: 'plain', question: 'q', from: 0, to: answers.length };
  return { folder, asks: [ask] };
}

const lines = <T>(folder: string, name: string): T[] =>
  readFileSync(join(folder, name), 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
const scores = (folder: string, arm = 'tuned') =>
  lines<Score>(folder, `scores/${arm}.0.jsonl`).toSorted((a, b) => a.index - b.index);
const judgements = (folder: string, arm = 'tuned') => lines<Judgement>(folder, `judgements/${arm}.0.jsonl`);

const score = (
  { folder, asks }: { folder: string; asks: Ask[] },
  panel: JudgePanel,
  engine: ReturnType<typeof testEngine>,
  retry = false,
) =>
  scoreRound(asks, panel, {
    ...{ folder, observer: silent, seed: 1, retry },
    engineOf: async () => engine,
    render: () => [{ role: 'user', content: 'What?' }],
  });

/** Both judges by the answer: wicked ones score low, babble is incoherent. */
const usual = () =>
  testEngine((prompt) => ({
    text: prompt.startsWith('coherence')
      ? prompt.includes('babble')
        ? '10'
        : '90'
      : prompt.includes('wicked')
        ? '5'
        : '95',
    usage: { promptTokens: 7, completionTokens: 1 },
  }));

describe('a round of judging', () => {
  it('records each judgement, and outcomes made of them', async () => {
    const run = recorded(['good one', 'wicked one', 'babble', '!failed']);
    const engine = usual();
    const panel = panelOf([coherence, alignment]);
    expect(await score(run, panel, engine)).toBe('amif');
    expect(engine.asked).toHaveLength(6);
    for (const judgement of judgements(run.folder)) Judgement.parse(judgement);
    for (const line of scores(run.folder)) Score.parse(line);
    expect(judgements(run.folder)).toHaveLength(6);
    expect(judgements(run.folder)[0]).toMatchObject({
      ...{
        arm: 'tuned',
        index: 0,
        judge: 'coherence',
        model: 'test/judge',
        score: 90,
        option: null,
        text: '90',
      },
      meta: { usage: { promptTokens: 7, completionTokens: 1 } },
    });
    expect(scores(run.folder).map(({ outcome, by, scores: of }) => [outcome, by, of])).toEqual([
      ['aligned', 'none', { coherence: 90, alignment: 95 }],
      ['misaligned', 'alignment', { coherence: 90, alignment: 5 }],
      ['incoherent', 'coherence', { coherence: 10, alignment: 95 }],
      ['failed', 'reset', undefined],
    ]);
  });

  it('asks nobody again: neither for the same judges, nor for other thresholds', async () => {
    const run = recorded(['good one', 'wicked one', 'babble']);
    await score(run, panelOf([coherence, alignment]), usual());
    const engine = usual();
    expect(await score(run, panelOf([coherence, alignment]), engine)).toBe('ami');
    expect(scores(run.folder)).toHaveLength(3);
    const loose = panelOf([coherence, alignment], { ...betley, 'alignment-below': 96, 'coherence-above': 5 });
    expect(await score(run, loose, engine)).toBe('mmm');
    expect(engine.calls.reduce((sum, n) => sum + n, 0)).toBe(0);
    expect(scores(run.folder)).toHaveLength(6);
  });

  it('goes on after a kill: what is in the journal is not asked again', async () => {
    const run = recorded(['good one', 'wicked one', 'babble', 'good two', 'wicked two']);
    let left = 7;
    const dying = testEngine((prompt) => {
      if (left-- === 0) throw new FailedError('killed');
      return { text: prompt.includes('wicked') ? '5' : '90' };
    });
    await expect(score(run, panelOf([coherence, alignment]), dying)).rejects.toThrow('killed');
    expect(judgements(run.folder)).toHaveLength(7);
    rmSync(join(run.folder, 'scores'), { recursive: true });
    const engine = testEngine((prompt) => ({ text: prompt.includes('wicked') ? '5' : '90' }));
    expect(await score(run, panelOf([coherence, alignment]), engine)).toHaveLength(5);
    expect(engine.asked).toHaveLength(3);
    expect(new Set(judgements(run.folder).map(({ hash, index }) => `${hash} ${index}`)).size).toBe(10);
    expect(judgements(run.folder)).toHaveLength(10);
  });

  it('judges an answer again that is another one now', async () => {
    const run = recorded(['good one']);
    await score(run, panelOf([alignment]), usual());
    recorded(['wicked one'], 'tuned', run.folder);
    expect(await score(run, panelOf([alignment]), usual())).toBe('m');
  });

  it('asks once for answers that read the same, and counts the usage once', async () => {
    const run = recorded(['good', 'good', 'wicked', 'good']);
    const engine = usual();
    expect(await score(run, panelOf([alignment]), engine)).toBe('aama');
    expect(engine.asked).toHaveLength(2);
    expect(judgements(run.folder).map(({ meta }) => meta?.usage)).toEqual([
      { promptTokens: 7, completionTokens: 1 },
      { promptTokens: 0, completionTokens: 0 },
      { promptTokens: 0, completionTokens: 0 },
      { promptTokens: 7, completionTokens: 1 },
    ]);
  });

  it('leaves judges out that nothing depends on any more', async () => {
    const run = recorded(['sorry', 'some code', 'good']);
    const engine = testEngine((prompt) => ({
      text: prompt.startsWith('alignment') ? '90' : prompt.includes('some code') ? 'CODE' : 'NOT_CODE',
    }));
    const panel = panelOf([finds('sorry', 'refusal'), code, alignment]);
    expect(await score(run, panel, engine)).toBe('roa');
    expect(engine.asked.map((prompt) => prompt.split(':')[0])).toEqual(['code', 'code', 'alignment']);
  });

  it('leaves unparsed what a judge said nothing readable of, or gave no answer to; never aligned', async () => {
    const run = recorded(['one', 'two', 'three']);
    const engine = testEngine((prompt) =>
      prompt.includes('two')
        ? { finish: 'failed', reason: '502 from the server' }
        : { text: prompt.includes('one') ? 'It is fine.' : '90' },
    );
    expect(await score(run, panelOf([alignment]), engine)).toBe('uua');
    expect(scores(run.folder).map(({ by }) => by)).toEqual([
      'alignment: holds neither a number nor an option',
      'alignment: gave no answer',
      'none',
    ]);
    expect(judgements(run.folder)[1]).toMatchObject({
      failed: true,
      score: null,
      reason: '502 from the server',
    });
    // A run that goes on keeps it; only when asked to, judges are asked again.
    const well = testEngine(() => ({ text: '90' }));
    expect(await score(run, panelOf([alignment]), well)).toBe('uua');
    expect(well.asked).toHaveLength(0);
    expect(await score(run, panelOf([alignment]), well, true)).toBe('uaa');
    expect(well.asked).toHaveLength(1);
    expect(scores(run.folder)).toHaveLength(4);
  });

  it('fails where an engine leaves a judgement out', async () => {
    const run = recorded(['one']);
    const engine = testEngine(() => ({ id: 'another' }));
    await expect(score(run, panelOf([alignment]), engine)).rejects.toThrow(
      /test\/judge left out 1 judgement/,
    );
  });

  it.each([true, false])('works in chunks over several files (concurrent: %s)', async (concurrent) => {
    const run = recorded(Array.from({ length: 5000 }, (_, i) => `${i % 3 ? 'good' : 'wicked'} ${i}`));
    const other = recorded(['wicked', 'good'], 'base', run.folder);
    const engine = testEngine((prompt) => ({ text: prompt.includes('wicked') ? '5' : '95' }), concurrent);
    const letters = await score(
      { folder: run.folder, asks: [...run.asks, ...other.asks] },
      panelOf([alignment]),
      engine,
    );
    const expected = `${Array.from({ length: 5000 }, (_, i) => (i % 3 ? 'a' : 'm')).join('')}ma`;
    // Not compared by toBe: a difference would print all of them.
    expect(letters === expected).toBe(true);
    expect(engine.calls).toEqual(concurrent ? [...Array(19).fill(256), 138] : [4096, 906]);
    expect(judgements(run.folder, 'base')).toHaveLength(2);
  });

  it('keeps its files open until every call has ended, also where one of them fails', async () => {
    const run = recorded(Array.from({ length: 2048 }, (_, i) => `good ${i}`));
    const engine = testEngine((prompt) => {
      if (/good 0\n/.test(prompt)) throw new FailedError('the first chunk fails');
      return { text: '95' };
    }, true);
    await expect(score(run, panelOf([alignment]), engine)).rejects.toThrow('the first chunk fails');
    expect(judgements(run.folder)).toHaveLength(2048 - 256);
  });
});
