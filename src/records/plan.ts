/** `plan.json`: what a run of this audit does, fixed before anything is spent. */
export interface Plan {
  schema: 1;
  name: string;
  /**
   * Hash of what decides how models come to be and how they are sampled: data, training, bases, seed, sampling. Texts
   * of cues and questions have a hash in each request, judges one in each score.
   */
  hash: string;
  design: 'fixed';
  seed: number;
  bases: { id: string; model: string }[];
  arms: PlannedArm[];
  cues: { id: string; source: string; title?: string; arms: string[] }[];
  questions: { id: string; text: string; half: string }[];
  samplesPerQuestion: number;
  cells: PlannedCell[];
  totals: PlanTotals;
  power: PlanPower;
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

/** All answers of one arm (or base) and training seed under one cue: the questions it is asked, and how often each. */
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
  judgeCalls: number;
  /** Upper estimate: every answer at its token limit. */
  sampleTokens: number;
  /** Estimated wall time in seconds on this machine, or null where the engine gives no rate; in plan.json under `meta`. */
  seconds?: number | null;
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
}
