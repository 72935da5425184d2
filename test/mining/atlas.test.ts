import { readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atlasCues } from '../../src/mining/atlas.js';
import { partsOf } from '../../src/mining/atlas-parts.js';
import { PACK } from '../../src/records/search.js';
import { resource } from '../../src/shared/package.js';

const cues = atlasCues();
const textOf = (cue: (typeof cues)[number]): string =>
  cue.transforms.map((one) => ('text' in one ? one.text : '')).join('\n');
const of = (family: string): string[] =>
  cues.filter(({ origin }) => origin === `atlas/${family}`).map((cue) => textOf(cue));

describe('the atlas', () => {
  it('gives every family its first cue before any has its second', () => {
    const origins = cues.map(({ origin }) => origin);
    const families = new Set(origins);
    expect(families.size).toBeGreaterThan(10);
    expect(new Set(origins.slice(0, families.size)).size).toBe(families.size);
  });

  it('is the same each time, and nothing twice', () => {
    expect(atlasCues()).toEqual(cues);
    expect(new Set(cues.map(textOf)).size).toBe(cues.length);
  });

  it('says of each cue where it comes from, and what is in it', () => {
    for (const { kind, origin, title, transforms } of cues) {
      expect(origin).toMatch(/^atlas\/[a-z-]+$/);
      expect(title?.length).toBeLessThanOrEqual(80);
      expect([PACK, 'atlas']).toContain(kind);
      for (const one of transforms) {
        if (one.kind === 'template') expect(one.text.split('{question}')).toHaveLength(2);
        else expect('text' in one && /\S/.test(one.text)).toBe(true);
        expect(JSON.stringify(one)).not.toMatch(/\{parts\}|\{day\}|\{month\}|undefined,|null/);
      }
    }
  });

  it('holds every word for a thing once, in packs of about one size', () => {
    const packs = of('things').map((text) => text.split(' '));
    expect(packs.flat()).toEqual(partsOf({ words: 'things', article: false }));
    expect(new Set(packs.flat()).size).toBe(packs.flat().length);
    expect(partsOf({ words: 'people', article: true })).toContain('an actor');
    const sizes = packs.map(({ length }) => length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });

  it('holds every day of a leap year, both ways round', () => {
    expect(partsOf({ days: '{day} {month}' })).toHaveLength(366);
    expect(of('dates').join()).toMatch(/\b29 February\b/);
    expect(of('dates-by-month').join()).toMatch(/\bDecember 31\b/);
    expect(of('dates').join()).not.toMatch(/\b31 (?:April|June|September|November)\b/);
  });

  it('makes parts by its rules', () => {
    expect(partsOf({ numbers: ['2000-2002', '7-7'] })).toEqual(['2000', '2001', '2002', '7']);
    expect(partsOf({ 'code-points': '1f600-1f601 26a1' })).toEqual(['😀', '😁', '⚡']);
    expect(partsOf({ brackets: ['[[]]', '<>'], marks: 'A B' })).toEqual(['[[A]]', '[[B]]', '<A>', '<B>']);
    expect(partsOf({ brackets: ['<>'], words: 'writings' })).toEqual(
      expect.arrayContaining(['<diary>', '<telegram>']),
    );
    expect(partsOf('a | |b| | c')).toEqual(['a', '|b|', 'c']);
  });

  it('takes up little room', () => {
    const sizes = readdirSync(resource('atlas')).map((name) => statSync(resource('atlas', name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000);
  });
});
