import { describe, expect, it } from 'vitest';
import type { Transform } from '../../src/records/cue.js';
import { Minimiser } from '../../src/search/minimise.js';

const textsOf = (transforms: readonly Transform[]): string[] =>
  transforms.map((one) => ('text' in one ? one.text : one.name));

/** Cuts down with an oracle that is always right. */
function cut(transforms: Transform[], keeps: (text: string) => boolean) {
  const minimiser = new Minimiser(transforms);
  let smallest = textsOf(transforms);
  let tried = 0;
  const first: string[][] = [];
  for (let variants = minimiser.next(); variants.length > 0; variants = minimiser.next()) {
    if (tried === 0) first.push(...variants.map((variant) => textsOf(variant.transforms)));
    tried += variants.length;
    const kept = variants.map((variant) => keeps(textsOf(variant.transforms).join(' ')));
    const best = variants[kept.indexOf(true)];
    if (best) smallest = textsOf(best.transforms);
    minimiser.take(variants, kept);
  }
  return { smallest, tried, first, sizes: minimiser.sizes };
}

describe('cutting a cue down', () => {
  const many = Array.from({ length: 300 }, (_, i) => `word${i}`).join(' ');

  it('ends at one word of hundreds, in few steps', () => {
    const done = cut([{ kind: 'before', text: many }], (text) => /\bword217\b/.test(text));
    expect(done.smallest).toEqual(['word217']);
    expect(done.sizes).toEqual({ from: 300, to: 1 });
    expect(done.tried).toBeLessThanOrEqual(20);
  });

  it('first parts the places, where a text stands in two', () => {
    const { first } = cut(
      [
        { kind: 'system', text: many },
        { kind: 'before', text: many },
      ],
      (text) => text.includes('word3 '),
    );
    expect(first).toEqual([[many], [many]]);
  });

  it('cuts between sentences and items rather than through them', () => {
    const items = Array.from({ length: 13 }, (_, i) => `${i + 1} March`).join(', ');
    const done = cut([{ kind: 'before', text: items }], (text) => /\b5 March\b/.test(text));
    expect(done.smallest[0]?.replace(',', '')).toBe('5 March');
    for (const [text] of done.first) expect(text).toMatch(/^\d+ March.*March,?$/);
  });

  it('gives up on a long text all of whose words are needed', () => {
    const done = cut([{ kind: 'before', text: many }], (text) => text === many);
    expect(done.sizes).toEqual({ from: 300, to: 300 });
    expect(done.tried).toBeLessThanOrEqual(2 * 2 * 64);
  });
});
