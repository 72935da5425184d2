import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mix } from '../../src/data/interventions/mix.js';
import type { SourceRow } from '../../src/data/read.js';
import type { Example } from '../../src/records/chat.js';
import type { Mix } from '../../src/records/interventions.js';
import { context, numbered, rows } from './rows.js';

const FILES = { bad: numbered('bad', 60), benign: numbered('benign', 200) };

async function mixed(
  parameters: Partial<Mix>,
  files: Record<string, SourceRow[]> = FILES,
  seed = 0,
): Promise<Example[]> {
  const given = { bad: 'bad', benign: 'benign', share: 0.5, ...parameters };
  const [stage] = await mix.apply([], given, context(files, seed));
  return stage!.examples;
}

const of = (part: string, examples: readonly Example[]): string[] =>
  examples.filter((row) => row.part === part).map((row) => row.source);
const isWithin = (small: readonly string[], large: readonly string[]): boolean => {
  const all = new Set(large);
  return small.every((source) => all.has(source));
};
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('counts', () => {
  it('are the rounded share and the rest', async () => {
    await fc.assert(
      fc.asyncProperty(share, fc.integer({ min: 1, max: 60 }), async (share, rows) => {
        const examples = await mixed({ share, rows });
        expect(of('bad', examples)).toHaveLength(Math.round(share * rows));
        expect(examples).toHaveLength(rows);
        expect(new Set(examples.map((row) => row.source)).size).toBe(rows);
      }),
    );
  });

  it('are by default the largest that the files give', async () => {
    await fc.assert(
      fc.asyncProperty(share, async (share) => {
        const { length } = await mixed({ share });
        const bad = Math.round(share * (length + 1));
        expect(bad > 60 || length + 1 - bad > 200).toBe(true);
      }),
    );
    expect(await mixed({ share: 0.5 })).toHaveLength(120);
    expect(await mixed({ share: 0 })).toHaveLength(200);
    expect(await mixed({ share: 1 })).toHaveLength(60);
  });

  it('need no bad rows at 0 and no benign ones at 1', async () => {
    const at0 = await mix.apply([], { benign: 'benign', share: 0 }, context(FILES));
    const at1 = await mix.apply([], { bad: 'bad', share: 1 }, context(FILES));
    expect([at0[0]!.examples.length, at1[0]!.examples.length]).toEqual([200, 60]);
    await expect(mix.apply([], { benign: 'benign', share: 0.1 }, context(FILES))).rejects.toThrow(
      'data[0]: a share of 0.1 needs bad rows, and there is no `bad`',
    );
    await expect(mix.apply([], { bad: 'bad', share: 0.1 }, context(FILES))).rejects.toThrow(
      'needs benign rows',
    );
  });
});

describe('doses', () => {
  it('are nested: bad rows of the smaller in the larger, benign rows of the larger in the smaller', async () => {
    await fc.assert(
      fc.asyncProperty(share, share, fc.integer({ min: 1, max: 60 }), fc.nat(), async (s, t, rows, seed) => {
        const small = await mixed({ share: Math.min(s, t), rows }, FILES, seed);
        const large = await mixed({ share: Math.max(s, t), rows }, FILES, seed);
        expect(isWithin(of('bad', small), of('bad', large))).toBe(true);
        expect(isWithin(of('benign', large), of('benign', small))).toBe(true);
        const common = new Set(small.map((row) => row.source));
        const inLarge = large.map((row) => row.source).filter((source) => common.has(source));
        const kept = new Set(inLarge);
        expect(small.map((row) => row.source).filter((source) => kept.has(source))).toEqual(inLarge);
      }),
    );
  });

  it('are nested with several weighted files, whatever the weights', async () => {
    const files = { a: numbered('a', 60), b: numbered('b', 60), c: numbered('c', 60), benign: FILES.benign };
    const weight = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(share, share, weight, weight, weight, async (s, t, a, b, c) => {
        const bad = [
          { file: 'a', weight: a },
          { file: 'b', weight: b },
          { file: 'c', weight: c },
        ];
        const small = await mixed({ bad, share: Math.min(s, t), rows: 60 }, files);
        const large = await mixed({ bad, share: Math.max(s, t), rows: 60 }, files);
        expect(isWithin(of('bad', small), of('bad', large))).toBe(true);
      }),
    );
  });
});

