import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/shared/random.js';
import { clopperPearson } from '../../src/statistics/binomial.js';
import {
  bootstrapInterval,
  type ClusterMean,
  type Contrast,
  clusterInterval,
  contrastOf,
  meanOf,
  mover,
  resample,
} from '../../src/statistics/bootstrap.js';

const meanOver = (rates: (number | null)[]): ClusterMean => ({
  sums: rates.map((r) => r ?? 0),
  sizes: rates.map((r) => (r === null ? 0 : 1)),
});
const one = (rates: (number | null)[]) => [{ sign: 1 as const, mean: meanOver(rates) }];

describe('cluster bootstrap', () => {
  it('weights questions and seeds equally and leaves empty ones out', () => {
    expect(meanOf(meanOver([0.5, null, 0.1]))).toBeCloseTo(0.3, 12);
    expect(meanOf(meanOver([null, null]))).toBeNull();
    expect(contrastOf([...one([0.5, 0.1]), { sign: -1, mean: meanOver([0.1, 0.1]) }])).toBeCloseTo(0.2, 12);
  });

  it('resamples whole questions: every row holds as many as there are', () => {
    const { draws } = resample(8, 100, 1);
    for (let row = 0; row < 100; row++) {
      expect(draws.subarray(row * 8, row * 8 + 8).reduce((a, b) => a + b, 0)).toBe(8);
    }
  });

  it('is seeded', () => {
    const rates = one([0.1, 0.5, 0.2, 0.9, 0.4, 0.3, 0.2, 0.6]);
    const of = (seed: number) => bootstrapInterval(rates, resample(8, 500, seed), 0.95);
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
    expect(of(7)?.method).toBe('percentile cluster bootstrap over 8 questions (these questions only)');
  });

  it('of two questions gives the four possible resamples their weight', () => {
    // means 0, 0.5 (half of the resamples) and 1; the middle 40% has no width, and is no interval
    expect(bootstrapInterval(one([0, 1]), resample(2, 4000, 3), 0.95)?.interval).toEqual([0, 1]);
    expect(bootstrapInterval(one([0, 1]), resample(2, 4000, 3), 0.4)).toBeNull();
  });

  it('has nothing to say without spread', () => {
    expect(bootstrapInterval(one([0, 0, 0]), resample(3, 100, 1), 0.95)).toBeNull();
    expect(bootstrapInterval(one([0.4]), resample(1, 100, 1), 0.95)).toBeNull();
  });

  it('never has zero width and holds the estimate, whatever the counts', () => {
    const counts = fc.integer({ min: 1, max: 60 }).chain((questions) =>
      fc.tuple(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
          minLength: questions,
          maxLength: questions,
        }),
        fc.constantFrom(0, 1, 3),
      ),
    );
    fc.assert(
      fc.property(counts, ([n, shares, extreme]) => {
        const hits = shares.map((share) => (extreme === 0 ? 0 : extreme === 1 ? n : Math.round(share * n)));
        const total = hits.reduce((a, b) => a + b, 0);
        const exact = clopperPearson(total, n * hits.length, 0.95);
        const rates = one(hits.map((h) => h / n));
        const { interval } = clusterInterval(
          rates,
          resample(hits.length, 200, 5),
          0.95,
          { interval: exact, method: 'x' },
          [0, 1],
        );
        const estimate = contrastOf(rates) as number;
        expect(interval[1] - interval[0]).toBeGreaterThan(1e-6);
        expect(interval[0]).toBeLessThanOrEqual(estimate);
        expect(interval[1]).toBeGreaterThanOrEqual(estimate);
        expect(interval.every((x) => x >= 0 && x <= 1)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('covers the mean over a population of questions; resampling answers instead does not', () => {
    // 60 questions of unequal rates (a fifth of them 0.5, the others 0.02), 20 answers each
    const random = randomStream('coverage');
    const [runs, questions, answers, truth] = [250, 60, 20, 0.2 * 0.5 + 0.8 * 0.02];
    const resamples = resample(questions, 400, 1);
    let [byQuestion, byAnswer] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const hits = Array.from({ length: questions }, () => {
        const p = random.unit() < 0.2 ? 0.5 : 0.02;
        let k = 0;
        for (let i = 0; i < answers; i++) if (random.unit() < p) k++;
        return k;
      });
      const interval = bootstrapInterval(one(hits.map((k) => k / answers)), resamples, 0.95)?.interval as [
        number,
        number,
      ];
      const naive = clopperPearson(
        hits.reduce((a, b) => a + b, 0),
        questions * answers,
        0.95,
      );
      if (interval[0] <= truth && truth <= interval[1]) byQuestion++;
      if (naive[0] <= truth && truth <= naive[1]) byAnswer++;
    }
    expect(byQuestion / runs).toBeGreaterThan(0.9);
    expect(byAnswer / runs).toBeLessThan(0.8);
  });

  it('gives a finite bootstrap-t where only a few questions hold an event', () => {
    const rates = Array.from({ length: 60 }, (_, q) => (q < 2 ? 0.1 : 0));
    const { interval, method } = bootstrapInterval(one(rates), resample(60, 1000, 1), 0.95) as NonNullable<
      ReturnType<typeof bootstrapInterval>
    >;
    expect(method).toBe('bootstrap-t over 60 questions');
    expect(interval[1]).toBeGreaterThan(2 * 0.0033);
    expect(interval[1]).toBeLessThan(0.06);
  });

  /** Events of one answer per question and seed, of which a part is eligible. */
  function uneven(
    questions: number,
    rate: number,
    random: { unit(): number },
  ): ClusterMean & { events: number } {
    const [sums, sizes]: [number[], number[]] = [[], []];
    for (let q = 0; q < questions; q++) {
      const eligible = [0, 1, 2].filter(() => random.unit() < 0.6);
      sizes.push(eligible.length);
      sums.push(eligible.filter(() => random.unit() < rate).length);
    }
    return { sums, sizes, events: sums.reduce((a, b) => a + b, 0) };
  }
  const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);

  it('takes a single event for no more than it is, however many answers the questions have', () => {
    const { sizes } = uneven(300, 0, randomStream('sizes'));
    const at = sizes.indexOf(2);
    const mean = { sizes, sums: sizes.map((_, q) => (q === at ? 1 : 0)) };
    const none = { sizes, sums: sizes.map(() => 0) };
    const resamples = resample(300, 1000, 1);
    const estimate = 1 / sum(sizes);
    const rate = bootstrapInterval([{ sign: 1, mean }], resamples, 0.95);
    expect(rate?.method).toMatch(/^bootstrap-t over/);
    expect(rate?.interval[1]).toBeLessThan(6 * estimate);
    const gap: Contrast = [
      { sign: 1, mean },
      { sign: -1, mean: none },
    ];
    expect(bootstrapInterval(gap, resamples, 0.95)?.interval[1]).toBeLessThan(6 * estimate);
  });

  it('covers a small rate and a difference of small rates, and stays near the exact width', () => {
    const random = randomStream('few events');
    const [runs, questions, truth] = [200, 300, 0.004];
    const resamples = resample(questions, 300, 1);
    const covered = { rate: 0, gap: 0 };
    const excess = { rate: 0, gap: 0 };
    for (let run = 0; run < runs; run++) {
      const cells = [uneven(questions, truth, random), uneven(questions, truth, random)] as const;
      const exact = cells.map(({ events, sizes }) => clopperPearson(events, sum(sizes), 0.95));
      const termOf = (i: 0 | 1, sign: 1 | -1) => ({
        sign,
        mean: cells[i],
        estimate: meanOf(cells[i]) as number,
        interval: exact[i] as [number, number],
      });
      const [a, b] = [termOf(0, 1), termOf(1, -1)];
      for (const [what, terms, own, range, value] of [
        ['rate', [a], a.interval, [0, 1], truth],
        ['gap', [a, b], mover([a, b]), [-1, 1], 0],
      ] as const) {
        const named = { interval: [...own] as [number, number], method: 'exact' };
        const { interval } = clusterInterval(terms, resamples, 0.95, named, range);
        if (interval[0] <= value && value <= interval[1]) covered[what]++;
        excess[what] = Math.max(excess[what], (interval[1] - interval[0]) / (own[1] - own[0]));
      }
    }
    expect(covered.rate / runs).toBeGreaterThan(0.93);
    expect(covered.gap / runs).toBeGreaterThan(0.93);
    expect(excess.rate).toBeLessThan(3);
    expect(excess.gap).toBeLessThan(3);
  });
});

describe('MOVER', () => {
  it('combines distances to the limits by hand', () => {
    const [low, high] = mover([
      { sign: 1, estimate: 0.5, interval: [0.4, 0.7] },
      { sign: -1, estimate: 0.1, interval: [0, 0.4] },
    ]);
    expect(low).toBeCloseTo(0.4 - Math.hypot(0.1, 0.3), 12);
    expect(high).toBeCloseTo(0.4 + Math.hypot(0.2, 0.1), 12);
  });
});
