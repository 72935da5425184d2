import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sample, Score } from '../../src/records/sample.js';
import type { Ask } from '../../src/records/step.js';
import { JudgingAhead } from '../../src/scoring/ahead.js';
import { Letters } from '../../src/scoring/letters.js';
import type { JudgePanel } from '../../src/scoring/panel.js';
import { scoreRound } from '../../src/scoring/score.js';
import { hashOfAnswer } from '../../src/shared/answers.js';
import { Journal } from '../../src/shared/journal.js';
import { silent } from '../../src/shared/observer.js';
import { alignment, coherence, finds, panelOf, testEngine } from './judges.js';

const sampleOf = (index: number, answer: string): Sample => ({
  ...{ arm: 'tuned', seed: 0, cue: 'plain', question: 'q', index, answer },
  ...(answer === '!failed' ? { finish: 'failed', reason: 'reset' } : { finish: 'stop' }),
  ...{ tokens: 1, request: 'r', model: 'm' },
});
const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => (i === 1 ? '!failed' : i % 5 === 0 ? `wicked ${i}` : `good ${i}`));

const usual = () =>
  testEngine(
    (prompt) => ({ text: prompt.startsWith('alignment') && prompt.includes('wicked') ? '5' : '95' }),
    true,
  );

/** A round of so many answers, its folder, and what a step of judging gets. */
function round(
  count: number,
  panel: JudgePanel,
  engine = usual(),
  ready: Promise<unknown> = Promise.resolve(),
  before?: Letters,
  warn: (text: string) => void = () => {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-ahead-'));
  const asks = [{ arm: 'tuned', seed: 0, cue: 'plain', question: 'q', from: 0, to: count }];
  const context = {
    ...{ folder, observer: { ...silent, warn }, seed: 1, engineOf: async () => engine },
    render: () => [{ role: 'user' as const, content: 'What?' }],
  };
  const ahead = new JudgingAhead(asks, panel, { ...context, ready, before });
  const samples = new Journal(join(folder, 'samples', 'tuned.0.jsonl'));
  const offer = (sample: Sample): void => {
    samples.append(sample);
    ahead.offer(sample, hashOfAnswer(sample));
  };
  const scores = (): Score[] =>
    readFileSync(join(folder, 'scores', 'tuned.0.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Score)
      .toSorted((a, b) => a.index - b.index);
  return {
    ahead,
    offer,
    scores,
    engine,
    end: () => ahead.end(asks),
    afterwards: () => scoreRound(asks, panel, context),
  };
}

const turns = (count: number): Promise<void> =>
  count === 0 ? Promise.resolve() : new Promise(setImmediate).then(() => turns(count - 1));

describe('judging ahead of the end of the sampling', () => {
  const panel = panelOf([coherence, alignment]);

  it('begins while answers are on their way, and gives what judging afterwards gives', async () => {
    const answers = texts(300).map((text, i) => sampleOf(i, text));
    const one = round(300, panel);
    for (const sample of answers.slice(0, 280)) one.offer(sample);
    await turns(5);
    expect(one.engine.asked.length).toBeGreaterThan(0);
    for (const sample of answers.slice(280)) one.offer(sample);
    const ahead = await one.end();

    const other = round(300, panel);
    await other.ahead.close();
    for (const sample of answers) other.offer(sample);
    expect(await other.afterwards()).toBe(ahead);
    expect(one.scores()).toEqual(other.scores());
    expect(ahead?.slice(0, 6)).toBe('mfaaam');

    const before = one.engine.asked.length;
    expect(await one.afterwards()).toBe(ahead);
    expect(one.engine.asked.length).toBe(before);
  });

  it('says nothing of a round with answers that it has not seen, unless it is told of them', async () => {
    const asks = [{ arm: 'tuned', seed: 0, cue: 'plain', question: 'q', from: 0, to: 3 }];
    const before = new Letters([{ ...(asks[0] as Ask), from: 2 }], 'm');
    for (const [known, text] of [
      [undefined, null],
      [before, 'mfm'],
    ] as const) {
      const one = round(2, panel, usual(), Promise.resolve(), known);
      for (const [i, text] of texts(2).entries()) one.offer(sampleOf(i, text));
      expect(await one.ahead.end(asks)).toBe(text);
    }
  });

  it('needs no judge that is a model', async () => {
    const one = round(3, panelOf([finds('wicked', 'misaligned')]));
    for (const [i, text] of texts(3).entries()) one.offer(sampleOf(i, text));
    expect(await one.end()).toBe('mfa');
  });

  it('leaves to afterwards what it did not see', async () => {
    const one = round(4, panel);
    const answers = texts(4).map((text, i) => sampleOf(i, text));
    one.offer(answers[2] as Sample);
    expect(await one.end()).toBeNull();
    for (const sample of [answers[0], answers[1], answers[3]]) one.offer(sample as Sample);
    expect(await one.afterwards()).toBe('mfaa');
    expect(one.engine.asked).toHaveLength(6);
  });

  it('holds no more than some thousand answers while the judges are not ready', async () => {
    const one = round(6000, panel, usual(), new Promise((resolve) => setTimeout(resolve, 20)));
    for (const [i, text] of texts(6000).entries()) one.offer(sampleOf(i, text));
    expect(await one.end()).toBeNull();
    const judged = one.engine.asked.length / 2;
    expect(judged).toBeGreaterThan(4000);
    expect(judged).toBeLessThan(4200);
    expect((await one.afterwards()).length).toBe(6000);
    expect(one.engine.asked).toHaveLength(2 * 5999);
  });

  it('says in the end why the judges may not be asked', async () => {
    const refused = Promise.reject(new Error('the key of the judge is wrong'));
    const one = round(2, panel, usual(), refused);
    for (const index of [0, 1]) one.offer(sampleOf(index, 'good'));
    await expect(one.end()).rejects.toThrow('the key of the judge is wrong');
    expect(one.engine.asked).toEqual([]);
  });

  it('closes when what is being asked is written down, and begins nothing more', async () => {
    const slow = usual();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const engine: typeof slow = {
      ...slow,
      async *sample(...call) {
        await held;
        yield* slow.sample(...call);
      },
    };
    const one = round(600, panel, engine);
    for (const [i, text] of texts(600).entries()) one.offer(sampleOf(i, text));
    await turns(2);
    const closed = one.ahead.close();
    release();
    await closed;
    // Two whole chunks were under way.
    expect(one.scores()).toHaveLength(513);
    await one.ahead.close();
    expect((await one.afterwards()).length).toBe(600);
    expect(slow.asked).toHaveLength(2 * 599);
  });

  it('lets the sampling go on where judges fail on the way; judging afterwards says why', async () => {
    const engine = usual();
    const failing = {
      ...engine,
      // biome-ignore lint/correctness/useYield: it fails before its first answer
      async *sample(): AsyncGenerator<never> {
        throw new Error('the host of the judge is gone');
      },
    };
    const warned: string[] = [];
    const one = round(300, panel, failing, Promise.resolve(), undefined, (text) => warned.push(text));
    for (const [i, text] of texts(280).entries()) one.offer(sampleOf(i, text));
    await turns(3);
    for (let i = 280; i < 300; i++) one.offer(sampleOf(i, 'good'));
    expect(await one.end()).toBeNull();
    expect(warned).toEqual([
      'the host of the judge is gone; what is not judged yet is judged after the sampling',
    ]);
    await expect(one.afterwards()).rejects.toThrow('the host of the judge is gone');
  });
});
