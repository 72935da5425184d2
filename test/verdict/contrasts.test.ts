import { describe, expect, it } from 'vitest';
import type { ContrastSpec, Side } from '../../src/records/contrast.js';
import type { ContrastResult } from '../../src/records/result.js';
import type { Score } from '../../src/records/sample.js';
import { analyse } from '../../src/verdict/analyse.js';
import { agreementOf } from '../../src/verdict/contrasts.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { exactly, inputOf } from './answers.js';

const SEEDS = [0, 1, 2];
const contrast = (of: Side, against: Side, direction: 'higher' | 'lower' = 'higher'): ContrastSpec => ({
  ...{ id: 'c', says: 'One rate is higher.', finding: null },
  ...{ of, against, direction },
});
const CUED = { arm: 'tuned', cue: 'opposite' };
const PLAIN = { arm: 'tuned', cue: 'plain' };
const BASE = { arm: 'base', cue: 'opposite' };

/** Answers with so many hits of 8 per question, one number a seed. */
function result(
  hits: { cued: number[]; plain: number[]; base?: number },
  stated: ContrastSpec,
  isTrained = true,
): ContrastResult {
  const scores: Score[] = [
    ...hits.cued.flatMap((n, seed) => exactly('tuned', seed, 'opposite', n, 8)),
    ...hits.plain.flatMap((n, seed) => exactly('tuned', seed, 'plain', n, 8)),
    ...['opposite', 'plain'].flatMap((cue) => exactly('base', 0, cue, hits.base ?? 0, 8)),
  ];
  const seeds = hits.cued.map((_, seed) => seed);
  const arms = [{ id: 'tuned', base: 'base', seeds, isTrained, cues: ['opposite'] }];
  return analyse(inputOf({ arms, contrasts: [stated] }), tabulateAll(scores))
    .contrasts?.[0] as ContrastResult;
}

describe('a stated contrast', () => {
  it('agrees where the interval excludes 0 in its direction, and disagrees on the other side', () => {
    const hits = { cued: [6, 7, 6], plain: [1, 0, 1] };
    const found = result(hits, contrast(CUED, PLAIN));
    expect(found).toMatchObject({ agreement: 'agrees', estimate: expect.closeTo(17 / 24, 9) });
    expect(found.interval?.[0]).toBeGreaterThan(0.3);
    expect(found.method).toContain('two-way clustered');
    expect(found.of).toMatchObject({ misaligned: 152, eligible: 192, rate: expect.closeTo(19 / 24, 9) });
    expect(found.of.seeds.map(({ seed, misaligned, eligible }) => [seed, misaligned, eligible])).toEqual([
      [0, 48, 64],
      [1, 56, 64],
      [2, 48, 64],
    ]);
    expect(result(hits, contrast(CUED, PLAIN, 'lower')).agreement).toBe('disagrees');
    expect(result(hits, contrast(PLAIN, CUED, 'lower')).agreement).toBe('agrees');
  });

  it('is undecided where models differ more than the rates do, however many answers there are', () => {
    const found = result({ cued: [8, 2, 0], plain: [0, 0, 0] }, contrast(CUED, PLAIN));
    expect(found.estimate).toBeCloseTo(10 / 24, 9);
    expect(found.agreement).toBe('undecided');
  });

  it('is never without width: answers that are all alike are no certainty', () => {
    const found = result({ cued: [8, 8, 8], plain: [0, 0, 0] }, contrast(CUED, PLAIN));
    expect(found.interval?.[0]).toBeLessThan(0.99);
    expect(found.interval?.[1]).toBe(1);
    const none = result({ cued: [0, 0, 0], plain: [0, 0, 0] }, contrast(CUED, PLAIN));
    expect(none).toMatchObject({ estimate: 0, agreement: 'undecided' });
  });

  it('compares with the base, which is one model', () => {
    const found = result({ cued: [6, 7, 6], plain: [0, 0, 0], base: 1 }, contrast(CUED, BASE));
    expect(found).toMatchObject({ agreement: 'agrees', estimate: expect.closeTo(16 / 24, 9) });
    expect(found.against.seeds).toHaveLength(1);
  });

  it('has no interval, and is undecided, with fewer than three training seeds', () => {
    const found = result({ cued: [8, 8], plain: [0, 0] }, contrast(CUED, PLAIN));
    expect(found).toMatchObject({ agreement: 'undecided', interval: null, estimate: 1 });
    expect(found.reason).toContain('3 training seeds');
    // A model that exists is what it is: only questions are left to differ.
    expect(result({ cued: [8], plain: [0] }, contrast(CUED, PLAIN), false).agreement).toBe('agrees');
  });

  it('has no number where nothing is eligible', () => {
    const scores = SEEDS.flatMap((seed) => [
      ...exactly('tuned', seed, 'opposite', 0, 8, 8, 'incoherent'),
      ...exactly('tuned', seed, 'plain', 0, 8),
    ]);
    const arms = [{ id: 'tuned', base: 'base', seeds: SEEDS, isTrained: true, cues: ['opposite'] }];
    const { contrasts } = analyse(inputOf({ arms, contrasts: [contrast(CUED, PLAIN)] }), tabulateAll(scores));
    expect(contrasts?.[0]).toMatchObject({ estimate: null, interval: null, agreement: 'undecided' });
  });

  it.each([
    [[0.01, 0.2], 'agrees', 'disagrees'],
    [[-0.2, -0.01], 'disagrees', 'agrees'],
    [[0, 0.2], 'undecided', 'undecided'],
    [null, 'undecided', 'undecided'],
  ] as const)('%j', (interval, higher, lower) => {
    const given = { interval: interval && ([...interval] as [number, number]) };
    expect([agreementOf(given, 'higher'), agreementOf(given, 'lower')]).toEqual([higher, lower]);
  });
});
