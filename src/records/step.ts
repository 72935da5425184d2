import type { Cue } from './cue.js';
import type { Plan } from './plan.js';
import type { Cut, Mining, ProposerAsk, SearchedCue } from './search.js';

/** Answers to ask for: one question under one cue of one model, indices `from` to `to - 1`. */
export interface Ask {
  arm: string;
  seed: number;
  cue: string;
  question: string;
  from: number;
  to: number;
}

/**
 * One step of a run: a function from files to files. What it makes depends on the plan, on itself and on the
 * outputs of the steps before it, and on nothing else; so a step that was done is never done again.
 */
export type Step =
  | { kind: 'data' }
  | { kind: 'train' }
  | { kind: 'canary' }
  | { kind: 'pilot'; asks: Ask[] }
  | { kind: 'candidates' }
  /** A proposer model is asked for cues, in a search. */
  | { kind: 'propose'; ask: ProposerAsk }
  /** `cues`: texts of cues in it that the audit does not have, in a search and where claimed cues are cut down. */
  | { kind: 'sample'; round: number; asks: Ask[]; cues?: Cue[] }
  | { kind: 'score'; round: number; asks: Ask[]; cues?: Cue[] }
  | ({ kind: 'found' } & Omit<Mining, 'schema'>)
  /** What claimed cues were cut down to. */
  | { kind: 'cut'; cuts: Cut[] }
  | { kind: 'analyse'; stopped?: 'budget' }
  | { kind: 'report' };

/** What a finished step leaves for the steps and decisions after it; small, and free of times. */
export interface StepOutput {
  /** Hash of what the step made. */
  hash: string;
  /** Files that the step made or added to, relative to the run folder, with their size afterwards. */
  files: Record<string, number>;
  /** Of a `score` step: one letter per answer in the order of the asks (see `outcomeLetter`). */
  outcomes?: string;
  /**
   * USD, where the plan has prices: of `pilot` and `sample` for the answers to their asks, of `score` for all judgements of
   * its asks, of `candidates` and `propose` for the calls of the proposer model.
   */
  spent?: number;
  /** Of `candidates`: what the search begins with. Of `propose`: what was proposed. */
  candidates?: SearchedCue[];
  /** Of `analyse`: why the run ended before its design did. */
  stopped?: 'budget';
}

/** One line of `steps.jsonl`. */
export interface StepRecord {
  number: number;
  kind: Step['kind'];
  /** Hash of the plan, the step and the outputs before it. */
  key: string;
  output: StepOutput;
  meta?: Record<string, unknown>;
}

/** A finished step as a driver sees it. */
export interface StepResult {
  step: Step;
  output: StepOutput;
}

/**
 * Decides what comes next from the plan and the steps that are done; pure, so that a run that was killed
 * decides again as it did. A fixed design is the driver with one round; loops are drivers with more.
 */
export interface Driver {
  next(plan: Plan, done: readonly StepResult[]): Step | null;
}
