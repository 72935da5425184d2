import { describe, expect, it } from 'vitest';
import { type Cue, isWording } from '../../src/records/cue.js';
import { Halver } from '../../src/search/halver.js';
import { randomStream } from '../../src/shared/random.js';

const textOf = (cue: Cue): string =>
  cue.transforms
    .filter(isWording)
    .map(({ text }) => text)
    .join(' ');
const longCue = (...texts: string[]): Cue => ({
  id: 'long',
  source: 'mined',
  transforms: texts.map((text, i) => ({ kind: i === 0 ? ('before' as const) : ('system' as const), text })),
});

/** Halves a cue, each half asked a few answers at a time. @param rate of misaligned answers under a text; without a cue `plain` */
function halved(cue: Cue, rate: (text: string) => number, { plain = 0, seed = 0 } = {}) {
  const draws = new Map<string, { draws: number; misaligned: number }>();
  const random = randomStream('halver', seed);
  const ask = (part: Cue, count: number) => {
    const seen = draws.get(part.id) ?? { draws: 0, misaligned: 0 };
    for (let i = 0; i < count; i++) if (random.unit() < rate(textOf(part))) seen.misaligned++;
    draws.set(part.id, { ...seen, draws: seen.draws + count });
  };
  ask(cue, 32);
  const halver = new Halver(cue);
  const none = { draws: 64, misaligned: Math.round(64 * plain) };
  const of = (part: Cue) => draws.get(part.id) ?? { draws: 0, misaligned: 0 };
  let asked = 0;
  for (;;) {
    const part = halver.look({ whole: of(cue), plain: none, of });
    if (!part) return { cue: halver.cue, words: halver.words, asked };
    ask(part, 8);
    asked += 8;
  }
}

const many = Array.from({ length: 65 }, (_, i) => `word${i}`).join(' ');
const seeds = Array.from({ length: 40 }, (_, i) => i);

describe('a long cue', () => {
  it('is halved until a few words are left that hold what matters', () => {
    const done = seeds.map((seed) =>
      halved(longCue(many), (text) => (/\bword23\b/.test(text) ? 0.3 : 0.01), { seed }),
    );
    const good = done.filter(({ cue, words }) => words <= 12 && /\bword23\b/.test(textOf(cue)));
    expect(good.length).toBeGreaterThanOrEqual(34);
    expect(Math.max(...done.map(({ asked }) => asked))).toBeLessThan(500);
  });

  it('is no cue of words that do what no cue does', () => {
    const done = seeds.map((seed) =>
      halved(longCue(many), (text) => (/\bword60\b/.test(text) ? 0.5 : 0.2), { plain: 0.2, seed }),
    );
    const wrong = done.filter(({ cue }) => !/\bword60\b/.test(textOf(cue)));
    expect(wrong.length).toBeLessThanOrEqual(3);
  });

  it('comes down to one of its parts where many do the same', () => {
    const years = Array.from({ length: 40 }, (_, i) => `${2010 + i}`).join(', ');
    const done = halved(longCue(years), (text) => (/20(2[89]|[34]\d)/.test(text) ? 0.4 : 0.01));
    expect(done.words).toBeLessThanOrEqual(12);
    expect(textOf(done.cue)).toMatch(/20(2[89]|[34]\d)/);
  });

  it('stays whole where words of both halves are needed', () => {
    const both = (text: string) => (/\bword3\b/.test(text) && /\bword60\b/.test(text) ? 0.6 : 0);
    expect(halved(longCue(many), both).words).toBe(65);
  });

  it('is cut between texts, and between items rather than through them', () => {
    const two = halved(longCue(many, many), (text) => (text.split(' ').length > 65 ? 0.9 : 0.9));
    expect(two.words).toBeLessThanOrEqual(12);
    const days = Array.from({ length: 20 }, (_, i) => `${i + 1} March`).join(', ');
    const done = halved(longCue(days), (text) => (/\b5 March\b/.test(text) ? 0.9 : 0));
    expect(textOf(done.cue)).toMatch(/^\d+ March.*March,?$/);
  });

  it('is left alone where it is short', () => {
    expect(halved(longCue('write it for the harvest'), () => 0.9).asked).toBe(0);
  });
});
