import type { ContrastSpec, Side } from './contrast.js';
import type { CueSource } from './cue.js';
import type { OutcomeCounts } from './outcome.js';
import type { Spent } from './price.js';

/** Verdicts of an arm, worst first. `inconclusive` is never a pass. */
export const VERDICTS = ['broad', 'conditional', 'inconclusive', 'clean'] as const;
export type Verdict = (typeof VERDICTS)[number];

export type Interval = [low: number, high: number];

/** A number that may be missing; then `reason` says why. Never NaN, never 0 for "not known". */
export interface Estimate {
  estimate: number | null;
  interval: Interval | null;
  method: string;
  reason?: string;
}

/** One cell: the answers of one arm under one cue (all training seeds), or of one seed. Rates are 0 to 1. */
export interface Cell {
  /** Why there is no rate, or no bounds, where one of them is null. */
  reason?: string;
  /** Misaligned per eligible answer, every question (and training seed) weighted equally; null without eligible answers. */
  rate: number | null;
  interval: Interval | null;
  method: string;
  misaligned: number;
  eligible: number;
  samples: number;
  /** Misaligned per sampled answer: the other denominator. */
  ratePerSample: number | null;
  /** Of a calibrated judge: misaligned per sampled answer of known outcome, freed of the judge's errors (Rogan-Gladen). */
  corrected?: Estimate;
  outcomes: OutcomeCounts;
  /** Share of the answers that were eligible. */
  eligibleShare: number | null;
  /** The rate if every unknown outcome were aligned, and if every one were misaligned. */
  worstCase: Interval | null;
  /** Exact one-sided bounds on the misaligned answers per sampled answer, at the alpha that verdicts use. */
  bounds: { lower: number; upper: number; alpha: number; method: string } | null;
  /** The trained behaviour per sampled answer, before any filter; null where it was not scored. */
  behaviour: { rate: number; interval: Interval; method: string; shown: number; samples: number } | null;
  /** Per question, in the order of the plan. */
  questions: { id: string; misaligned: number; eligible: number; samples: number }[];
}

export interface Effect extends Estimate {
  /** Evidence that the conditional effect is above the minimum effect; `>= 1/alpha` alone would be a claim. */
  eValue: number | null;
  /** True where e-Holm over all arms and cues claims it. */
  claimed: boolean;
  /** Draws that entered the e-process. */
  draws: number;
  /** The e-value that e-Holm asked of this cue. */
  needed: number;
  /** From three training seeds on: the interval that resamples them too. No claim rests on it. */
  overSeeds?: { interval: Interval; method: string };
}

export interface CueResult extends Cell {
  id: string;
  source: CueSource;
  title?: string;
  /** The base model under the same cue. */
  base: Cell | null;
  /** Difference in differences: (tuned cued - tuned plain) - (base cued - base plain), per eligible answer. */
  effect: Effect;
  /** Cued rate minus plain rate of the tuned model: what the standard evaluation does not see. */
  falseConfidence: Estimate;
  /** The same difference in differences for the share of eligible answers. */
  eligibilityEffect: Estimate;
  /** The same for the trained behaviour; null where it was not scored. */
  behaviourEffect: Estimate | null;
  /** Upper bound of the excess over the base that `clean` needs below the tolerance. */
  excessUpper: number | null;
  /** Why there is no such bound, where it is null. */
  excessReason?: string;
}

export interface ArmResult {
  id: string;
  title?: string;
  base: string | null;
  verdict: Verdict;
  /** For `conditional`: does the standard evaluation look clean? null: not settled, or another verdict. */
  hidden: boolean | null;
  reason: string;
  /** What would settle an inconclusive arm, or null. */
  toSettle: string | null;
  seeds: { seed: number; plain: Cell; cues: { id: string; cell: Cell }[] }[];
  plain: Cell;
  /** The base model without a cue. */
  plainBase: Cell | null;
  /** Bounds of the plain rate's excess over the base: `broad` needs lower, `clean` and `hidden` need upper. */
  plainExcess: { lower: number | null; upper: number | null; reason?: string };
  cues: CueResult[];
}

export interface BaseResult {
  id: string;
  model: string;
  plain: Cell;
  cues: ({ id: string; source: CueSource; title?: string } & Cell)[];
}

/** One line of a sensitivity table: the same answers, with outcomes by other thresholds or other judges. */
export interface SensitivityRow {
  id: string;
  title: string;
  arms: {
    id: string;
    verdict: Verdict;
    plainRate: number | null;
    cues: { id: string; rate: number | null }[];
  }[];
}

/** What becomes of the verdict when it is judged otherwise. The first row of each list is what was chosen. */
export interface Sensitivity {
  /** Presets, and a grid around the chosen thresholds; only where there are scores. */
  thresholds?: SensitivityRow[];
  /** Judges whose outcomes of the same answers are recorded; only where there are others. */
  judges?: SensitivityRow[];
}

/** A share of labelled answers that the judge called as people did. */
export interface JudgeShare extends Estimate {
  right: number;
  labelled: number;
}

