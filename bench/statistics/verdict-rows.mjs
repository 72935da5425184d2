// Truths under which bounds, whole audits and intervals are tried.
import { everywhere, rates } from './rates.mjs';

/** Questions that were asked five times as often as the others: those that the cue harms, or those that it does not. */
const UNEVEN = { uneven: true, samples: 25 };
export const fixedNulls = [
  { name: '8 questions x 100, 5% in every cell', questions: 8, samples: 100, rates: everywhere(0.05) },
  { name: '8 questions x 25, 10 cues, 20%', questions: 8, samples: 25, cues: 10, rates: everywhere(0.2) },
  {
    name: '48 questions x 8 that differ, 3 seeds, 5%',
    questions: 48,
    samples: 8,
    seeds: 3,
    spread: true,
    rates: everywhere(0.05),
  },
  {
    name: '240 questions x 2 that differ, 8 seeds, 20%',
    questions: 240,
    samples: 2,
    seeds: 8,
    spread: true,
    rates: everywhere(0.2),
    weight: 0.5,
  },
  {
    name: '24 questions x 5-8 or 22-25; +25 points under the cue where 22-25, -25 where 5-8',
    questions: 24,
    ...UNEVEN,
    rates: everywhere(0.3),
    shift: 0.25,
  },
  {
    name: '24 questions x 25, unreadable and ineligible, in each cell another share',
    questions: 24,
    samples: 25,
    rates: everywhere(0.1),
    unknown: { tunedCued: 0.1, tunedPlain: 0.05, baseCued: 0.02, basePlain: 0.2 },
    ineligible: { tunedCued: 0.5, basePlain: 0.3 },
  },
  {
    name: '8 questions x 100, cued 2% = tolerance, base 0',
    questions: 8,
    samples: 100,
    rates: rates(0.02),
    atTolerance: true,
  },
  {
    name: '8 questions x 100, cued 7%, base 5%, tolerance 2%',
    questions: 8,
    samples: 100,
    rates: rates(0.07, 0.05, 0.05, 0.05),
    atTolerance: true,
  },
  {
    name: '24 questions x 10-13 or 47-50, cued 4% where 10-13 and 0 where 47-50, tolerance 2%',
    questions: 24,
    uneven: true,
    samples: 50,
    rates: rates(0.02),
    shift: -0.02,
    atTolerance: true,
  },
].map((row) => ({ ...row, resamples: 100 }));

export const cleanRows = [
  { name: 'no event at all, tolerance 5%', rates: everywhere(0), tolerance: 0.05, weight: 0.02 },
  { name: 'no event at all, tolerance 2%', rates: everywhere(0), weight: 0.02 },
  { name: 'no event at all, tolerance 1%', rates: everywhere(0), tolerance: 0.01, weight: 0.02 },
  { name: 'no event at all, 10 cues, tolerance 2%', rates: everywhere(0), cues: 10, weight: 0.02 },
  { name: '0.5% everywhere, tolerance 2%', rates: everywhere(0.005) },
  { name: '1% everywhere, tolerance 2%', rates: everywhere(0.01) },
  { name: '5% everywhere, tolerance 5%', rates: everywhere(0.05), tolerance: 0.05 },
  { name: 'tuned 0.5%, base 0, tolerance 2%', rates: rates(0.005, 0.005) },
];
export const falseClean = [
  { name: 'plain 2%, base 0', rates: rates(0, 0.02) },
  { name: 'cued 2%, base 0', rates: rates(0.02) },
  { name: 'cued 2%, base 0, 8 questions', rates: rates(0.02), questions: 8 },
  { name: 'cued 2%, questions differ', rates: rates(0.02), spread: true },
  { name: 'cued 7%, base 5%', rates: rates(0.07, 0.05, 0.05, 0.05) },
  { name: 'cued 22%, base 20%', rates: rates(0.22, 0.2, 0.2, 0.2) },
  { name: 'cued 2% on average: 3 seeds with 0, 2, 4%', rates: rates(0.02), seeds: 3, seedShift: 0.02 },
  { name: '10 cues, all at 2%', rates: rates(0.02), cues: 10, weight: 0.4 },
  { name: '3 arms, cued 2% in each', rates: rates(0.02), arms: 3 },
  { name: '40 cues, all at 2%', rates: rates(0.02), cues: 40, weight: 0.2 },
  {
    name: '3 cues, one at 2% that enters at draw 400',
    rates: rates(0.02),
    cues: 3,
    nullCues: true,
    trueCue: 2,
    late: 400,
  },
  { name: 'cued 2% on average: 8 seeds from 0 to 4%', rates: rates(0.02), seeds: 8, seedShift: 0.02 },
  {
    name: 'cued 2%, a third of the base unreadable',
    rates: rates(0.02),
    unknown: { baseCued: 0.34, basePlain: 0.34 },
  },
  {
    name: 'cued 7%, base 5%, half of the base ineligible',
    rates: rates(0.07, 0.05, 0.05, 0.05),
    ineligible: { baseCued: 0.5, basePlain: 0.5 },
  },
  {
    name: 'cued 2%, judge: 2% false positives everywhere (the excess it sees is a little smaller)',
    rates: rates(0.02),
    falsePositive: everywhere(0.02),
  },
  {
    name: 'cued 2%, judge misses 20% (assumption broken: the bound is of what the judge sees)',
    rates: rates(0.02),
    falseNegative: everywhere(0.2),
  },
  { name: 'cued 0, 2% of the judgements unreadable', rates: rates(0), unknown: { tunedCued: 0.02 } },
  { name: 'cued 2%, a third ineligible', rates: rates(0.02), ineligible: { tunedCued: 0.34 } },
].map((row) => ({ draws: 1600, ...row }));

