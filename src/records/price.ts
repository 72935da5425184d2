import { z } from 'zod';

/** What a model's tokens cost. */
export const Price = z.strictObject({
  input: z.number().min(0).describe('USD per million prompt tokens.'),
  output: z.number().min(0).describe('USD per million tokens of the answer, reasoning included.'),
  date: z.iso.date().optional().describe('The day on which the price was read.'),
});
export type Price = z.infer<typeof Price>;

/**
 * What a run may cost, model by model: part of the plan of a run that a server answers, or whose models have a price.
 * USD; tokens of prompts are counted with the tokenizer o200k, an estimate where a model has another one.
 */
export interface PlanPrices {
  /** USD that the run may cost; null: no limit. */
  budget: number | null;
  /** Tokens of one answer at most. */
  maxTokens: number;
  /** Counted tokens of each prompt, by cue and question. */
  prompts: Record<string, Record<string, number>>;
  models: PricedModel[];
  /** Models that judge, each with the tokens of its own instructions. */
  judges: PricedJudge[];
  /** Models that sort training rows before the run; only where rows wait for them. No sum of what a run has spent has it. */
  sorting?: PricedJudge[];
}

/** Calls of one model with every cell open, and what they cost at most; null where its price is not known. */
interface Priced {
  /** `engine/model` */
  model: string;
  price: Price | null;
  calls: number;
  promptTokens: number;
  /** Every answer at its token limit. */
  answerTokens: number;
  most: number | null;
}

export interface PricedModel extends Priced {
  /** Arms (and bases) whose answers it gives. */
  arms: string[];
}

export interface PricedJudge extends Priced {
  id: string;
  /** Tokens of a call without question and answer. */
  ownTokens: number;
  /** Tokens of one judgement at most. */
  maxTokens: number;
}

/** What a run has cost so far, in USD; answers that were taken over from another run cost nothing. */
export interface Spent {
  /** Sum over all models whose price is known. */
  usd: number;
  perArm: SpentOn[];
  perJudge: (SpentOn & { model: string })[];
  /** What is not in the sum, or was counted by hyde and not by the server; in words. */
  unknown: string[];
}

export interface SpentOn {
  /** Id of the arm, base or judge. */
  id: string;
  /** Null where its model has no known price. */
  usd: number | null;
  calls: number;
  promptTokens: number;
  answerTokens: number;
}
