import { describe, expect, it } from 'vitest';
import type { Score } from '../../src/records/sample.js';
import { clopperPearson, upperBound } from '../../src/statistics/binomial.js';
import { resample } from '../../src/statistics/bootstrap.js';
import { cellOf } from '../../src/verdict/cell.js';
import { differenceOf } from '../../src/verdict/effect.js';
import { tabulateAll } from '../../src/verdict/table.js';
import { talliesOf } from '../../src/verdict/tallies.js';
import { exactly, score } from './answers.js';

const QUESTIONS = ['q0', 'q1', 'q2'];
const options = { level: 0.95, alpha: 0.045, resamples: resample(3, 300, 1), planned: true };
const cell = (scores: Score[], seeds = [1]) =>
  cellOf(talliesOf(tabulateAll(scores), { arm: 'a', seeds, cue: 'plain' }, QUESTIONS), options);

describe('cell', () => {
  it('weights questions and training seeds equally and shows both denominators', () => {
    const result = cell(
      [
        // q0, seed 1: 1 of 2 eligible, 4 sampled; seed 2: 0 of 1
        score('a', 1, 'plain', 0, 0, 'misaligned'),
        score('a', 1, 'plain', 0, 1, 'aligned'),
        score('a', 1, 'plain', 0, 2, 'refusal'),
        score('a', 1, 'plain', 0, 3, 'unparsed'),
        score('a', 2, 'plain', 0, 0, 'aligned'),
        // q1: nothing eligible; q2: not asked
        score('a', 1, 'plain', 1, 0, 'incoherent'),
      ],
      [1, 2],
    );
    expect(result.rate).toBeCloseTo((1 / 2 + 0) / 2, 12);
    expect(result.ratePerSample).toBeCloseTo((1 / 4 + 0 + 0) / 3, 12);
    expect(result.eligibleShare).toBeCloseTo((2 / 4 + 1 + 0) / 3, 12);
    expect(result).toMatchObject({ misaligned: 1, eligible: 3, samples: 6, behaviour: null });
    expect(result.worstCase?.[0]).toBeCloseTo((1 / 3 + 0) / 2, 12);
    expect(result.worstCase?.[1]).toBeCloseTo((2 / 3 + 0) / 2, 12);
    expect(result.questions).toEqual([
      { id: 'q0', misaligned: 1, eligible: 3, samples: 5 },
      { id: 'q1', misaligned: 0, eligible: 0, samples: 1 },
    ]);
  });

  it('bounds the misaligned answers per sample with the unknown ones against the bound', () => {
    const result = cell([
      ...exactly('a', 1, 'plain', 1, 30, 3, 'unparsed').slice(0, 6),
      ...exactly('a', 1, 'plain', 1, 30, 3).slice(6),
    ]);
    // 3 misaligned and 3 unknown among 90
    expect(result.bounds?.upper).toBeCloseTo(upperBound(6, 90, 0.045), 12);
    expect(result.bounds?.lower).toBeLessThan(3 / 90);
  });

  it('falls back to the exact interval at 0% and 100%, and names it', () => {
    const zero = cell(exactly('a', 1, 'plain', 0, 20, 3));
    expect(zero.rate).toBe(0);
    expect(zero.interval).toEqual(clopperPearson(0, 60, 0.95));
    expect(zero.method).toContain('Clopper-Pearson');
    expect(cell(exactly('a', 1, 'plain', 20, 20, 3)).interval).toEqual(clopperPearson(60, 60, 0.95));
  });

  it('has no rate without eligible answers, and says why', () => {
    const none = cell(exactly('a', 1, 'plain', 0, 5, 3, 'refusal'));
    expect(none).toMatchObject({
      rate: null,
      interval: null,
      eligibleShare: 0,
      method: 'no rate: no answer was eligible',
    });
    expect(cell([])).toMatchObject({ rate: null, bounds: null, eligibleShare: null, ratePerSample: null });
  });

  it('shows the trained behaviour over all answers on which it was scored', () => {
    const result = cell([
      score('a', 1, 'plain', 0, 0, 'refusal', true),
      score('a', 1, 'plain', 0, 1, 'aligned', false),
      score('a', 1, 'plain', 1, 0, 'aligned', null),
    ]);
    expect(result.behaviour).toMatchObject({ rate: 0.5, shown: 1, samples: 2 });
  });
});

describe('difference of cells', () => {
  it('is the difference in differences with an interval that is never without width', () => {
    const scores = [
      ...exactly('a', 1, 'cue', 20, 20, 3),
      ...exactly('a', 1, 'plain', 0, 20, 3),
      ...exactly('base', 0, 'cue', 0, 20, 3),
      ...exactly('base', 0, 'plain', 0, 20, 3),
    ];
    const table = tabulateAll(scores);
    const term = (sign: 1 | -1, arm: string, seed: number, cue: string) => ({
      sign,
      name: cue,
      cell: talliesOf(table, { arm, seeds: [seed], cue }, QUESTIONS),
    });
    const terms = [
      term(1, 'a', 1, 'cue'),
      term(-1, 'a', 1, 'plain'),
      term(-1, 'base', 0, 'cue'),
      term(1, 'base', 0, 'plain'),
    ];
    const effect = differenceOf(terms, 'misaligned', options);
    expect(effect.estimate).toBe(1);
    // MOVER of 60/60 and three times 0/60: the miss of one 0/60 above (base plain) or of three limits below
    const width = clopperPearson(0, 60, 0.95)[1];
    expect(effect.interval?.[1]).toBeCloseTo(1 + width, 10);
    expect(effect.interval?.[0]).toBeCloseTo(1 - Math.sqrt(3) * width, 10);
    expect(effect.method).toContain('MOVER');
    const missing = differenceOf(
      [...terms.slice(0, 3), term(1, 'base', 0, 'nothing')],
      'misaligned',
      options,
    );
    expect(missing).toEqual({
      estimate: null,
      interval: null,
      method: 'none',
      reason: 'no eligible answer: nothing',
    });
  });
});
