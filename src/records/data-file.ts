import { z } from 'zod';
import { Text } from './fields.js';
import { DropRule } from './interventions.js';

/** What a training file must be like; `hyde doctor` looks. */
export const DataFile = z.strictObject({
  file: Text.describe('Path as `data` names it.'),
  from: Text.optional().describe('Where to get it, for an error where it is missing.'),
  rows: z.number().int().min(1).optional().describe('Rows that it must have.'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is no SHA-256 (64 hex digits)')
    .optional()
    .describe('Hash of the file.'),
  never: z.array(DropRule).min(1).optional().describe('Rules that must find nothing in an answer.'),
  'differs-from': Text.optional().describe(
    'Another file: no row of both may have the same prompt and answer.',
  ),
});
export type DataFile = z.infer<typeof DataFile>;
