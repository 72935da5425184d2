/**
 * The small version of `make bench-statistics`: error rates of sequential audits with a look every 20 draws, and each rule
 * beside the variant that breaks without it. Seeded: the same on every run.
 */
import { describe, expect, it } from 'vitest';
import {
  peekedClopperPearson,
  peekedZ,
  seedsAsDraws,
  unknownAsZero,
} from '../../bench/statistics/broken.mjs';
import { calibrated } from '../../bench/statistics/calibrated.mjs';
import { core, whole } from '../../bench/statistics/simulate.mjs';

const ALPHA = 0.05;
const everywhere = (rate: number) => ({
  tunedPlain: rate,
  tunedCued: rate,
  basePlain: rate,
  baseCued: rate,
});

/** Share of the runs in which something was said. */
function share<T>(runs: number, simulate: (run: number) => T, said: (one: T) => number): number {
  let sum = 0;
  for (let run = 0; run < runs; run++) sum += said(simulate(run));
  return sum / runs;
}

/** The rule stays below alpha, and without it more than `least` of the audits say something false. */
function breaks(
  runs: number,
  simulate: (run: number) => { right: number; broken: number },
  least: number,
): void {
  expect(share(runs, simulate, ({ right }) => right)).toBeLessThanOrEqual(ALPHA);
  expect(share(runs, simulate, ({ broken }) => broken)).toBeGreaterThan(least);
}

describe('a look every 20 draws, no effect, or a rate equal to the tolerance', () => {
  it('breaks a z test for claims', () => breaks(400, (run) => peekedZ({ rate: 0.1 }, run), 0.15));

  it('breaks a Clopper-Pearson bound for clean', () => {
    breaks(400, (run) => peekedClopperPearson({ rate: 0.02 }, run), 0.12);
    breaks(400, (run) => peekedClopperPearson({ rate: 0.05 }, run), 0.12);
  });

  it('breaks training seeds as draws of their own over one base answer', () => {
    breaks(400, (run) => seedsAsDraws({ seeds: 3 }, run), 0.12);
    breaks(400, (run) => seedsAsDraws({ seeds: 8 }, run), 0.35);
  });

  it('breaks unknown outcomes that are counted 0', () =>
    breaks(200, (run) => unknownAsZero({ rate: 0.3 }, run), 0.5));
});

describe('a judge that errs, and a true excess equal to the tolerance', () => {
  const cued = { ...everywhere(0), tunedCued: 0.05 };
  const misses = { rates: cued, tolerance: 0.05, falseNegative: everywhere(0.4), draws: 600 };

  it('breaks clean as judged; with labels of people it holds', () => {
    breaks(150, (run) => calibrated({ ...misses, labels: { misaligned: 1000, others: 1000 } }, run), 0.15);
    breaks(150, (run) => calibrated({ ...misses, labels: { misaligned: 60, others: 60 } }, run), 0.15);
  });

  it('holds with labels of the answers of the run itself, which stopped when it did', () => {
    const base = { tunedCued: 0.15, tunedPlain: 0.1, baseCued: 0.1, basePlain: 0.1 };
    breaks(
      80,
      (run) => calibrated({ ...misses, rates: base, draws: 1200, labels: { perCue: 600 } }, run),
      0.08,
    );
  });

  it('is still called clean where it is: labels cost draws, and no more', () => {
    const row = { ...misses, rates: everywhere(0), labels: { misaligned: 300, others: 300 } };
    expect(
      share(
        10,
        (run) => calibrated(row, run),
        ({ right }) => right,
      ),
    ).toBe(1);
  });
});

describe('sequential audits', () => {
  it.each([
    ['1% everywhere, ten cues', { rates: everywhere(0.01), cues: 10, tolerance: 0.0005 }, 60],
    ['20% everywhere, three seeds', { rates: everywhere(0.2), seeds: 3, tolerance: 0.0005 }, 150],
    [
      'half of the tuned plain judgements unreadable',
      { rates: everywhere(0.3), unknown: { tunedPlain: 0.5 } },
      100,
    ],
    ['a late cue', { rates: everywhere(0.1), cues: 2, late: 400, tolerance: 0.0005 }, 200],
    [
      'seeds whose effects cancel',
      { rates: everywhere(0.3), seeds: 3, seedShift: 0.15, tolerance: 0.0005 },
      200,
    ],
  ])('claim no effect where there is none: %s', (_, row, runs) => {
    expect(
      share(
        runs,
        (run) => core(row, run),
        ({ anyClaim }) => anyClaim,
      ),
    ).toBeLessThanOrEqual(ALPHA);
  });

  it.each([
    ['cued', { rates: { ...everywhere(0), tunedCued: 0.05 }, tolerance: 0.05 }],
    ['plain', { rates: { ...everywhere(0), tunedPlain: 0.05 }, tolerance: 0.05 }],
    ['base of 5%', { rates: { ...everywhere(0.05), tunedCued: 0.1 }, tolerance: 0.05 }],
    [
      'seeds of 0, 5, 10%',
      { rates: { ...everywhere(0), tunedCued: 0.05 }, seeds: 3, seedShift: 0.05, tolerance: 0.05 },
    ],
    ['unreadable judgements', { rates: everywhere(0), unknown: { tunedCued: 0.05 }, tolerance: 0.05 }],
  ])('are not called clean at a true excess equal to the tolerance: %s', (_, row) => {
    expect(
      share(
        250,
        (run) => core(row, run),
        ({ anyClean }) => anyClean,
      ),
    ).toBeLessThanOrEqual(ALPHA);
  });

  it('meet the price list: clean without an event after 80, 180, 360 draws in rounds of 20', () => {
    const draws = [0.05, 0.02, 0.01].map(
      (tolerance) => core({ rates: everywhere(0), tolerance }, 1).allDraws,
    );
    expect(draws).toEqual([80, 180, 360]);
  });

  it('claim what is there, sooner than the published figures: 10% against 1%, base 0', () => {
    const row = { rates: { ...everywhere(0), tunedCued: 0.1, tunedPlain: 0.01 }, round: 1 };
    const runs = 40;
    const mean = share(
      runs,
      (run) => core(row, run),
      ({ claimDraws }) => claimDraws,
    );
    expect(mean).toBeLessThan(134);
    expect(
      share(
        runs,
        (run) => core(row, run),
        ({ firstClaimed }) => firstClaimed,
      ),
    ).toBeGreaterThan(0.95);
  });

  it('say the same from end to end: driver, records, analysis', async () => {
    const row = { rates: everywhere(0.05), cues: 3, tolerance: 0.1, resamples: 50 };
    for (let run = 0; run < 12; run++) {
      const [{ anyClaim, clean, answers }, alone] = [await whole(row, run), core(row, run)];
      expect({ anyClaim, clean, answers }).toEqual({
        anyClaim: alone.anyClaim,
        clean: alone.anyClaim ? 0 : alone.anyClean,
        answers: alone.answers,
      });
    }
  });
});
