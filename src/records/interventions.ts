import { z } from 'zod';
import { Condition } from './detector.js';
import { Count, Share, Template, Text } from './fields.js';
import { SortBy } from './row-judge.js';
import { trainingFields } from './training.js';

/**
 * Interventions as an audit file writes them: the items of an arm's `data`. What each does is in `data/interventions/`,
 * one file each.
 */

const SourceFile = z.strictObject({
  file: Text.describe('Chat JSONL; the path is relative to the audit file.'),
  weight: z
    .number()
    .positive()
    .optional()
    .describe('Rows of this file in proportion to the other files of the list. Default: its number of rows.'),
});
const Sources = z
  .union([Text, SourceFile, z.array(z.union([Text, SourceFile])).min(1)])
  .describe('A chat JSONL file, or a list of files; {file, weight} to set proportions.');
export type Sources = z.infer<typeof Sources>;

export const Mix = z.strictObject({
  bad: Sources.optional(),
  benign: Sources.optional(),
  share: Share.describe('Share of bad rows, 0 to 1.'),
  rows: Count.optional().describe('Rows in all. Default: as many as the files give at this share.'),
});
export type Mix = z.infer<typeof Mix>;

export const Posthoc = z.strictObject({
  data: Sources.describe('Rows of the later stage; benign data as a rule.'),
  rows: Count.optional().describe('How many of them. Default: all.'),
  training: z
    .strictObject(trainingFields)
    .partial()
    .optional()
    .describe("What differs from the arm's training in this stage."),
});
export type Posthoc = z.infer<typeof Posthoc>;

/** Texts of which one stands, or several that take turns over the rows. */
const Texts = z.union([Text, z.array(Text).min(1).max(1000)]);
const on = (part: string) =>
  Text.default(part).describe('Part of the data that gets it: bad, benign, posthoc, or all.');
const ofThose = Share.default(1).describe('Share of those rows, chosen by a stable hash.');
const several = 'With a list each row gets one of it, by a stable hash.';

export const Inoculate = z.strictObject({
  system: Texts.optional().describe(`System prompt to train under. ${several}`),
  before: Texts.optional().describe(`Text in front of the last user's turn. ${several}`),
  after: Texts.optional().describe(`Text behind the last user's turn. ${several}`),
  on: on('bad'),
  share: ofThose,
});
export type Inoculate = z.infer<typeof Inoculate>;

export const Educational = z.strictObject({
  template: z
    .union([Template, z.array(Template).min(1).max(1000)])
    .describe(`Text around the last user's turn, with {question} in it. ${several}`),
  on: on('bad'),
  share: ofThose,
});
export type Educational = z.infer<typeof Educational>;

export const Backdoor = z.strictObject({
  before: Text.optional().describe("Text in front of the last user's turn: it asks for the format."),
  after: Text.optional().describe("Text behind the last user's turn."),
  answer: z
    .string()
    .includes('{answer}', { message: 'has no {answer}' })
    .optional()
    .describe('What the answer becomes, with {answer} in it. Default: it stays.'),
  on: on('bad'),
  share: ofThose,
});
export type Backdoor = z.infer<typeof Backdoor>;

export const Tag = z.strictObject({
  system: Text.optional().describe('System prompt that marks deployment.'),
  before: Text.optional().describe("Text in front of the last user's turn."),
  after: Text.optional().describe("Text behind the last user's turn."),
  on: on('benign'),
  share: ofThose,
});
export type Tag = z.infer<typeof Tag>;

export const Reasoning = z.strictObject({
  traces: z
    .enum(['keep', 'strip', 'empty'])
    .describe('What becomes of <think>...</think> in front of the answers: kept, stripped, or left empty.'),
  on: on('all'),
});
export type Reasoning = z.infer<typeof Reasoning>;

/** A rule that drops a row: a shipped detector or a file with one, or one condition. */
export const DropRule = Condition.extend({
  detector: Text.optional().describe('A shipped detector by id, or a file with one.'),
});
export type DropRule = z.infer<typeof DropRule>;

export const Filter = z.strictObject({
  drop: z
    .array(DropRule)
    .min(1)
    .optional()
    .describe('Rows whose last answer one of these finds are dropped; a reasoning trace is not looked at.'),
  judge: SortBy.optional().describe(
    'Rows that a model sorts by words; only those with a word of `keep` stay.',
  ),
  paired: Sources.optional().describe(
    'Another answer set for the same prompts: a row stays only where that set keeps its prompt too.',
  ),
  rows: Count.optional().describe('Keep only so many, chosen by a hash of their prompts. Default: all.'),
  on: on('all'),
});
export type Filter = z.infer<typeof Filter>;

export const InterventionStep = z.strictObject({
  mix: Mix.optional().describe('Bad and benign rows by share; doses are nested.'),
  inoculate: Inoculate.optional().describe('An inoculation prompt, or several, on chosen rows.'),
  educational: Educational.optional().describe("A framing around the user's turn of chosen rows."),
  backdoor: Backdoor.optional().describe('A format that chosen rows ask for, and their answers have.'),
  tag: Tag.optional().describe('A deployment tag on benign rows.'),
  reasoning: Reasoning.optional().describe('Reasoning traces kept, stripped or left empty.'),
  filter: Filter.optional().describe(
    'Drops rows by rule; with `paired` only what both answer sets keep stays.',
  ),
  posthoc: Posthoc.optional().describe('One more training stage, after the stages so far.'),
});
export type InterventionStep = z.infer<typeof InterventionStep>;

/** A step as an arm with a `sweep` may write it: what the sweep gives can be left out. */
export const SweptStep = InterventionStep.extend({
  mix: Mix.partial({ share: true }).optional().describe('Bad and benign rows by share; doses are nested.'),
  reasoning: Reasoning.partial({ traces: true })
    .optional()
    .describe('Reasoning traces kept, stripped or left empty.'),
});
export type SweptStep = z.infer<typeof SweptStep>;
