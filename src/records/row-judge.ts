import { z } from 'zod';
import type { Message } from './chat.js';
import { Text } from './fields.js';

/** `judge` of a filter, or of an item of `generate`: a model that sorts answers by the words of its judge. */
export const SortBy = z.strictObject({
  judge: Text.describe('A shipped judge with words (options) by id, or a file with one.'),
  model: Text.optional().describe('engine/model that judges. Default: what the judge file says.'),
  keep: z.array(Text).min(1).describe('Words of the judge; rows of which it says another one are dropped.'),
});
export type SortBy = z.infer<typeof SortBy>;

/** A row as a judge of rows sees it. */
export interface JudgedRow {
  /** The turns that were asked, without a system prompt. */
  asked: Message[];
  /** Without a reasoning trace. */
  answer: string;
}

/** One line of `<audit>.verdicts.jsonl`: what a judge said of a row. The last line of a key counts. */
export const RowVerdict = z.object({
  /** Hash of judge, name of its model, and row. */
  key: z.string(),
  judge: z.string(),
  /** `engine/model`, and the identity that it had. */
  model: z.string(),
  identity: z.string(),
  /** Null where the judge could not be read; the row is dropped then. */
  option: z.string().nullable(),
  reason: z.string().optional(),
  text: z.string(),
  meta: z.record(z.string(), z.unknown()),
});
export type RowVerdict = z.infer<typeof RowVerdict>;

/** What a judge said of the rows that one filter showed to it; for the manifest. */
export interface SortCounts {
  /** Where in the audit file the filter stands. */
  at: string;
  judge: string;
  model: string;
  /** Rows by the word that the judge said; `unreadable` where there is none. */
  verdicts: Record<string, number>;
  /** The same of the rows of the paired answer set. */
  paired?: Record<string, number>;
}
