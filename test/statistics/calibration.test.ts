import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgeLabels } from '../../src/records/calibration.js';
import { randomStream } from '../../src/shared/random.js';
import { pairAgreement } from '../../src/statistics/agreement.js';
import { binomialPmf } from '../../src/statistics/binomial.js';
import {
  correctedRate,
  correctedUpper,
  lowerIndex,
  lowerShare,
  rightShare,
} from '../../src/statistics/calibration.js';
import { labelsToReach } from '../../src/statistics/label-needs.js';

/** Labels of one cue with these counts. */
const labelsOf = (
  people: JudgeLabels['cues'][number]['people'],
  probability = { misaligned: 1, others: 1 },
  unclear = { misaligned: 0, others: 0 },
): JudgeLabels => ({
  ...{ schema: 1, judge: 'j', sheet: 's', labelled: 0, unclear: 0, raters: [], pairs: [] },
  thinned: { right: 0, labelled: 0 },
  cues: [{ cue: 'plain', answers: { misaligned: 1000, others: 1000 }, probability, people, unclear }],
});

describe('a share of right judgements', () => {
  it('has a lower bound that is above the true share with a probability of at most alpha (exact)', () => {
    const [n, alpha] = [40, 0.05];
    for (const share of [0.55, 0.8, 0.95]) {
      for (const odds of [0.2, 1, 5]) {
        const theta = (share * odds) / (share * odds + 1 - share);
        let misses = 0;
        for (let k = 0; k <= n; k++) {
          if (lowerShare([{ right: k, labelled: n, odds }], alpha) > share)
            misses += binomialPmf(k, n, theta);
        }
        expect(misses).toBeLessThanOrEqual(alpha);
      }
    }
  });

  it('takes the odds of being drawn out: without that it covers nothing', () => {
    // 50 of 100 right answers and all 10 wrong ones were drawn: 91% are right, and not 83%.
    const { estimate, interval } = rightShare([{ right: 50, labelled: 60, odds: 0.5 }], 0.95);
    expect(estimate).toBeCloseTo(100 / 110, 10);
    expect(interval[0]).toBeLessThan(100 / 110);
    expect(interval[1]).toBeGreaterThan(100 / 110);
    expect(rightShare([{ right: 50, labelled: 60, odds: 1 }], 0.95).estimate).toBeCloseTo(50 / 60, 10);
  });

  it('gives several groups the one share that fits them', () => {
    const groups = [0.2, 1, 3].map((odds) => {
      const theta = (0.9 * odds) / (0.9 * odds + 0.1);
      return { right: Math.round(theta * 1e6), labelled: 1e6, odds };
    });
    expect(rightShare(groups, 0.95).estimate).toBeCloseTo(0.9, 5);
  });

  it('is not known without labels, and bounded by 0 and 1', () => {
    expect(rightShare([], 0.95)).toMatchObject({ estimate: null, interval: [0, 1] });
  });
});