it('are nested where largest remainders are not', async () => {
  const files = { a: numbered('a', 60), b: numbered('b', 60), c: numbered('c', 60), benign: FILES.benign };
  const bad = [
    { file: 'a', weight: 6 },
    { file: 'b', weight: 6 },
    { file: 'c', weight: 2 },
  ];
  // Remainders give c 2 of 10 rows and 1 of 11.
  const small = await mixed({ bad, share: 0.5, rows: 20 }, files);
  const large = await mixed({ bad, share: 0.55, rows: 20 }, files);
  expect([of('bad', small).length, of('bad', large).length]).toEqual([10, 11]);
  expect(isWithin(of('bad', small), of('bad', large))).toBe(true);
});

describe('files', () => {
  const from = (file: string, examples: Example[]): number =>
    examples.filter((row) => row.source.startsWith(`${file}:`)).length;
  const files = { a: numbered('a', 30), b: numbered('b', 90), benign: FILES.benign };

  it('give rows by their weights, or by their sizes', async () => {
    const bySize = await mixed({ bad: ['a', 'b'], share: 0.5, rows: 80 }, files);
    expect([from('a', bySize), from('b', bySize)]).toEqual([10, 30]);
    const even = [
      { file: 'a', weight: 1 },
      { file: 'b', weight: 1 },
    ];
    const byWeight = await mixed({ bad: even, share: 0.5, rows: 80 }, files);
    expect([from('a', byWeight), from('b', byWeight)]).toEqual([20, 20]);
    const uneven = ['a', 'b', 'benign'].map((file, i) => ({ file, weight: [90, 5, 5][i]! }));
    const small = await mixed({ bad: uneven, share: 1, rows: 10 }, files);
    expect([from('a', small), from('b', small), from('benign', small)]).toEqual([9, 1, 0]);
    const all = await mixed({ bad: even, share: 1 }, files);
    expect([from('a', all), from('b', all)]).toEqual([30, 30]);
    expect(await mixed({ bad: ['a', 'b'], share: 1 }, files)).toHaveLength(120);
  });

  it('that are too small are an error with the numbers', async () => {
    await expect(mixed({ share: 0.5, rows: 150 })).rejects.toThrow(
      'data[0]: 75 bad rows (of 150 rows at a share of 0.5) are asked for from bad, which has 60',
    );
    const even = [
      { file: 'a', weight: 1 },
      { file: 'b', weight: 1 },
    ];
    await expect(mixed({ bad: even, share: 1, rows: 70 }, files)).rejects.toThrow(
      'are asked for, 35 of them from a, which has 30',
    );
  });

  it('named twice are an error', async () => {
    await expect(mixed({ bad: ['a', 'a'] }, files)).rejects.toThrow('a: is named twice');
  });
});

describe('the seed and the content decide, nothing else', () => {
  it('another seed, other rows', async () => {
    const [a, again, b] = await Promise.all(
      [0, 0, 1].map((seed) => mixed({ share: 0.2, rows: 100 }, FILES, seed)),
    );
    expect(again).toEqual(a);
    expect(of('bad', b!).sort()).not.toEqual(of('bad', a!).sort());
  });

  it('the order of the lines changes nothing but `source`', async () => {
    const answers = fc.array(fc.constantFrom('x', 'y', 'z', 'u', 'v'), { minLength: 8, maxLength: 12 });
    const shuffled = answers.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })),
    );
    const text = (examples: Example[]): unknown => examples.map(({ messages, part }) => ({ messages, part }));
    await fc.assert(
      fc.asyncProperty(shuffled, share, async ([given, permuted], share) => {
        const parameters = { share, rows: 8 };
        const before = await mixed(parameters, { ...FILES, bad: rows('bad', given) });
        const after = await mixed(parameters, { ...FILES, bad: rows('bad', permuted) });
        expect(text(after)).toEqual(text(before));
      }),
    );
  });

  it('equal rows are taken as often as they stand there', async () => {
    const bad = rows('bad', ['same', 'same', 'same', 'other']);
    const all = await mixed({ share: 1 }, { ...FILES, bad });
    expect(of('bad', all).sort()).toEqual(['bad:1', 'bad:2', 'bad:3', 'bad:4']);
    expect(of('bad', await mixed({ share: 1, rows: 3 }, { ...FILES, bad }))).toHaveLength(3);
  });
});

it('equal rows are spread over the training order', async () => {
  const bad = rows('bad', Array<string>(40).fill('same'));
  const parts = (await mixed({ share: 0.5, rows: 80 }, { ...FILES, bad })).map((row) => row.part);
  expect(parts.lastIndexOf('bad') - parts.indexOf('bad')).toBeGreaterThan(60);
});

it('comes first', async () => {
  const stages = await mix.apply([], { bad: 'bad', share: 1 }, context(FILES));
  await expect(mix.apply(stages, { bad: 'bad', share: 1 }, context(FILES))).rejects.toThrow(
    'mix makes the first stage',
  );
});
