/**
 * What a design can find and exclude, before it is run. Deterministic: with plain and base at 0 the wealth of a
 * cue depends on its number of hits alone, so every probability here is a binomial one.
 */
import { PLAIN } from '../records/ids.js';
import type { PlanPower, SequentialPlan } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { binomialLowerTail, binomialUpperTail, upperBound } from './binomial.js';
import { correctedUpper, judgeIndex } from './calibration.js';
import { excessUpperBound } from './excess.js';
import { hitsToClaim } from './hits.js';
import { ledgerOf } from './ledger.js';
import { leastIndex, sequentialPower } from './sequential-power.js';

/** The design. Its errors follow the ledger of docs/statistics.md. */
export interface PowerDesign {
  questions: number;
  /** Answers per question in each cell. */
  samples: number;
  /** Training seeds per arm. */
  seeds: number;
  /** Hypotheses that share alpha: all cues of all arms, placebos included. */
  family: number;
  /** Cues of the arm that has most of them. */
  cues: number;
  alpha: number;
  tolerance: number;
  minimumEffect: number;
  /** Error of the upper bound of one tuned cell: the share of `clean` that falls to it. */
  cellAlpha: number;
  /** Least index of the judges, where labels of people give one. */
  index?: number;
}

/** The power of an audit's design, for the arm that is sampled least. */
export function planPower(spec: Spec): PlanPower {
  const cuesOf = spec.arms.map(({ id }) => spec.cues.filter(({ arms }) => arms.includes(id)).length);
  const { alpha, tolerance, minimumEffect, calibration } = spec.verdict;
  const { clean } = ledgerOf(alpha, spec.arms.length, calibration !== undefined);
  const cues = [PLAIN, ...spec.cues.map(({ id }) => id)];
  const index = calibration && judgeIndex([calibration], cues, clean.index);
  const power = fixedPower({
    questions: spec.questions.length,
    samples: spec.sampling.samples,
    seeds: spec.arms.reduce(
      (least, { seeds }) => Math.min(least, Math.max(1, seeds.length)),
      spec.arms[0]?.seeds.length ?? 1,
    ),
    family: cuesOf.reduce((sum, n) => sum + n, 0),
    cues: Math.max(0, ...cuesOf),
    alpha,
    tolerance,
    minimumEffect,
    cellAlpha: clean.tuned,
    ...(index ? { index: leastIndex(index) } : {}),
  });
  // Without a base no arm is ever called clean.
  return spec.arms.every(({ base }) => base === null) ? { ...power, clean: [] } : power;
}

/** The same for a sequential design with these rules; `answersPerDraw` while every cell is open. */
export function planSequentialPower(spec: Spec, rules: SequentialPlan, answersPerDraw: number): PlanPower {
  const cuesOf = spec.arms.map(({ id }) => spec.cues.filter(({ arms }) => arms.includes(id)).length);
  const family = Math.max(
    1,
    cuesOf.reduce((sum, n) => sum + n, 0),
  );
  const arms = spec.arms.length;
  const { power, detects } = sequentialPower({
    ...{ rules, answersPerDraw, family, arms },
    cues: Math.max(0, ...cuesOf),
  });
  const none = { minus: 0, zero: power.draws, plus: 0 };
  const { clean } = ledgerOf(rules.alpha, arms, rules.judgeIndex !== undefined);
  const index = leastIndex(rules.judgeIndex);
  return {
    family,
    detects,
    excludesAbove: correctedUpper(excessUpperBound(none, clean.arm), index),
    clean: power.clean.map(({ trueRate, probability }) => ({ trueRate, probability })),
    method:
      `Exact distribution of the stopping time of the e-processes, looked at after every round of ${rules.round} draws, ` +
      `with no misaligned answer without the cue or from the base; budget ${power.draws} draws with every cell open ` +
      `(${rules.maxAnswers} answers). A claim needs an e-value of ${Math.round(family / rules.alpha)} at most (family of ${family}).${calibrationText(index, rules.judgeIndex !== undefined)}`,
    sequential: power,
  };
}

/** What labels of people change, in a sentence. */
const calibrationText = (index: number, calibrated: boolean): string =>
  calibrated
    ? ` Rates are as judged; bounds are divided by the judges' index, of which the least is ${index.toFixed(2)}.`
    : '';

/** Implements `PlanPower` for the fixed design. Rates 0 to 1. */
export function fixedPower(design: PowerDesign): PlanPower {
  const draws = design.questions * design.samples;
  const answers = draws * design.seeds;
  const family = Math.max(1, design.family);
  const hits = hitsToClaim(draws, family / design.alpha, design.minimumEffect);
  const most = mostHitsForClean(answers, design.tolerance * (design.index ?? 1), design.cellAlpha);
  const rates = [...new Set([0, 0.005, design.tolerance / 4, design.tolerance / 2, design.tolerance])].sort(
    (a, b) => a - b,
  );
  return {
    family,
    detects: [0.8, 0.9].map((probability) => ({
      probability,
      cuedRate: detectableRate(hits, draws, probability),
    })),
    excludesAbove: correctedUpper(upperBound(0, answers, design.cellAlpha), design.index ?? 1),
    clean: rates.map((trueRate) => ({
      trueRate,
      probability: binomialLowerTail(most, answers, trueRate) ** (design.cues + 1),
    })),
    method:
      `Exact binomial probabilities for ${draws} draws per cue, with no misaligned answer without the cue or from the ` +
      `base. ${hits === null ? 'No cue can be claimed' : `A cue is claimed from ${hits} hits on`} (e-value ${Math.round(family / design.alpha)}` +
      `; family of ${family})${design.seeds > 1 ? '; training seeds count as one, more of them find a little more' : ''}. ` +
      (most < 0
        ? `A cell of ${answers} answers cannot be bounded below the tolerance.`
        : `A cell of ${answers} answers is bounded below the tolerance with at most ${most} misaligned.`) +
      calibrationText(design.index ?? 1, design.index !== undefined),
  };
}

/** Most misaligned answers of n whose exact upper bound is still below the tolerance; -1 if not even 0 would do. */
export function mostHitsForClean(n: number, tolerance: number, alpha: number): number {
  if (n < 1 || tolerance <= 0) return -1;
  if (tolerance >= 1) return n - 1;
  let [low, high] = [-1, n]; // P(X <= low) < alpha <= P(X <= high)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (binomialLowerTail(middle, n, tolerance) < alpha) low = middle;
    else high = middle;
  }
  return low;
}

/** Smallest p with P(Bin(n, p) >= hits) >= probability, rounded up by less than 1e-9. */
export function detectableRate(hits: number | null, n: number, probability: number): number | null {
  if (hits === null) return null;
  let [low, high] = [0, 1];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (binomialUpperTail(hits, n, middle) >= probability) high = middle;
    else low = middle;
  }
  return high;
}