describe('the index', () => {
  it('is at most 0 where the labels show no judge better than chance, or lack a kind of answer', () => {
    const poor = { misaligned: { right: 2, labelled: 4 }, others: { right: 3, labelled: 4 } };
    expect(lowerIndex([labelsOf(poor)], 'plain', 0.05)).toBeLessThan(0);
    const none = { misaligned: { right: 0, labelled: 0 }, others: { right: 90, labelled: 90 } };
    expect(lowerIndex([labelsOf(none)], 'plain', 0.05)).toBeLessThanOrEqual(0);
    expect(lowerIndex([labelsOf(poor)], 'another', 0.05)).toBeLessThan(0);
  });

  it('pools sensitivity over sheets, and takes specificity of the cue', () => {
    const all = { misaligned: { right: 60, labelled: 60 }, others: { right: 0, labelled: 0 } };
    const own = { misaligned: { right: 0, labelled: 0 }, others: { right: 200, labelled: 200 } };
    const alone = lowerIndex([labelsOf(own)], 'plain', 0.05);
    expect(alone).toBeLessThanOrEqual(0);
    expect(lowerIndex([labelsOf(own), labelsOf(all)], 'plain', 0.05)).toBeGreaterThan(0.9);
  });

  it('counts unclear answers against the judge', () => {
    const people = { misaligned: { right: 60, labelled: 60 }, others: { right: 60, labelled: 60 } };
    const of = (misaligned: number, others: number): number =>
      lowerIndex([labelsOf(people, { misaligned: 1, others: 1 }, { misaligned, others })], 'plain', 0.05);
    expect(of(6, 0)).toBeLessThan(of(0, 0) - 0.05);
    expect(of(0, 6)).toBeLessThan(of(0, 0) - 0.05);
  });

  it('corrects bounds: divided, left at or below 0, none where nothing is shown', () => {
    expect(correctedUpper(0.03, 0.6)).toBeCloseTo(0.05, 12);
    expect(correctedUpper(-0.01, 0.6)).toBe(-0.01);
    expect(correctedUpper(0.01, 0)).toBe(1);
    expect(correctedUpper(-0.01, -0.2)).toBe(1);
    expect(correctedUpper(0.013, 1)).toBe(0.013);
  });

  it('gives the true rate back where errors are known', () => {
    const unit = fc.double({ min: 0.5, max: 1, noNaN: true });
    fc.assert(
      fc.property(unit, unit, fc.double({ min: 0, max: 1, noNaN: true }), (se, sp, rate) => {
        fc.pre(se + sp > 1.01);
        expect(correctedRate(se * rate + (1 - sp) * (1 - rate), se, sp)).toBeCloseTo(rate, 8);
        // and an excess that is judged alike in both cells is never below its judged size
        expect(correctedUpper(rate * (se + sp - 1), se + sp - 1)).toBeCloseTo(rate, 8);
      }),
    );
    expect(correctedRate(0.2, 0.5, 0.5)).toBeNull();
  });

  it('says how many labels it takes, or that there are not enough answers', () => {
    const people = { misaligned: { right: 20, labelled: 20 }, others: { right: 20, labelled: 20 } };
    const f = { misaligned: 0.05, others: 0.05 };
    const needed = labelsToReach(0.8, [labelsOf(people, f)], ['plain'], 0.01);
    expect(needed).toMatchObject({ possible: true });
    const labels = needed.possible ? needed.labels : 0;
    expect(labels).toBeGreaterThan(60);
    const then = { right: labels / 2, labelled: labels / 2 };
    const reached = labelsOf({ misaligned: then, others: then }, f);
    expect(lowerIndex([reached], 'plain', 0.01)).toBeCloseTo(0.8, 1);
    expect(labelsToReach(0.8, [labelsOf(people)], ['plain'], 0.01)).toMatchObject({ possible: false });
  });
});

describe('a sheet drawn by coins', () => {
  /** One run of 400 answers, its sheet and its labels; how often bounds are above the truth. */
  it('has bounds that hold, though probabilities depend on how many the judge calls misaligned', () => {
    const [se, sp, alpha, runs] = [0.8, 0.95, 0.1, 2000];
    const random = randomStream('coins');
    let [above, biased] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const answers = Array.from({ length: 400 }, () => {
        const people = random.unit() < 0.15;
        return { people, judge: random.unit() < (people ? se : 1 - sp) };
      });
      const n = answers.filter(({ judge }) => judge).length;
      const f = { misaligned: Math.min(1, 30 / n), others: Math.min(1, 70 / (400 - n)) };
      const drawn = answers.filter(({ judge }) => random.unit() < (judge ? f.misaligned : f.others));
      const bad = drawn.filter(({ people }) => people);
      const right = bad.filter(({ judge }) => judge).length;
      if (lowerShare([{ right, labelled: bad.length, odds: f.misaligned / f.others }], alpha) > se) above++;
      if (lowerShare([{ right, labelled: bad.length, odds: 1 }], alpha) > se) biased++;
    }
    expect(above / runs).toBeLessThanOrEqual(alpha);
    expect(biased / runs).toBeGreaterThan(2 * alpha);
  });
});

describe('two raters', () => {
  it('have the kappa of the textbook, and an interval that is never of zero width', () => {
    const found = pairAgreement({ both: 20, first: 5, second: 10, neither: 15 }, 0.95);
    expect(found.agreement).toBeCloseTo(0.7, 12);
    expect(found.kappa).toBeCloseTo(0.4, 12);
    const perfect = pairAgreement({ both: 20, first: 0, second: 0, neither: 20 }, 0.95);
    expect(perfect.kappa).toBe(1);
    expect(perfect.kappaInterval?.[0]).toBeLessThan(0.9);
    expect(pairAgreement({ both: 0, first: 0, second: 0, neither: 9 }, 0.95).kappa).toBeNull();
    expect(pairAgreement({ both: 0, first: 0, second: 0, neither: 0 }, 0.95).agreement).toBeNull();
  });
});
