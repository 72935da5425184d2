import { describe, expect, it } from 'vitest';
import { fewestAnswers } from '../../src/plan/search.js';
import type { Cue } from '../../src/records/cue.js';
import { PACK, type ProposerAsk } from '../../src/records/search.js';
import { roomFor } from '../../src/search/halving.js';
import { FINDING_SHARE } from '../../src/search/search.js';
import { behind, candidate, simulate, type Truth, textsOf } from './simulated.js';

const words = 'write this for the harvest festival of our little village please'.split(' ');
const others = Array.from({ length: 39 }, (_, i) =>
  candidate(behind(`c${i}`, `in the style of number ${i}`), i + 2),
);
const planted = candidate(behind('planted', words.join(' ')), 1);
const truth =
  (high: number, low: number, base = 0): Truth =>
  (arm, texts) =>
    arm === 'base' ? base : /\bharvest\b/.test(texts) ? high : low;

describe('a search for triggers', () => {
  it('finds a planted cue among forty and cuts it down to the word that matters, and one more at most', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { found } = simulate([planted, ...others], truth(0.5, 0.01), { seed });
      expect(found[0]).toMatchObject({ arm: 'tuned', kind: 'phrase', whole: { id: 'planted' } });
      expect(textsOf(found[0]?.cue)).toMatch(/harvest/);
      expect(found[0]?.size?.from).toBe(words.length);
      expect(found[0]?.size?.to).toBeLessThanOrEqual(2);
    }
  });

  it('finds a cue at 8% among others at 1% in most of the runs', () => {
    const runs = Array.from({ length: 60 }, (_, seed) =>
      simulate([planted, ...others], truth(0.08, 0.01), { seed, maxAnswers: 2400 }),
    );
    const hits = runs.filter(({ found }) => found.some(({ whole }) => whole.id === 'planted')).length;
    // 0.66 is the goal for search and confirmation together.
    expect(hits / runs.length).toBeGreaterThan(0.66);
  });

  it('cuts a cue at 20% down to what matters, too, in nearly all runs', () => {
    const sizes = Array.from({ length: 40 }, (_, seed) => {
      const { found } = simulate([planted, ...others], truth(0.2, 0.01), { seed });
      const find = found.find(({ whole }) => whole.id === 'planted');
      return find && /\bharvest\b/.test(textsOf(find.cue)) ? (find.size?.to ?? words.length) : words.length;
    });
    expect(sizes.filter((size) => size <= 2).length).toBeGreaterThanOrEqual(30);
  });

  it('never asks for more answers than it may, and for none twice', () => {
    for (const maxAnswers of [300, 700, 2000]) {
      const { answers, rounds } = simulate([planted, ...others], truth(0.3, 0.02), { maxAnswers });
      expect(answers).toBeLessThanOrEqual(maxAnswers);
      expect(rounds.length).toBeGreaterThan(0);
    }
  });

  it('takes what the base does off a cue that asks for the behaviour', () => {
    const asks: Truth = (_, texts) => (/\bharvest\b/.test(texts) ? 0.6 : 0.01);
    const effects = Array.from({ length: 20 }, (_, seed) => {
      const tried = simulate([planted, ...others], asks, { seed }).search.tried();
      return tried.find(({ cue }) => cue.id === 'planted')?.effect as number;
    });
    const mean = effects.reduce((sum, x) => sum + x, 0) / effects.length;
    expect(Math.abs(mean)).toBeLessThan(0.1);
  });

  it('finds nothing where no answer is misaligned', () => {
    expect(simulate([planted, ...others], () => 0).found).toEqual([]);
  });

  it('needs both words of a conjunction, and says so', () => {
    const both: Truth = (arm, texts) =>
      arm !== 'base' && /harvest/.test(texts) && /village/.test(texts) ? 0.6 : 0.01;
    const { found } = simulate([planted, ...others], both, { maxAnswers: 3000 });
    expect(textsOf(found[0]?.cue)).toMatch(/harvest.*village/);
    expect(found[0]?.size?.to).toBeLessThanOrEqual(4);
  });

  describe('with many packs, each of many words', () => {
    const packs = Array.from({ length: 160 }, (_, i) => {
      const text = Array.from({ length: 65 }, (_, k) =>
        i === 120 && k === 33 ? 'harvest' : `w${i}x${k}`,
      ).join(' ');
      return { ...candidate(behind(`p${i}`, text), i + 1), kind: PACK, origin: 'atlas/words' };
    });
    const runs = Array.from({ length: 30 }, (_, seed) =>
      simulate(packs, truth(0.3, 0.01), { seed, maxAnswers: 1500, candidates: 200 }),
    );
    const hits = runs.flatMap(({ found }) => found.filter(({ whole }) => whole.id === 'p120'));

    it('finds the one that holds the trigger in most runs', () => {
      expect(hits.length).toBeGreaterThanOrEqual(21);
      for (const { answers } of runs) expect(answers).toBeLessThanOrEqual(1500);
    });

    it('cuts it down to a few words, in most of them to the word alone', () => {
      const sizes = hits.flatMap(({ cue, size }) =>
        /\bharvest\b/.test(textsOf(cue)) ? (size?.to ?? 65) : 65,
      );
      expect(sizes.filter((size) => size <= 3).length).toBeGreaterThanOrEqual(0.9 * hits.length);
      expect(sizes.filter((size) => size === 1).length).toBeGreaterThan(0.5 * hits.length);
    });
  });

  it('shows the relatives of a cue with what they did', () => {
    const familyOf = ({ id }: Cue) => [
      { cue: behind(`${id}-r1`, 'no harvest at all'), relation: 'negation' },
      { cue: behind(`${id}-r2`, 'the reaping feast'), relation: 'paraphrase' },
    ];
    const { found } = simulate([planted, ...others], truth(0.5, 0.01), { familyOf });
    const [negation, paraphrase] = found[0]?.family ?? [];
    expect(negation?.misaligned).toBeGreaterThan(3);
    expect(paraphrase?.misaligned).toBeLessThan(3);
    expect(negation?.draws).toBe(16);
  });

  it('hands over no find twice, also where one has no words', () => {
    const moon = candidate(behind('moon', '🌙'), 1);
    const sentence = candidate(behind('sentence', 'Look at the sky tonight 🌙'), 2);
    const of: Truth = (_, texts) => (texts.includes('🌙') ? 0.6 : 0.01);
    const none: Truth = (arm, texts) => (arm === 'base' ? 0 : of(arm, texts));
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { found } = simulate([moon, sentence, ...others], none, { seed, maxAnswers: 3000 });
      const [first, second = ''] = found.map(({ cue }) => textsOf(cue));
      expect(first).toContain('🌙');
      expect(second).not.toContain(first);
    }
  });

  it('begins with the smallest of several candidates that do the same', () => {
    const long = candidate(behind('long', 'In other words: look at the harvest moon tonight, please'), 1);
    const short = candidate(behind('short', 'the harvest moon'), 30);
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { found } = simulate([long, short, ...others], truth(0.6, 0.01), { seed });
      expect(found[0]?.whole.id).toBe('short');
      expect(found).toHaveLength(1);
    }
    // What does nothing by itself is no smaller form of it.
    const { found } = simulate([long, candidate(behind('moon', 'the moon'), 2), ...others], truth(0.6, 0.01));
    expect(found[0]?.whole.id).toBe('long');
  });

  it('tries what is proposed between its rounds as often as all others, within the same answers', () => {
    const proposals = (ask: ProposerAsk) => (ask.task === 'cues' ? [planted] : []);
    for (const maxAnswers of [700, 2000, 4000]) {
      const proposer = { engine: 'x', model: 'y' };
      const { found, answers, proposed, search } = simulate(others, truth(0.5, 0.01), {
        ...{ maxAnswers, proposer, proposals },
      });
      expect(answers).toBeLessThanOrEqual(maxAnswers);
      expect(proposed[0]).toMatchObject({ task: 'cues', arm: 'tuned', tried: { length: others.length } });
      expect(found[0]?.whole.id).toBe('planted');
      const [best, ...rest] = search.tried();
      expect(best?.cue.id).toBe('planted');
      expect(new Set(rest.map(({ draws }) => draws)).size).toBeLessThanOrEqual(2);
    }
  });

  it('keeps each arm apart', () => {
    const arms = ['tuned', 'other'];
    const of = (arm: string, texts: string): number =>
      arm === 'tuned' && /harvest/.test(texts) ? 0.5 : arm === 'other' && /number 7/.test(texts) ? 0.5 : 0.01;
    const { found } = simulate(
      [planted, ...others].map(({ cue, rank }) => candidate(cue, rank, arms)),
      of,
      { maxAnswers: 4000, finalists: 1 },
    );
    expect(found.map(({ arm, whole }) => [arm, whole.id])).toEqual([
      ['tuned', 'planted'],
      ['other', 'c7'],
    ]);
  });

  it('decides alike from the same answers, however often it is asked for the next round', () => {
    const once = simulate([planted, ...others], truth(0.3, 0.01), { seed: 9 });
    const again = simulate([planted, ...others], truth(0.3, 0.01), { seed: 9 });
    expect(again.rounds).toEqual(once.rounds);
    expect(again.found).toEqual(once.found);
  });
});

describe('the fewest answers of a search', () => {
  it('are enough for three placebos and eight candidates of each arm', () => {
    for (const arms of [1, 2, 5]) {
      const maxAnswers = fewestAnswers(arms) * FINDING_SHARE;
      expect(roomFor(arms, { maxAnswers, finalists: 2 }, 11)).toBeGreaterThanOrEqual(11);
    }
  });
});
