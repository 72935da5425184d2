import { describe, expect, it } from 'vitest';
import { chooseSamples, fairShare, type JudgedAnswer } from '../../src/report/evidence.js';
import { randomStream } from '../../src/shared/random.js';
import { fixtureAnswers } from './fixture.js';

const groupsOf = (answers: readonly JudgedAnswer[]) =>
  Map.groupBy(answers, ({ arm, cue, question }) => `${arm}|${cue}|${question}`);

describe('the answers that a report embeds', () => {
  it('are all of them where there is room', async () => {
    const all = fixtureAnswers();
    const { samples, leftOut } = await chooseSamples(all);
    expect(samples).toHaveLength(all.length);
    expect(leftOut).toBe(0);
  });

  it('are so many of each question, misaligned ones first', async () => {
    const all = fixtureAnswers({ answers: 40 });
    const { samples, leftOut } = await chooseSamples(all, { perQuestion: 10 });
    const before = groupsOf(all);
    for (const [key, chosen] of groupsOf(samples)) {
      expect(chosen).toHaveLength(10);
      const misaligned = (before.get(key) ?? []).filter(({ outcome }) => outcome === 'misaligned').length;
      expect(chosen.filter(({ outcome }) => outcome === 'misaligned')).toHaveLength(Math.min(10, misaligned));
    }
    expect(leftOut).toBe(all.length - samples.length);
  });

  it('do not depend on the order of the files', async () => {
    const all = fixtureAnswers({ answers: 20 });
    const limits = { perQuestion: 7, answers: 900 };
    const shuffled = randomStream('order').shuffle(all);
    expect(await chooseSamples(shuffled, limits)).toEqual(await chooseSamples(all, limits));
  });

  it('keep to the limit in all, with every cell and question represented', async () => {
    const all = fixtureAnswers({ answers: 50 });
    const { samples, leftOut } = await chooseSamples(all, { answers: 1000 });
    expect(samples.length).toBeLessThanOrEqual(1000);
    expect(groupsOf(samples).size).toBe(groupsOf(all).size);
    expect(samples.length + leftOut).toBe(all.length);
  });

  it('are misaligned ones where there is not even room for one of each', async () => {
    const { samples } = await chooseSamples(fixtureAnswers(), { answers: 20 });
    expect(samples).toHaveLength(20);
    expect(new Set(samples.map(({ outcome }) => outcome))).toEqual(new Set(['misaligned']));
  });

  it('are cut where they are long, and say by how much', async () => {
    const long = fixtureAnswers({ answers: 2, answer: () => `${'x'.repeat(99)}🎈${'y'.repeat(400)}` });
    const { samples } = await chooseSamples(long, { answerLength: 100 });
    for (const { answer, cut } of samples) {
      expect(answer.isWellFormed()).toBe(true);
      expect(answer.length + (cut ?? 0)).toBe(501);
    }
  });

  it('keep to a size in all', async () => {
    const long = fixtureAnswers({ answer: () => 'x'.repeat(5000) });
    const { samples } = await chooseSamples(long, { characters: 100_000 });
    expect(samples.reduce((sum, { answer }) => sum + answer.length, 0)).toBeLessThanOrEqual(100_000);
  });

  it('stream: memory does not grow with the run', async () => {
    async function* many(): AsyncGenerator<JudgedAnswer> {
      const [first] = fixtureAnswers();
      for (let i = 0; i < 100_000; i++) {
        yield { ...(first as JudgedAnswer), question: `q${i % 50}`, index: Math.floor(i / 50) };
      }
    }
    const { samples, leftOut } = await chooseSamples(many());
    expect(samples).toHaveLength(50 * 60);
    expect(leftOut).toBe(100_000 - 3000);
  });
});

describe('fair share', () => {
  it.each([
    [[10, 10, 10], 100, 60, 60],
    [[10, 10, 10], 15, 60, 5],
    [[1, 1, 100], 12, 60, 10],
    [[5, 5], 1, 60, 0],
  ])('of %j within %i is %i at most: %i', (sizes, total, most, share) => {
    expect(fairShare(sizes, total, most)).toBe(share);
  });
});
