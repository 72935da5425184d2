import { describe, expect, it } from 'vitest';
import {
  binomialLowerTail,
  binomialPmf,
  binomialUpperTail,
  clopperPearson,
  lowerBound,
  meanLowerBound,
  meanUpperBound,
  upperBound,
} from '../../src/statistics/binomial.js';

describe('binomial probabilities', () => {
  it('agrees with values counted by hand', () => {
    expect(binomialPmf(3, 10, 0.5)).toBeCloseTo(120 / 1024, 12);
    expect(binomialUpperTail(7, 10, 0.5)).toBeCloseTo(176 / 1024, 12);
    expect(binomialLowerTail(3, 10, 0.5)).toBeCloseTo(176 / 1024, 12);
    expect(binomialUpperTail(0, 10, 0.2)).toBe(1);
    expect(binomialUpperTail(11, 10, 0.2)).toBe(0);
    expect(binomialLowerTail(-1, 10, 0.2)).toBe(0);
  });

  it('sums to one and its tails complement each other', () => {
    for (const n of [1, 2, 7, 40, 333]) {
      for (const p of [0.001, 0.03, 0.5, 0.9]) {
        let sum = 0;
        for (let k = 0; k <= n; k++) {
          sum += binomialPmf(k, n, p);
          expect(binomialLowerTail(k, n, p)).toBeCloseTo(sum, 10);
          expect(binomialLowerTail(k, n, p) + binomialUpperTail(k + 1, n, p)).toBeCloseTo(1, 10);
        }
        expect(sum).toBeCloseTo(1, 11);
      }
    }
  });

  it('keeps its relative precision far out in the tail', () => {
    // 1e-30-like tails decide nothing, but bounds at tiny alphas invert them.
    expect(binomialUpperTail(20, 20, 0.01) / 1e-40).toBeCloseTo(1, 9);
    expect(binomialUpperTail(2, 1e6, 1e-12) / (1e12 * 0.5 * 1e-24)).toBeCloseTo(1, 5);
  });
});

describe('Clopper-Pearson bounds', () => {
  // quantiles of the beta distribution, from @stdlib/stats-base-dists-beta-quantile 0.2.3
  const published: [number, number, number, number][] = [
    [0, 10, 0, 0.3084971078187607],
    [1, 10, 0.0025285785444617848, 0.44501611702819527],
    [5, 100, 0.016431879182052158, 0.11283491110546276],
    [10, 10, 0.6915028921812392, 1],
    [3, 2400, 0.00025785427145142814, 0.003648643575688773],
    [960, 2400, 0.38032415261139507, 0.41992027553976663],
  ];
  it.each(published)('gives the published interval of %i in %i', (k, n, low, high) => {
    const [a, b] = clopperPearson(k, n, 0.95);
    expect(a).toBeCloseTo(low, 12);
    expect(b).toBeCloseTo(high, 12);
  });

  it('is robust at the edges', () => {
    expect(clopperPearson(0, 0, 0.95)).toEqual([0, 1]);
    expect(upperBound(7, 7, 0.05)).toBe(1);
    expect(lowerBound(0, 7, 0.05)).toBe(0);
    expect(() => upperBound(3, 2, 0.05)).toThrow(RangeError);
    expect(() => upperBound(1.5, 2, 0.05)).toThrow(RangeError);
    expect(() => lowerBound(1, 2, 0)).toThrow(RangeError);
  });

  it('inverts the tail it is defined by', () => {
    for (const n of [3, 30, 1000, 24_000]) {
      for (const k of [1, 2, Math.floor(n / 3), n - 1]) {
        for (const alpha of [0.2, 0.05, 0.0005]) {
          expect(binomialLowerTail(k, n, upperBound(k, n, alpha)) / alpha).toBeCloseTo(
            k === n ? 1 / alpha : 1,
            6,
          );
          expect(binomialUpperTail(k, n, lowerBound(k, n, alpha)) / alpha).toBeCloseTo(1, 6);
        }
      }
    }
  });

  it('misses with at most alpha, exactly, for every n and p of a grid', () => {
    const alpha = 0.05;
    for (const n of [1, 2, 3, 5, 10, 25, 60]) {
      const uppers = Array.from({ length: n + 1 }, (_, k) => upperBound(k, n, alpha));
      const lowers = Array.from({ length: n + 1 }, (_, k) => lowerBound(k, n, alpha));
      for (let p = 0.001; p < 1; p += 0.0037) {
        let [over, under] = [0, 0];
        for (let k = 0; k <= n; k++) {
          if ((uppers[k] as number) < p) under += binomialPmf(k, n, p);
          if ((lowers[k] as number) > p) over += binomialPmf(k, n, p);
        }
        expect(under).toBeLessThanOrEqual(alpha + 1e-9);
        expect(over).toBeLessThanOrEqual(alpha + 1e-9);
      }
    }
  });
});

/** Distribution of the number of events of independent unequal draws. */
function poissonBinomial(rates: number[]): number[] {
  let out = [1];
  for (const p of rates) {
    out = Array.from({ length: out.length + 1 }, (_, k) => (out[k] ?? 0) * (1 - p) + (out[k - 1] ?? 0) * p);
  }
  return out;
}

describe('bounds for the mean of unequal rates', () => {
  const alpha = 0.05;
  const n = 20;
  const missRates = (
    rates: number[],
    lower: typeof lowerBound,
    upper: typeof upperBound,
  ): [number, number] => {
    const mean = rates.reduce((a, b) => a + b, 0) / n;
    let [over, under] = [0, 0];
    poissonBinomial(rates).forEach((probability, k) => {
      if (lower(k, n, alpha) > mean) over += probability;
      if (upper(k, n, alpha) < mean) under += probability;
    });
    return [over, under];
  };
  const one = (p: number): number[] => [p, ...Array.from({ length: n - 1 }, () => 0)];

  it('miss with at most alpha however unequal the rates are', () => {
    const cases = [
      ...[0.01, 0.05, 0.0505, 0.051, 0.0512, 0.2, 0.9].map(one),
      ...[0.01, 0.0505, 0.0512].map((p) => one(p).map((x) => 1 - x)),
      Array.from({ length: n }, (_, i) => i / n),
      Array.from({ length: n }, (_, i) => (i < 5 ? 0.9 : 0.02)),
      Array.from({ length: n }, (_, i) => (i < 10 ? 0.3 : 0)),
    ];
    for (const rates of cases) {
      const [over, under] = missRates(rates, meanLowerBound, meanUpperBound);
      expect(over).toBeLessThanOrEqual(alpha + 1e-12);
      expect(under).toBeLessThanOrEqual(alpha + 1e-12);
    }
  });

  it('need the union bound at a single event: the binomial bound alone misses more often', () => {
    const [over] = missRates(one(0.0512), lowerBound, upperBound);
    expect(over).toBeGreaterThan(alpha);
  });

  it('are the binomial bounds everywhere else', () => {
    expect(meanUpperBound(0, 100, 0.05)).toBe(upperBound(0, 100, 0.05));
    expect(meanLowerBound(2, 100, 0.05)).toBe(lowerBound(2, 100, 0.05));
    expect(meanLowerBound(1, 100, 0.05)).toBeCloseTo(0.0005, 12);
  });
});
