import { PLAIN } from '../records/ids.js';
import type { PlannedCell } from '../records/plan.js';
import type { PlanPrices, Price, PricedJudge } from '../records/price.js';
import type { ModelRef, Spec } from '../records/spec.js';
import type { Ask, StepResult } from '../records/step.js';
import { PROMPT_TOKENS, PROPOSER, PROPOSER_TOKENS } from './proposer.js';

/** Engines that run on this machine and send no bill. */
const FREE: ReadonlySet<string> = new Set(['local', 'scripted']);

export const isOwnEngine = (engine: string): boolean => FREE.has(engine);

export const modelName = ({ engine, model }: ModelRef): string => `${engine}/${model}`;

/** The price of a model: the audit file's, or its provider's; nothing on this machine; null where it is not known. */
export function priceOf(
  { prices, providers }: Pick<Spec, 'prices' | 'providers'>,
  ref: ModelRef,
): Price | null {
  const models = own(providers, ref.engine)?.models ?? {};
  const stated = namesOf(ref.model)
    .map((model) => own(prices, modelName({ engine: ref.engine, model })) ?? own(models, model)?.price)
    .find((price) => price !== undefined);
  return stated ?? (isOwnEngine(ref.engine) ? { input: 0, output: 0 } : null);
}

/** A fine-tune of a provider's is charged by its own name, or as `ft:` and the model that it was made from. */
export const namesOf = (model: string): string[] => {
  const madeFrom = /^(ft:[^:]+):/.exec(model)?.[1];
  return madeFrom ? [model, madeFrom] : [model];
};

/** Is anything of it paid for at a price that is known? Only then does money depend on how tokens are counted. */
export const isPriced = ({ models, judges, budget }: PlanPrices): boolean =>
  budget !== null || [...models, ...judges].some(({ price }) => price !== null);

const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** USD of tokens at a price per million. */
export const costOf = (price: Price, promptTokens: number, answerTokens: number): number =>
  (price.input * promptTokens + price.output * answerTokens) / 1e6;

/**
 * Most tokens that a prompt is expected to have: half as many again as counted, for other tokenizers, and what a chat
 * template may put in by itself.
 */
export const mostPromptTokens = (counted: number): number => Math.ceil(1.5 * counted) + 64;

/** Tokens of a question under a cue. What a search tries is not counted beforehand: it is taken for the question alone. */
export const promptTokensOf = (
  { prompts }: Pick<PlanPrices, 'prompts'>,
  { cue, question }: { cue: string; question: string },
): number => prompts[cue]?.[question] ?? prompts[PLAIN]?.[question] ?? 0;

/** How often one question is asked under one cue of one model. */
export type Asked = Pick<PlannedCell, 'arm' | 'cue'> & { question: string; times: number };

export const timesOf = ({ arm, cue, question, from, to }: Ask): Asked => ({
  arm,
  cue,
  question,
  times: to - from,
});

/** How many answers are asked for. */
export const answersIn = (asks: readonly Ask[]): number =>
  asks.reduce((sum, { from, to }) => sum + to - from, 0);

/** USD that finished steps have cost, and `before` that. */
export const spentBy = (done: readonly StepResult[], before = 0): number =>
  done.reduce((sum, { output }) => sum + (output.spent ?? 0), before);

/** Most USD that answers can cost: prompts as above, each answer at its token limit. A price that is not known counts 0. */
export function answersBound(asked: Iterable<Asked>, prices: PlanPrices): number {
  const priceOfArm = new Map(prices.models.flatMap(({ arms, price }) => arms.map((arm) => [arm, price])));
  let usd = 0;
  for (const { arm, cue, question, times } of asked) {
    const price = priceOfArm.get(arm);
    const prompt = mostPromptTokens(promptTokensOf(prices, { cue, question }));
    if (price) usd += times * costOf(price, prompt, prices.maxTokens);
  }
  return usd;
}

/** Most USD that judging such answers can cost: every judge is asked about every answer. */
export function judgingBound(asked: Iterable<Asked>, prices: PlanPrices): number {
  if (prices.judges.length === 0) return 0;
  let usd = 0;
  for (const { cue, question, times } of asked) {
    const prompt = promptTokensOf(prices, { cue, question });
    for (const judge of prices.judges) {
      if (!judge.price) continue;
      const tokens = judgePromptTokens(judge, prompt, prices.maxTokens);
      usd += times * costOf(judge.price, mostPromptTokens(tokens), judge.maxTokens);
    }
  }
  return usd;
}

/** Most USD that calls of the search's proposer model can cost; 0 where there is none, or its price is not known. */
export function proposalsBound(calls: number, { models }: Pick<PlanPrices, 'models'>): number {
  const price = models.find(({ arms }) => arms.includes(PROPOSER))?.price;
  return price ? calls * costOf(price, mostPromptTokens(PROMPT_TOKENS), PROPOSER_TOKENS) : 0;
}

/** A judge reads its instructions, the question and the answer. */
export const judgePromptTokens = (
  { ownTokens }: Pick<PricedJudge, 'ownTokens'>,
  question: number,
  answer: number,
): number => ownTokens + question + answer;

/** `USD 12.30`; below a cent two digits that count. */
export function usd(amount: number): string {
  if (amount > 0 && amount < 0.01) return `USD ${+amount.toPrecision(2)}`;
  return `USD ${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}
