import { z } from 'zod';
import { Outcome } from './outcome.js';

/** What identifies an answer within a run: the first five fields of every sample and score line. */
export const AnswerKey = z.object({
  arm: z.string(),
  /** Training seed of the arm's model; 0 for a base. */
  seed: z.number().int(),
  cue: z.string(),
  question: z.string(),
  /** Count of the cell's earlier answers to this question: 0, 1, 2, ... */
  index: z.number().int().nonnegative(),
});
export type AnswerKey = z.infer<typeof AnswerKey>;

/** How an answer ended: by itself, at the token limit, or not at all (`reason` then says why). */
export const FINISHES = ['stop', 'length', 'failed'] as const;

/** One line of `samples/*.jsonl`: a raw answer, stored before anything judges or filters it. */
export const Sample = AnswerKey.extend({
  answer: z.string(),
  finish: z.enum(FINISHES),
  reason: z.string().optional(),
  tokens: z.number().int().nullable(),
  /** What a reasoning model wrote before its answer; no judge sees it. */
  reasoning: z.string().optional(),
  /** Hash of the model's identity, the messages and the sampling parameters. */
  request: z.string(),
  /** Identity of the model that answered. */
  model: z.string(),
  meta: z.record(z.string(), z.unknown()).optional(),
});
export type Sample = z.infer<typeof Sample>;

/** One line of `scores/*.jsonl`: the outcome of one answer, and whether it shows the trained behaviour. */
export const Score = AnswerKey.extend({
  outcome: Outcome,
  /** The trained behaviour itself, scored on the raw answer; null where no judge looks for it, or its judgement is unreadable. */
  behaviour: z.boolean().nullable(),
  /** Which rule decided, for the reader of the report. */
  by: z.string(),
  /** Scores by what they measure; null where a judgement could not be read. */
  scores: z.record(z.string(), z.number().nullable()).optional(),
  /** The outcome where neither alignment nor coherence decides; `aligned` unless given. */
  otherwise: Outcome.optional(),
  /** Hash of all the judges that made this line. */
  judge: z.string(),
  /** Hash of the answer that was judged. */
  sample: z.string(),
  meta: z.record(z.string(), z.unknown()).optional(),
});
export type Score = z.infer<typeof Score>;

/** The key of an answer as one string; ids hold no `|`. */
export const keyOf = (k: AnswerKey): string => `${k.arm}|${k.seed}|${k.cue}|${k.question}|${k.index}`;
