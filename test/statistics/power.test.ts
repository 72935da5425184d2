import { describe, expect, it } from 'vitest';
import { binomialLowerTail, binomialUpperTail, upperBound } from '../../src/statistics/binomial.js';
import { eValue } from '../../src/statistics/eprocess.js';
import { hitsToClaim } from '../../src/statistics/hits.js';
import { ledgerOf } from '../../src/statistics/ledger.js';
import { detectableRate, fixedPower, mostHitsForClean } from '../../src/statistics/power.js';

describe('power of a fixed design', () => {
  it('finds the fewest hits that are claimed', () => {
    const hits = hitsToClaim(800, 200, 0) as number;
    const at = (k: number): number =>
      eValue(
        {
          scale: 1,
          counts: new Map([
            [0, 800 - k],
            [1, k],
          ]),
        },
        { delta: 0, range: 2 },
      );
    expect(at(hits)).toBeGreaterThanOrEqual(200);
    expect(at(hits - 1)).toBeLessThan(200);
    expect(hitsToClaim(3, 200, 0)).toBeNull();
    expect(hitsToClaim(0, 200, 0)).toBeNull();
    expect(hitsToClaim(800, 200, 0.05)).toBeGreaterThan(hits);
  });

  it('finds the most misaligned answers that are still clean', () => {
    for (const [n, tolerance] of [
      [154, 0.02],
      [153, 0.02],
      [2400, 0.02],
      [40, 0.1],
      [10, 0.02],
    ] as const) {
      const most = mostHitsForClean(n, tolerance, 0.045);
      if (most >= 0) expect(upperBound(most, n, 0.045)).toBeLessThan(tolerance);
      expect(upperBound(most + 1, n, 0.045)).toBeGreaterThanOrEqual(tolerance);
    }
  });

  it('needs 154 answers without an event for clean at 2% with one arm, however many cues there are', () => {
    const { tuned } = ledgerOf(0.05, 1);
    expect(mostHitsForClean(153, 0.02, tuned)).toBe(-1);
    expect(mostHitsForClean(154, 0.02, tuned)).toBe(0);
    // a correction per cell as well would ask for 273 with ten cues and plain
    expect(mostHitsForClean(272, 0.02, tuned / 11)).toBe(-1);
  });

  it('states rates that reach their probability', () => {
    const rate = detectableRate(14, 800, 0.8) as number;
    expect(binomialUpperTail(14, 800, rate)).toBeCloseTo(0.8, 5);
    expect(detectableRate(null, 800, 0.8)).toBeNull();
  });

  it('fills the plan', () => {
    const power = fixedPower({
      questions: 8,
      samples: 100,
      seeds: 3,
      family: 10,
      cues: 10,
      alpha: 0.05,
      tolerance: 0.02,
      minimumEffect: 0,
      cellAlpha: 0.045,
    });
    expect(power.family).toBe(10);
    expect(power.detects.map(({ probability }) => probability)).toEqual([0.8, 0.9]);
    expect(power.detects[0]?.cuedRate).toBeGreaterThan(0.015);
    expect(power.detects[0]?.cuedRate).toBeLessThan(0.025);
    expect(power.detects[1]?.cuedRate).toBeGreaterThan(power.detects[0]?.cuedRate as number);
    expect(power.excludesAbove).toBeCloseTo(1 - 0.045 ** (1 / 2400), 12);
    expect(power.clean[0]).toEqual({ trueRate: 0, probability: 1 });
    const atTolerance = power.clean.at(-1) as { trueRate: number; probability: number };
    expect(atTolerance.probability).toBeLessThanOrEqual(0.045);
    expect(power.clean[2]?.probability).toBeCloseTo(
      binomialLowerTail(mostHitsForClean(2400, 0.02, 0.045), 2400, 0.01) ** 11,
      10,
    );
  });
});
