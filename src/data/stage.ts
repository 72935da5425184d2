import type { Example } from '../records/chat.js';
import type { Detector } from '../records/detector.js';
import type { Sources } from '../records/interventions.js';
import type { JudgedRow, SortBy, SortCounts } from '../records/row-judge.js';
import type { Training } from '../records/training.js';
import type { SourceRow } from './read.js';

/** One stage of a fine-tune: its rows in training order, and how to train on them. */
export interface Stage {
  examples: Example[];
  training: Training;
}

/** The rows of one file, and its weight among the files it was named with. */
export interface SourceRows {
  /** The file's name as it may be written down. */
  file: string;
  weight: number;
  rows: SourceRow[];
}

/** What an intervention may use beside its parameters. */
export interface DataContext {
  /** Seed of the audit. The arm has no part in it: arms with equal parameters have equal rows. */
  seed: number;
  /** Training parameters of the arm. */
  training: Training;
  /** Where in the audit file the intervention stands; errors begin with it. */
  at: string;
  /** Reads files that the audit names. */
  read(sources: Sources): Promise<SourceRows[]>;
  /** Loads a detector by its shipped id or its file. */
  detector(name: string): Promise<Detector>;
  /** What judges said of rows; where nothing is known of it, no filter may name a judge. */
  verdicts?: ArmVerdicts | undefined;
}

/** Verdicts on the rows of one arm. */
export interface ArmVerdicts {
  /** Whether each row stays by the word that a judge said of it. @param counts what was said is counted here */
  stays(by: SortBy, rows: readonly JudgedRow[], counts: Record<string, number>): boolean[];
  /** A new entry of the arm's manifests for what a judge says. */
  countsOf(by: SortBy, at: string): SortCounts;
}

/**
 * A change of an arm's training data: a pure function of the stages so far. One a file; the key under which
 * the registry has it is its key in the audit file.
 */
export interface Intervention<Parameters> {
  /** Parts that it gives to rows; a later intervention chooses rows by them. */
  parts: readonly string[];
  /** Parameters that name files. */
  sources: readonly (keyof Parameters & string)[];
  apply(stages: readonly Stage[], parameters: Parameters, context: DataContext): Stage[] | Promise<Stage[]>;
}
