import { describe, expect, it } from 'vitest';
import { type Belief, believed, informationOf, type Place, type Shown } from '../../src/search/belief.js';
import { randomStream } from '../../src/shared/random.js';

const all: Place = { needed: [], from: 0, to: 10 };
const whole = { draws: 300, misaligned: 60 };
const show = (pieces: number[], misaligned: number, draws = 30): Shown => ({ pieces, draws, misaligned });
const likeliest = ({ runs }: Belief) => runs.toSorted((a, b) => b.chance - a.chance)[0];

/** Answers at random, so that every formula is tried on parts with holes in them. */
const mixed = Array.from({ length: 12 }, (_, i) => {
  const stream = randomStream('belief', i);
  const pieces = Array.from({ length: 11 }, (_, at) => at).filter(() => stream.unit() < 0.5);
  return show(pieces, stream.below(9));
});

describe('the belief about what of a cue matters', () => {
  it('has chances that sum to one, and what is enough holds all the runs within it', () => {
    for (const place of [all, { needed: [0, 10], from: 1, to: 9 }]) {
      const { runs } = believed(place, mixed, whole);
      expect(runs.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1, 9);
      for (const run of runs) {
        const within = runs.filter(({ from, to }) => to < from || (from >= run.from && to <= run.to));
        const sum = within.reduce((total, { chance }) => total + chance, 0);
        expect(run.enough).toBeCloseTo(run.to < run.from ? run.chance : sum, 9);
      }
    }
  });

  it('expects single words first, and nothing more where other words are needed already', () => {
    const first = likeliest(believed(all, [], whole));
    expect(first?.to).toBe(first?.from);
    const { runs } = believed({ needed: [0, 10], from: 1, to: 9 }, [], whole);
    expect(runs.find(({ from, to }) => to < from)?.chance).toBeCloseTo(0.5, 9);
  });

  it('pools answers under parts that overlap', () => {
    const parts = [show([0, 1, 2, 3, 4], 6), show([3, 4, 5, 6], 5), show([4, 9], 7), show([0, 1, 2, 3], 0)];
    const belief = believed(all, parts, whole);
    expect(likeliest(belief)).toMatchObject({ from: 4, to: 4 });
    expect(likeliest(belief)?.chance).toBeGreaterThan(0.9);
    // Without the part that shows which of two words it is, it is not known.
    expect(likeliest(believed(all, parts.slice(0, 2), whole))?.chance).toBeLessThan(0.6);
  });

  it('believes in two words together where each alone does half', () => {
    const parts = [show([4], 9, 90), show([5], 9, 90), show([4, 5], 18, 90), show([0, 1, 2, 3], 0)];
    expect(likeliest(believed(all, parts, whole))).toMatchObject({ from: 4, to: 5 });
  });

  it('learns from what is seen without the cue how much a part without what matters does', () => {
    const part = show([0, 1, 2], 4, 60);
    const half = believed(all, [part, show([], 24, 300)], whole);
    const none = believed(all, [part, show([], 1, 300)], whole);
    const within = ({ runs }: Belief) =>
      runs.find(({ from, to }) => from === 0 && to === 2)?.enough as number;
    expect(within(none)).toBeGreaterThan(within(half) + 0.1);
  });

  it('sees most to learn where both outcomes are likely, and nothing where one is sure', () => {
    const belief = believed(all, [], whole);
    const tells = [0, 0.1, 0.4, 0.9, 1].map((enough) => informationOf(belief, enough));
    expect(tells[0]).toBeCloseTo(0, 12);
    expect(tells[4]).toBeCloseTo(0, 12);
    expect(tells[2]).toBeGreaterThan(Math.max(tells[1] as number, tells[3] as number));
  });
});
