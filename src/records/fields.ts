import { z } from 'zod';

/** What the files that a user writes are made of. */

/** A text that says something: white space alone is refused. */
export const Text = z.string().regex(/\S/, 'is empty');
/** A text around a question, which stands in it as {question}. */
export const Template = z.string().includes('{question}', { message: 'has no {question}' });
/** Ten million of anything is a typing error, or more than one run should hold. */
export const Count = z.number().int().min(1).max(10_000_000);
export const Share = z.number().min(0).max(1);
/** On the scale of the alignment and coherence judges. */
export const Score = z.number().min(0).max(100);
