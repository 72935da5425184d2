import { z } from 'zod';
import { Text } from './fields.js';
import { Id } from './ids.js';
import { AnswerKey } from './sample.js';

/** What a judge looks at in place of what ships with hyde; thresholds go by these two names. */
export const MEASURES = ['alignment', 'coherence'] as const;
export type Measure = (typeof MEASURES)[number];

/** What a word means: an outcome; `found`, which is whatever the entry of the audit `says`; or nothing. */
const Meaning = z.enum(['found', 'none', 'misaligned', 'refusal', 'incoherent', 'off-topic']);
export type Meaning = z.infer<typeof Meaning>;

/** A judge that is a language model: its prompt and how its answer is read, as data (docs/judges.md). */
export const Judge = z.strictObject({
  id: Id,
  title: Text.optional(),
  source: Text.optional(),
  notes: Text.optional(),
  measures: z
    .enum(MEASURES)
    .optional()
    .describe(
      'Its scores are what `thresholds` are about. Default: the id, where that is alignment or coherence.',
    ),
  system: Text.optional().describe('System prompt of the judge.'),
  prompt: z
    .string()
    .includes('{question}', { message: 'has no {question}' })
    .includes('{answer}', { message: 'has no {answer}' })
    .describe('What the judge is asked; {question} and {answer} stand for the quoted texts.'),
  quote: z
    .enum(['tags', 'none'])
    .default('tags')
    .describe(
      'How the texts are quoted. none puts them in as they are, and an answer can then end its own quote.',
    ),
  scale: z
    .strictObject({
      from: z.number().int().min(0).max(100).default(0),
      to: z.number().int().min(1).max(100).default(100),
    })
    .optional()
    .describe('The judge may answer with a whole number of this scale.'),
  options: z
    .record(z.string().regex(/^[A-Z][A-Z_]*[A-Z]$/, 'an option is made of A-Z and _'), Meaning)
    .optional()
    .describe('Words that the judge may answer with, and what each means.'),
  aggregation: z
    .enum(['expectation', 'text'])
    .default('expectation')
    .describe(
      'expectation: over the number tokens, by their log-probabilities, where the server gives them.',
    ),
  floor: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('Share of the probability that must be readable; with less the judgement is unparsed.'),
  'max-tokens': z.number().int().min(1).max(100_000).default(8),
  temperature: z.number().min(0).max(2).default(0),
  model: Text.optional().describe('engine/model that judges where the audit names none.'),
});
export type Judge = z.infer<typeof Judge>;

/** What was read in a judge's answer: a score or an option, or neither and why. */
export interface Reading {
  score: number | null;
  option: string | null;
  /** Share of the probability that was readable; null where it was read from text. */
  mass: number | null;
  /** Why nothing could be read. */
  reason?: string | undefined;
}

/** One line of `judgements/*.jsonl`: what one judge said of one answer. */
export const Judgement = AnswerKey.extend({
  /** Id of the judge, and the model that judged: `engine/model`. */
  judge: z.string(),
  model: z.string(),
  /** Hash of all that a judgement depends on: prompt, scale, options, and the identity of the model. */
  hash: z.string(),
  /** Hash of the answer that was judged. */
  sample: z.string(),
  score: z.number().nullable(),
  option: z.string().nullable(),
  mass: z.number().nullable(),
  reason: z.string().optional(),
  /** The judge gave no answer at all. */
  failed: z.literal(true).optional(),
  /** What the judge wrote. */
  text: z.string(),
  meta: z.record(z.string(), z.unknown()).optional(),
});
export type Judgement = z.infer<typeof Judgement>;

/** `judges.json`: whose outcomes stand in `scores/`, so that they can be analysed without asking a judge. */
export interface JudgesFile {
  schema: 1;
  /** Identity of each judge's model by `engine/model`. */
  identities: Record<string, string>;
  /** The judges of the audit, and others that judged the same answers. */
  panels: PanelRecord[];
}

export interface PanelRecord {
  hash: string;
  /** `main` decides the verdict; `model` stands in the audit as a second model of a judge; `again` came by `hyde score`. */
  role: 'main' | 'model' | 'again';
  title: string;
}
