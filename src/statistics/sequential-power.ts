/**
 * What a sequential design can find within its budget, and how long it takes, before it is run. Exact, not simulated: with
 * plain and base at 0 both e-processes of a cue depend on its number of hits alone, so that the distribution of the stopping
 * time follows from a binomial walk between two boundaries, looked at after every round.
 */
import type { JudgeIndex } from '../records/calibration.js';
import type { SequentialPlan, SequentialPower } from '../records/plan.js';
import { binomialPmf } from './binomial.js';
import { logWealthBelow } from './excess.js';
import { hitsToClaim } from './hits.js';
import { CALIBRATION_SHARE } from './ledger.js';

/** The design. */
export interface SequentialPowerDesign {
  rules: SequentialPlan;
  answersPerDraw: number;
  /** Hypotheses that share alpha, cues of the arm that has most of them, and arms. */
  family: number;
  cues: number;
  arms: number;
}

/** Cued rates of which the price is shown. */
const RATES = [0.02, 0.05, 0.1, 0.2, 0.4];

/** No more looks than this are computed; a longer budget is looked at less often, which only makes the answer more cautious. */
const MOST_LOOKS = 100;

/** Boundaries of a cell's hits at each look. */
interface Boundaries {
  step: number;
  /** From so many hits on the cue is claimed; infinite where it never is. */
  claim: number[];
  /** Up to so many hits the excess is bounded below the tolerance; -1 where not even 0 would do. */
  clean: number[];
}

/** How a cell ends: probability by each look. */
interface Ends {
  claimed: number[];
  bounded: number[];
}

/** Prices and probabilities of the design, and the smallest cued rates that are claimed with 80 and 90%. */
export function sequentialPower(design: SequentialPowerDesign): {
  power: SequentialPower;
  detects: { probability: number; cuedRate: number | null }[];
} {
  const { rules, answersPerDraw } = design;
  const draws = Math.floor(rules.maxAnswers / answersPerDraw / rules.round) * rules.round;
  const cue = boundariesOf(draws, design, true);
  const plain = boundariesOf(draws, design, false);
  const claimAt = (rate: number): number => endsOf(cue, rate).claimed.at(-1) ?? 0;
  const answers = (mean: number): number => Math.round(mean * answersPerDraw);
  return {
    power: {
      draws,
      answersPerDraw,
      claim: RATES.map((cuedRate) => {
        const { claimed } = endsOf(cue, cuedRate);
        const mean = meanDraws(claimed, cue.step);
        return {
          cuedRate,
          draws: Math.round(mean),
          answers: answers(mean),
          probability: claimed.at(-1) ?? 0,
        };
      }),
      clean: [0, rules.tolerance / 4, rules.tolerance / 2].map((trueRate) => {
        const ofCue = endsOf(cue, trueRate).bounded;
        const ofPlain = endsOf(plain, trueRate).bounded;
        const all = ofPlain.map((p, i) => p * (ofCue[i] as number) ** design.cues);
        const mean = meanDraws(all, cue.step);
        return { trueRate, draws: Math.round(mean), answers: answers(mean), probability: all.at(-1) ?? 0 };
      }),
    },
    detects: [0.8, 0.9].map((probability) => ({ probability, cuedRate: smallestRate(claimAt, probability) })),
  };
}

function boundariesOf(
  draws: number,
  { rules, family, arms }: SequentialPowerDesign,
  canBeClaimed: boolean,
): Boundaries {
  const step = rules.round * Math.max(1, Math.ceil(draws / rules.round / MOST_LOOKS));
  const looks = Array.from({ length: Math.floor(draws / step) }, (_, i) => (i + 1) * step);
  const needed = Math.max(1, family) / rules.alpha;
  const share = rules.judgeIndex === undefined ? 1 : 1 - CALIBRATION_SHARE;
  const log = Math.log(Math.max(1, arms) / rules.alpha / share);
  const tolerance = rules.tolerance * leastIndex(rules.judgeIndex);
  return {
    step,
    claim: looks.map((n) =>
      canBeClaimed
        ? (hitsToClaim(n, needed, rules.minimumEffect) ?? Number.POSITIVE_INFINITY)
        : Number.POSITIVE_INFINITY,
    ),
    clean: looks.map((n) => mostHits(n, tolerance, log)),
  };
}

/** The least index of an audit's judges, 0 where one is not above it; 1 without labels. */
export const leastIndex = (judgeIndex: JudgeIndex | undefined): number =>
  judgeIndex === undefined ? 1 : Math.max(0, Math.min(...Object.values(judgeIndex)));

/** Most hits among n draws at which the excess is bounded below the tolerance; -1 if not even 0 would do. */
function mostHits(n: number, tolerance: number, log: number): number {
  if (tolerance <= 0) return -1;
  const holds = (k: number): boolean => logWealthBelow({ minus: 0, zero: n - k, plus: k }, tolerance) >= log;
  if (!holds(0)) return -1;
  let [low, high] = [0, n];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The distribution of the end of one cell with a rate of `p`: walks over the looks, and takes out what has ended. */
function endsOf({ step, claim, clean }: Boundaries, p: number): Ends {
  // Jumps that have a chance of more than 1e-14, with the first of them.
  const all = Array.from({ length: step + 1 }, (_, k) => binomialPmf(k, step, p));
  const first = all.findIndex((mass) => mass > 1e-14);
  const jumps = all.slice(first, all.findLastIndex((mass) => mass > 1e-14) + 1);
  const last = Math.max(clean.at(-1) ?? -1, ...claim.filter(Number.isFinite));
  let alive = [1];
  let [claimed, bounded] = [0, 0];
  const ends: Ends = { claimed: [], bounded: [] };
  for (let look = 0; look < clean.length; look++) {
    const next = new Array<number>(Math.min(last + 1, alive.length + step)).fill(0);
    for (let hits = 0; hits < alive.length; hits++) {
      const mass = alive[hits] as number;
      if (mass < 1e-15) continue;
      for (let k = 0; k < jumps.length; k++) {
        const to = hits + first + k;
        if (to >= (claim[look] as number)) claimed += mass * (jumps[k] as number);
        else if (to <= (clean[look] as number)) bounded += mass * (jumps[k] as number);
        else if (to < next.length) next[to] = (next[to] as number) + mass * (jumps[k] as number);
        // what has more hits than any boundary can still reach is never bounded, and never claimed
      }
    }
    ends.claimed.push(claimed);
    ends.bounded.push(bounded);
    alive = next;
  }
  return ends;
}

/** Mean draws until the end, the whole budget where there is none. */
function meanDraws(byLook: readonly number[], step: number): number {
  return byLook.slice(0, -1).reduce((sum, p) => sum + step * (1 - p), byLook.length > 0 ? step : 0);
}

/** Smallest rate that is claimed with this probability, rounded up by less than a hundredth of itself; null where none is. */
function smallestRate(claimAt: (rate: number) => number, probability: number): number | null {
  if (claimAt(1) < probability) return null;
  let [low, high] = [0, 1];
  while (high - low > 0.01 * high && high > 1e-4) {
    const middle = (low + high) / 2;
    if (claimAt(middle) >= probability) high = middle;
    else low = middle;
  }
  return high;
}
