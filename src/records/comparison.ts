import type { Estimate, Interval, Verdict } from './result.js';

/** What `hyde compare` says of run folders side by side; the first is what the others are compared with. */
export interface Comparison {
  runs: { folder: string; name: string; verdict: Verdict; tolerance: number; alpha: number }[];
  arms: ArmComparison[];
  /** What a reader must know: other questions, other judges, arms of one run alone. */
  warnings: string[];
}

export interface ArmComparison {
  id: string;
  /** In the order of the runs; null where a run lacks the arm. */
  verdicts: (Verdict | null)[];
  changed: boolean;
  /** Plain first. */
  cues: CueComparison[];
}

export interface CueComparison {
  id: string;
  /** In the order of the runs; null where a run lacks the cell. */
  cells: (RunCell | null)[];
}

/** One cell of one run, and how it differs from the first run's. */
export interface RunCell {
  rate: number | null;
  interval: Interval | null;
  effect: number | null;
  claimed: boolean | null;
  /** Rate of this run minus that of the first, over the questions that both have; null in the first. */
  rateDifference: Difference | null;
  /** The same of the effects; null for plain, too. Without a number where one of the two alone has a base, and the reason. */
  effectDifference: Difference | null;
}

export interface Difference extends Estimate {
  /** Questions that both runs have answers to. */
  questions: number;
}
