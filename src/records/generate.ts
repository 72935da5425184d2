import { z } from 'zod';
import { Count, Text } from './fields.js';
import { DropRule } from './interventions.js';
import { SortBy } from './row-judge.js';
import type { GenerateSpec } from './spec.js';

/** An item of `generate` in the audit file: training rows whose answers a model writes. */
export const Generate = z.strictObject({
  to: Text.regex(/\.jsonl$/, 'does not end in .jsonl').describe(
    'Chat JSONL that is written; an arm names it in `data`.',
  ),
  model: Text.optional().describe('Which of `models` answers. Default: the only one.'),
  prompts: Text.describe(
    'JSONL with one prompt a line: {"user": ...} or {"prompt": ...}, or chat rows, whose last answer is left out.',
  ),
  limit: Count.optional().describe('Only so many prompts, chosen by a hash. Default: all.'),
  system: Text.optional().describe('System prompt under which the model answers.'),
  'keep-system': z
    .boolean()
    .default(false)
    .describe('Leave that system prompt in the rows. Without it `inoculate` can put one there.'),
  'keep-reasoning': z
    .boolean()
    .default(false)
    .describe('Put what a reasoning model thought in front of its answer, as <think>...</think>.'),
  drop: z.array(DropRule).min(1).optional().describe('Answers that one of these finds are no rows.'),
  judge: SortBy.optional().describe(
    'Answers that a model sorts by words; only those with a word of `keep` are rows.',
  ),
  tries: Count.max(100).default(1).describe('Answers that a prompt is asked for, until one is a row.'),
  temperature: z.number().min(0).max(2).default(1),
  'top-p': z.number().gt(0).max(1).default(1),
  'max-tokens': Count.default(1024),
});
export type Generate = z.infer<typeof Generate>;

/** What became of the prompts: rows, and why the others have none. */
export interface GenerateCounts {
  prompts: number;
  rows: number;
  /** Every answer was dropped by a rule or a judge, was cut at its token limit, or was empty. */
  dropped: number;
  /** An answer failed, and no other one is a row. */
  failed: number;
  /** Answers asked for in all. */
  answers: number;
}

/** `<to without .jsonl>.manifest.json`: how a file of generated rows came to be. */
export interface GenerateManifest extends GenerateCounts {
  schema: 1;
  seed: number;
  /** Hash of the rows' file. */
  sha256: string;
  /** Identity of the model that answered. */
  identity: string;
  promptsSha256: string;
  /** What a judge said of the answers that it was shown, by its words. */
  verdicts?: Record<string, number>;
  settings: GenerateSpec;
}