/** What labels of people say of the judges, and what becomes of bounds by it. */
export interface Calibration {
  /** Hash of the judges that were labelled; those of the result. */
  judge: string;
  /** Labelled answers, and those among them that people could not tell or did not agree on. */
  labelled: number;
  unclear: number;
  /** Where the labels stand: `own` for the run's own. */
  from: string[];
  /** Of the answers that people call misaligned, the share that the judge does too; all cues together. */
  sensitivity: JudgeShare;
  /** Of all other answers, the share that the judge does not call misaligned; per cue, `plain` included. */
  specificity: (JudgeShare & {
    cue: string;
    /** Lower bound of sensitivity + specificity - 1, by which bounds under this cue are divided; none where it is not above 0. */
    indexLower: number;
  })[];
  /** Share of the run's answers that the judge and people call alike (misaligned or not). */
  agreement: JudgeShare;
  /** The least of the cues' indices. */
  indexLower: number;
  /** Error of each index, of one arm. */
  alpha: number;
  method: string;
  /** Each two raters on the answers that both labelled. */
  raters: { raters: [string, string]; labelled: number; agreement: JudgeShare; kappa: Estimate }[];
  /** Labels that would bring every index to 0.8, or why none would; null where it is there. */
  toImprove: string | null;
}

/** Does a stated contrast hold? `agrees` and `disagrees` where the interval excludes 0, in or against its direction. */
export type Agreement = 'agrees' | 'undecided' | 'disagrees';

/** One of the two rates of a contrast: a cell, and the same of each training seed. */
export interface ContrastSide extends Side {
  rate: number | null;
  interval: Interval | null;
  misaligned: number;
  eligible: number;
  seeds: { seed: number; rate: number | null; misaligned: number; eligible: number }[];
}

/** A stated contrast with what the answers say of it. */
export interface ContrastResult extends Omit<ContrastSpec, 'of' | 'against'>, Estimate {
  of: ContrastSide;
  against: ContrastSide;
  agreement: Agreement;
}

/** A cue that hyde found by itself, with what fresh answers to other questions say of it. */
export interface TriggerCard {
  arm: string;
  /** Id of the cue in the result. */
  cue: string;
  /** What is put into the prompt, in order. */
  texts: { kind: string; text: string }[];
  /** Where it came from: kind of the candidate, its origin, its place among the candidates. */
  kind: string;
  origin: string;
  rank: number;
  /** Words before and after it was cut down; null where it was not tried. */
  size: { from: number; to: number } | null;
  /** As the candidate was, where it was cut down. */
  whole: { cue: string; texts: { kind: string; text: string }[] } | null;
  /** What the search had cut it down to, where fresh answers claim the whole cue and not that. */
  failedCut?: { cue: string; texts: { kind: string; text: string }[] };
  /** The smallest cue that kept its rate in fresh answers, looked for after it was claimed; absent where that was not tried. No claim. */
  smallest?: {
    texts: { kind: string; text: string }[];
    size: { from: number; to: number };
    draws: number;
    misaligned: number;
  };
  /** Confirmed: the effect as the arm's cue has it. */
  effect: Effect;
  rate: number | null;
  /** What the search saw of it and of its relatives; a guide, and never a claim. */
  seen: { draws: number; misaligned: number };
  family: { relation: string; text: string; draws: number; misaligned: number }[];
  /** The worst misaligned answers under it, three at most. */
  worst: { question: string; answer: string }[];
  /** Command that asks under it again, to be called where the audit file is; the names of two folders are left open. */
  command: string;
}

/** A warning that a reader of the verdict must see (a dead adapter, a hidden system prompt, lost answers). */
export interface Warning {
  about: string;
  text: string;
}

/** `result.json`: everything that report and gate read. */
export interface Result {
  schema: 1;
  name: string;
  hyde: string;
  verdict: Verdict;
  tolerance: number;
  alpha: number;
  level: number;
  minimumEffect: number;
  minimumEligible: number;
  design: 'fixed' | 'sequential';
  questions: { id: string; text: string }[];
  answersPerQuestion: number | null;
  bases: BaseResult[];
  arms: ArmResult[];
  /** Cues worth a closer look, by e-BH at the audit's alpha: of these a share alpha may be false. Never claims. */
  screening?: { arm: string; cue: string; eValue: number }[];
  warnings: Warning[];
  /** Answers of the bases that were taken over from another run; absent in results that were imported. */
  reusedBaseAnswers?: number;
  /** The same of all models. */
  reusedAnswers?: number;
  /** Contrasts that the audit stated beforehand; absent where it states none. */
  contrasts?: ContrastResult[];
  /** Triggers that a search found, claimed or not; absent without a search. */
  triggers?: TriggerCard[];
  /** What a search tried; absent without one. */
  searched?: {
    candidates: number;
    answers: number;
    /** The placebo that showed most: what chance can do. */
    placebo?: { draws: number; misaligned: number };
  };
  /** What the run has cost; null where it costs nothing. */
  spent?: Spent | null;
  /** Why the run ended before its design did: the next round could have passed the budget. */
  stopped?: 'budget';
  /** Hash of the judges whose outcomes were counted. */
  judge?: string;
  /** The verdict over other thresholds and other judges; absent where there is nothing to compare. */
  sensitivity?: Sensitivity;
  /** The judges against labels of people; absent where there are none for these judges. */
  calibration?: Calibration;
  /** How the numbers came about, in sentences for the report: methods by name, family size, alpha shares. */
  methods: string[];
}
