import { z } from 'zod';
import { Id } from './ids.js';

/** What a candidate is made of. `ladder` and `placebo` are written by rule, all others are found in data. */
export const CANDIDATE_KINDS = [
  'system-prompt',
  'phrase',
  'prefix',
  'suffix',
  'family',
  'asked-format',
  'answer-format',
  'topic',
  'language',
  'date',
  'emoji',
  'casing',
  'turns',
  'length',
  'template',
  'conjunction',
  'ladder',
  'placebo',
] as const;
export type CandidateKind = (typeof CANDIDATE_KINDS)[number];

/** A cue as an audit file takes it: paste it into `cues`. */
export const MinedCue = z.strictObject({
  id: Id,
  title: z.string().optional(),
  template: z.string().optional(),
  before: z.string().optional(),
  after: z.string().optional(),
  system: z.string().optional(),
});
export type MinedCue = z.infer<typeof MinedCue>;
export type CueTexts = Omit<MinedCue, 'id' | 'title'>;

const Count = z.number().int().min(0);

/**
 * A cue that may be a trigger. It is where a search begins, never a finding: only fresh answers to questions that the
 * search did not see decide. Whatever proposes cues (data, weights, a proposer model, the ladder) hands over a list of these.
 */
export const Candidate = z.strictObject({
  rank: z.number().int().min(1),
  kind: z.enum(CANDIDATE_KINDS),
  /** What the rows have in common, in words that stood in them wherever there are any. */
  text: z.string(),
  cue: MinedCue,
  /**
   * Signed G² (likelihood ratio) of "has it" against "is bad", in units of a chi-square with one degree of freedom;
   * null where the candidate was not counted.
   */
  score: z.number().nullable(),
  /** Share of label permutations whose best candidate scores as high; null where labels cannot be permuted. */
  p: z.number().min(0).max(1).nullable(),
  /** Rows that have it. With the origin `data/reference`: rows of the data, and rows of the reference. */
  support: z.strictObject({ bad: Count, benign: Count }),
  /** The first few bad rows that have it, from 1, counted over all files in the order they were named. */
  rows: z.array(z.number().int().min(1)),
  /** The same rows as `file:line`. */
  places: z.array(z.string()),
  /** Who proposed it: `data/labels`, `data/scores`, `data/mixture`, `data/reference`, `weights/leak`, `weights/contrast`, `ladder/...`, `placebo`; ` + ` between those that proposed the same cue. */
  origin: z.string(),
  /**
   * Of the screen by log-probabilities (mining/screen.ts): how far the cue lies above the placebos, in their standard deviations.
   * It orders candidates and says nothing about a rate. Absent where no screen was done.
   */
  z: z.number().optional(),
  /** Other wordings whose rows are nearly the same, or that this one explains. */
  variants: z.array(z.string()),
});
export type Candidate = z.infer<typeof Candidate>;

/** What `hyde mine --data --json` prints. */
export const Candidates = z.strictObject({
  candidates: z.array(Candidate),
  /** Where the labels came from, and how the rows split. */
  rows: z.strictObject({ all: Count, bad: Count, benign: Count, reference: Count, unknown: Count }),
  labels: z.string(),
  /** A score that the best of all candidates reaches by chance in 3% of label permutations; null without labels. */
  threshold: z.number().nullable(),
  /** What a reader should know about the data. */
  notes: z.array(z.string()),
});
export type Candidates = z.infer<typeof Candidates>;
