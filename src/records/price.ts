import { z } from 'zod';

/** What a model's tokens cost. */
export const Price = z.strictObject({
  input: z.number().min(0).describe('USD per million prompt tokens.'),
  output: z.number().min(0).describe('USD per million tokens of the answer, reasoning included.'),
  date: z.iso.date().optional().describe('The day on which the price was read.'),
});
export type Price = z.infer<typeof Price>;
