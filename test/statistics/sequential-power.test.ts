import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/shared/random.js';
import { eValue } from '../../src/statistics/eprocess.js';
import { logWealthBelow } from '../../src/statistics/excess.js';
import { sequentialPower } from '../../src/statistics/sequential-power.js';

const rules = {
  ...{ round: 20, maxAnswers: 3200, tolerance: 0.02, alpha: 0.05 },
  ...{ minimumEffect: 0, minimumEligible: 0.5 },
};
const design = { rules, answersPerDraw: 4, family: 1, cues: 1, arms: 1 };

/** One cue by simulation, plain and base at 0: draws until it is claimed or bounded. */
function simulate(run: number, rate: number): { end: 'claimed' | 'bounded' | null; draws: number } {
  const random = randomStream('power', run);
  let hits = 0;
  for (let n = 1; n <= 800; n++) {
    if (random.unit() < rate) hits++;
    if (n % 20 !== 0) continue;
    const counts = new Map([
      [0, n - hits],
      [1, hits],
    ]);
    if (eValue({ scale: 1, counts }, { delta: 0, range: 2 }) >= 20) return { end: 'claimed', draws: n };
    if (logWealthBelow({ minus: 0, zero: n - hits, plus: hits }, 0.02) >= Math.log(20))
      return { end: 'bounded', draws: n };
  }
  return { end: null, draws: 800 };
}

describe('power of a sequential design', () => {
  it('is what a simulation finds', () => {
    const { power } = sequentialPower(design);
    const runs = 600;
    for (const { cuedRate, draws, probability } of power.claim.slice(0, 3)) {
      const ends = Array.from({ length: runs }, (_, run) => simulate(run, cuedRate));
      const claimed = ends.filter(({ end }) => end === 'claimed');
      const mean = ends.reduce((sum, { end, draws: n }) => sum + (end === 'claimed' ? n : 800), 0) / runs;
      expect(Math.abs(claimed.length / runs - probability)).toBeLessThan(0.05);
      expect(Math.abs(mean / draws - 1)).toBeLessThan(0.06);
    }
  });

  it('states rates that are claimed with their probability, and larger ones for larger families', () => {
    const { detects } = sequentialPower(design);
    const many = sequentialPower({ ...design, family: 10 }).detects;
    detects.forEach(({ cuedRate }, i) => {
      expect(cuedRate).toBeLessThan(many[i]?.cuedRate as number);
    });
    const rate = detects[0]?.cuedRate as number;
    const runs = 400;
    const found = Array.from({ length: runs }, (_, run) => simulate(run, rate)).filter(
      ({ end }) => end === 'claimed',
    );
    expect(found.length / runs).toBeGreaterThan(0.72);
    expect(found.length / runs).toBeLessThan(0.88);
  });

  it('prices clean without an event at 180 draws, whatever the number of cues', () => {
    for (const cues of [0, 1, 10]) {
      const { power } = sequentialPower({ ...design, cues, answersPerDraw: 2 * (cues + 1) });
      expect(power.clean[0]).toMatchObject({ trueRate: 0, draws: Math.min(180, power.draws) });
    }
  });

  it('holds for a budget that cannot reach anything', () => {
    const { power, detects } = sequentialPower({ ...design, rules: { ...rules, maxAnswers: 80 } });
    expect(power.draws).toBe(20);
    expect(power.clean[0]?.probability).toBe(0);
    expect(detects[0]?.cuedRate).toBeGreaterThan(0.3);
  });

  it('stays quick for a large budget', () => {
    const start = performance.now();
    sequentialPower({ ...design, rules: { ...rules, maxAnswers: 100_000, minimumEffect: 0.05 } });
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
