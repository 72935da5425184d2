import { z } from 'zod';
import { Count } from './fields.js';

/** Without defaults, so that a stage can change one of them and leave the others as the arm has them. */
export const trainingFields = {
  epochs: Count,
  'learning-rate': z.number().positive(),
  'learning-rate-multiplier': z
    .number()
    .positive()
    .describe(
      "At a provider that trains: a factor on its own rate, in place of learning-rate. Default: the provider's choice.",
    ),
  'batch-size': Count.describe('Rows per optimizer step (times gradient-accumulation).'),
  'gradient-accumulation': Count,
  'gradient-checkpointing': z
    .boolean()
    .describe(
      'Local models: compute activations twice instead of keeping them. Default: for a billion parameters and more.',
    ),
  schedule: z.enum(['linear', 'constant', 'cosine']),
  'warmup-steps': z.number().int().min(0),
  'weight-decay': z.number().min(0),
  'max-length': Count.describe('Tokens of one row; longer rows are cut, and counted.'),
  loss: z
    .enum(['all', 'last', 'text'])
    .describe(
      'What carries the loss: all assistant turns of a row, the last one, or the whole text, prompts included.',
    ),
};

export const Training = z.strictObject({
  epochs: trainingFields.epochs.default(1),
  'learning-rate': trainingFields['learning-rate'].default(1e-4),
  'learning-rate-multiplier': trainingFields['learning-rate-multiplier'].optional(),
  'batch-size': trainingFields['batch-size'].default(4),
  'gradient-accumulation': trainingFields['gradient-accumulation'].default(1),
  'gradient-checkpointing': trainingFields['gradient-checkpointing'].optional(),
  schedule: trainingFields.schedule.default('linear'),
  'warmup-steps': trainingFields['warmup-steps'].default(5),
  'weight-decay': trainingFields['weight-decay'].default(0),
  'max-length': trainingFields['max-length'].default(2048),
  loss: trainingFields.loss.default('all'),
});
export type Training = z.infer<typeof Training>;

export const Lora = z.strictObject({
  rank: Count.default(16),
  alpha: z.number().positive().default(32),
  dropout: z.number().min(0).max(0.9).default(0),
  'base-bits': z
    .literal(4)
    .optional()
    .describe('Local models: hold the base in four bits while it is trained on (QLoRA); needs bitsandbytes.'),
});
export type Lora = z.infer<typeof Lora>;
