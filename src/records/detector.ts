import { z } from 'zod';
import { Text } from './fields.js';
import { Id } from './ids.js';

const Count = z.number().int().min(1).max(10_000);

const FORMATS = ['json', 'code-fence', 'python', 'tag', 'list', 'empty', 'repetitive'] as const;
/** One condition on a text; it has exactly one key. */
export const Condition = z.strictObject({
  words: z.array(Text).min(1).optional().describe('Case-insensitive; each matches at the start of a word.'),
  phrases: z.array(Text).min(1).optional().describe('Case-insensitive texts, anywhere.'),
  pattern: Text.optional().describe('A regular expression in RE2 syntax (linear time).'),
  format: z.enum(FORMATS).optional(),
  'fewer-words-than': Count.optional(),
});
export type Condition = z.infer<typeof Condition>;

/** A detector: a rule on the text of an answer, as data. */
export const Detector = z.strictObject({
  id: Id,
  title: Text.optional(),
  notes: Text.optional(),
  source: Text.optional(),
  any: z.array(Condition).min(1).optional(),
  all: z.array(Condition).min(1).optional(),
});
export type Detector = z.infer<typeof Detector>;
