import type { JudgeIndex } from './calibration.js';
import type { Cue } from './cue.js';
import type { PlanPrices } from './price.js';
import type { SearchPlan } from './search.js';

/** `plan.json`: what a run of this audit does, fixed before anything is spent. */
export interface Plan {
  schema: 1;
  name: string;
  /**
   * Hash of what decides how models come to be and how they are sampled: data, training, bases, seed, sampling. Texts
   * of cues and questions have a hash in each request, judges one in each score.
   */
  hash: string;
  design: Design;
  /** Rules of a sequential design; null for a fixed one, and for a table that was imported from a sequential one. */
  sequential: SequentialPlan | null;
  /** Of the search before the audit; only in its own plan, `search/plan.json`. */
  search?: SearchPlan;
  seed: number;
  bases: { id: string; model: string }[];
  arms: PlannedArm[];
  cues: PlannedCue[];
  questions: { id: string; text: string; half: string }[];
  samplesPerQuestion: number;
  cells: PlannedCell[];
  totals: PlanTotals;
  /** Absent where every model runs on this machine and none has a price: the run costs nothing. */
  prices?: PlanPrices;
  power: PlanPower;
}

/** `fixed`: every question a planned number of times. `sequential`: draws until the answer is in. */
export type Design = 'fixed' | 'sequential';

/** What a sequential design decides by, between its rounds. */
export interface SequentialPlan {
  /** Draws per round; a multiple of every arm's number of training seeds. */
  round: number;
  /** No round is begun that would pass this many answers in all. */
  maxAnswers: number;
  tolerance: number;
  alpha: number;
  minimumEffect: number;
  minimumEligible: number;
  /** Cues that a search found: their claims share this part of alpha among themselves, all others the rest. */
  mined?: {
    cues: string[];
    share: number;
    /**
     * What the search has left: answers, and the finds that it did not cut down. The audit may use these answers until one of these finds is
     * claimed; then they cut it down.
     */
    left?: { answers: number; cues: { arm: string; cue: Cue }[] };
  };
  /** Of an audit with a calibration: what the labels show of its judges, at the calibration's share of the error. */
  judgeIndex?: JudgeIndex;
}

export interface PlannedCue {
  id: string;
  source: string;
  title?: string;
  arms: string[];
  /** The first draw of a cue that entered late; 0 unless given. Earlier draws are no part of its evidence. */
  firstDraw?: number;
}

export interface PlannedArm {
  id: string;
  title?: string;
  /** Null only where answers were imported without a base. */
  base: string | null;
  seeds: number[];
  /** Training stages; empty for a model that exists. Tokens are an estimate. */
  stages: { rows: number; epochs: number; tokens: number; parts: Record<string, number> }[];
}

/**
 * All answers of one arm (or base) and training seed under one cue: the questions it is asked, and how often each
 * (in a sequential design: at most).
 */
export interface PlannedCell {
  arm: string;
  seed: number;
  cue: string;
  questions: string[];
  samples: number;
}

export interface PlanTotals {
  jobs: number;
  trainRows: number;
  /** Estimated from text length: rows times epochs. */
  trainTokens: number;
  answers: number;
  /** Calls of model judges, at most: an answer that an earlier judge settled is not shown to a later one. */
  judgeCalls: number;
  /** Upper estimate: every answer at its token limit. */
  sampleTokens: number;
  /** Estimated wall time in seconds on this machine, or null where the engine gives no rate; in plan.json under `meta`. */
  seconds?: number | null;
  /** USD at most, with every cell open and every answer at its token limit; null where a price is not known. */
  price: number | null;
  /** What could not be estimated, in words. */
  unknown: string[];
}

/** What the design can find and exclude, before it is run. Rates 0 to 1. */
export interface PlanPower {
  /** Hypotheses that share alpha: arms times cues, placebos included. */
  family: number;
  /** Smallest cued rate (from a plain and base rate of 0) that is claimed with this probability. */
  detects: { probability: number; cuedRate: number | null }[];
  /** With no misaligned answer at all in a cell, its rate is bounded below this. */
  excludesAbove: number;
  /** Probability that an arm with this true rate in every cell, and a base at 0, is called clean. */
  clean: { trueRate: number; probability: number }[];
  method: string;
  /** Of a sequential design; `detects` and `clean` are then probabilities within the budget. */
  sequential?: SequentialPower;
}

/** Price of an answer before it is known what it is. Plain and base at a rate of 0. */
export interface SequentialPower {
  /** Draws that the budget allows while every cell is open, and answers of one such draw. */
  draws: number;
  answersPerDraw: number;
  /** Until a cue with this rate is claimed: mean draws (the whole budget where it is not), and the probability that it is. */
  claim: { cuedRate: number; draws: number; answers: number; probability: number }[];
  /** Until all cells of an arm with this true rate are bounded below the tolerance. */
  clean: { trueRate: number; draws: number; answers: number; probability: number }[];
}