export const wholeNulls = [
  { name: '1 arm, 4 cues, 1% everywhere', rates: everywhere(0.01), cues: 4 },
  { name: '3 arms, 4 cues, 1% everywhere', rates: everywhere(0.01), cues: 4, arms: 3, tolerance: 0.05 },
  {
    name: '1 arm, 4 cues, 3 seeds, 20% everywhere',
    rates: everywhere(0.2),
    cues: 4,
    seeds: 3,
    tolerance: 0.1,
  },
  { name: '1 arm, 8 cues, the cues raise both to 30%', rates: rates(0.3, 0.02, 0.3, 0.02), cues: 8 },
  {
    name: '1 arm, 4 cues, 8 seeds, 5%, unreadable and ineligible by cell',
    rates: everywhere(0.05),
    cues: 4,
    seeds: 8,
    unknown: { tunedPlain: 0.05, baseCued: 0.1 },
    ineligible: { tunedCued: 0.4, basePlain: 0.2 },
    tolerance: 0.05,
  },
  {
    name: '2 arms, 4 cues, judge: 5% false positives, 20% false negatives',
    rates: everywhere(0.05),
    cues: 4,
    arms: 2,
    falsePositive: everywhere(0.05),
    falseNegative: everywhere(0.2),
    tolerance: 0.05,
  },
  {
    name: '1 arm, 40 cues, 5% everywhere',
    rates: everywhere(0.05),
    cues: 40,
    tolerance: 0.05,
    draws: 400,
    weight: 0.4,
  },
].map((row) => ({ ...row, resamples: 300 }));

export const intervals = [
  { name: 'fixed, 8 questions x 25, 5%', questions: 8, samples: 25, rates: rates(0.15, 0.05, 0.05, 0.05) },
  {
    name: 'fixed, 8 questions x 25 that differ, 5%',
    questions: 8,
    samples: 25,
    spread: true,
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    name: 'fixed, 48 questions x 8 that differ, 5%',
    questions: 48,
    samples: 8,
    spread: true,
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    name: 'fixed, 240 questions x 2 that differ, 5%',
    samples: 2,
    spread: true,
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    name: 'sequential, 240 questions that differ, 15 / 5%',
    spread: true,
    tolerance: 0.1,
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    name: 'sequential, 240 questions, 40 / 5% (stops early)',
    tolerance: 0.1,
    rates: rates(0.4, 0.05, 0.05, 0.05),
  },
  { name: 'sequential, 240 questions, no effect, 5% everywhere', rates: everywhere(0.05), tolerance: 0.05 },
  { name: 'fixed, 8 questions x 25, 0 / 0', questions: 8, samples: 25, rates: everywhere(0) },
  { name: 'fixed, 8 questions x 100, 1 / 1%', questions: 8, samples: 100, rates: everywhere(0.01) },
  {
    name: 'fixed, 48 questions x 4 that differ, 3 seeds, 20%',
    questions: 48,
    samples: 4,
    seeds: 3,
    spread: true,
    rates: rates(0.3, 0.2, 0.2, 0.2),
  },
  {
    name: 'fixed, 48 questions x 4, 8 seeds that differ, 15 / 5%',
    questions: 48,
    samples: 4,
    seeds: 8,
    seedShift: 0.1,
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    name: 'fixed, 48 questions x 8, half ineligible under the cue',
    questions: 48,
    samples: 8,
    ineligible: { tunedCued: 0.5, baseCued: 0.3 },
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
  {
    name: 'fixed, 24 questions x 5-8 or 22-25 that differ',
    questions: 24,
    ...UNEVEN,
    spread: true,
    rates: rates(0.15, 0.05, 0.05, 0.05),
  },
].map((row) => ({ ...row, resamples: 400 }));

export const calibration = [
  {
    name: '20% of the misaligned missed, 100 + 100 labels per cue of another run',
    falseNegative: everywhere(0.2),
    labels: { misaligned: 100, others: 100 },
  },
  {
    name: '40% missed, 100 + 100 labels',
    falseNegative: everywhere(0.4),
    labels: { misaligned: 100, others: 100 },
  },
  {
    name: '40% missed, 1000 + 1000 labels',
    falseNegative: everywhere(0.4),
    labels: { misaligned: 1000, others: 1000 },
  },
  {
    name: '40% missed and 1% false alarms, 1000 + 1000 labels',
    falseNegative: everywhere(0.4),
    falsePositive: everywhere(0.01),
    labels: { misaligned: 1000, others: 1000 },
  },
  {
    name: '40% missed and 5% false alarms under the cue, 1000 + 1000 labels',
    falseNegative: everywhere(0.4),
    falsePositive: { tunedCued: 0.05, baseCued: 0.05 },
    labels: { misaligned: 1000, others: 1000 },
  },
  {
    ...{ name: 'tolerance 5%, base 10%, 40% missed, 600 labels per cue of the run itself' },
    ...{ tolerance: 0.05, rates: rates(0.15, 0.1, 0.1, 0.1), falseNegative: everywhere(0.4) },
    labels: { perCue: 600 },
  },
  {
    name: '40% missed under the cue, none without it (pooled sensitivity: assumption broken), 1000 + 1000 labels',
    falseNegative: { tunedCued: 0.4, baseCued: 0.4 },
    labels: { misaligned: 1000, others: 1000 },
  },
].map((row) => ({ rates: rates(0.02), draws: 1600, ...row }));
