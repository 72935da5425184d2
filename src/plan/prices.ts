import { rendererOf } from '../cues/render.js';
import type { Unjudged } from '../data/verdicts.js';
import type { Plan } from '../records/plan.js';
import type { PlanPrices, PricedJudge, PricedModel } from '../records/price.js';
import { isModelJudge, type JudgeSpec, type ModelRef, type Spec } from '../records/spec.js';
import type { Ask } from '../records/step.js';
import {
  type Asked,
  answersBound,
  costOf,
  isOwnEngine,
  judgePromptTokens,
  judgingBound,
  modelName,
  mostPromptTokens,
  priceOf,
  promptTokensOf,
  proposalsBound,
  timesOf,
} from '../shared/prices.js';
import { PROMPT_TOKENS, PROPOSER, PROPOSER_TOKENS, proposerCalls } from '../shared/proposer.js';
import { type CountTokens, promptTokens, tokensFor } from '../shared/tokens.js';
import { answersPerDraw } from './sequential.js';

/** A judge that is a model: what it reads beside question and answer, and how much it may write. */
export interface JudgeCalls {
  id: string;
  ref: ModelRef;
  instructions: string;
  maxTokens: number;
}

/** The judges that are models, each model of a judge once. */
export function judgeCallsOf(judges: readonly JudgeSpec[]): JudgeCalls[] {
  const calls = judges.filter(isModelJudge).map(({ judge, model }): JudgeCalls => {
    const instructions = `${judge.system ?? ''}${judge.prompt}`;
    return { id: judge.id, ref: model, instructions, maxTokens: judge['max-tokens'] };
  });
  return [...new Map(calls.map((call) => [`${call.id}|${modelName(call.ref)}`, call])).values()];
}

/**
 * The plan with its prices: what every model and judge costs at most, with every cell open and every answer at its token limit.
 * Each distinct prompt is counted once. A plan whose models all run here for nothing stays as it is.
 *
 * @param show whether people look at the tokens; otherwise they are counted exactly only where a price is known
 * @param unjudged training rows that wait for a judge
 */
export async function withPrices(
  spec: Spec,
  plan: Plan,
  show: boolean,
  unjudged: readonly Unjudged[] = [],
): Promise<Plan> {
  const judges = judgeCallsOf(spec.judges);
  const proposer = spec.search?.proposer;
  const refs = [
    ...refsOf(spec).values(),
    ...judges.map(({ ref }) => ref),
    ...unjudged.map(({ judge }) => judge.model),
    ...(proposer ? [proposer] : []),
  ];
  const costs = refs.map((ref) => ({ ref, price: priceOf(spec, ref) }));
  const isFree = costs.every(
    ({ ref, price }) => isOwnEngine(ref.engine) && price?.input === 0 && price.output === 0,
  );
  if (isFree) return plan;
  const isKnown = costs.some(({ price }) => price !== null);
  const count = await tokensFor(show || isKnown || spec.budget !== null);
  const prices: PlanPrices = {
    budget: spec.budget,
    maxTokens: spec.sampling.maxTokens,
    prompts: countPrompts(spec, plan, count),
    models: [],
    judges: [],
  };
  const asked = askedAtMost(plan);
  prices.models = [...modelsOf(spec, asked, prices), ...proposerOf(spec)];
  prices.judges = judges.map((judge) => pricedJudge(spec, judge, asked, prices, count));
  if (unjudged.length > 0) prices.sorting = sortingOf(spec, unjudged, count);
  const priced = [...prices.models, ...prices.judges, ...(prices.sorting ?? [])];
  const unknown = [...new Set(priced.filter(({ price }) => price === null).map(({ model }) => model))];
  const totals = {
    ...plan.totals,
    price: unknown.length > 0 ? null : priced.reduce((sum, { most }) => sum + (most ?? 0), 0),
    unknown: [
      ...plan.totals.unknown,
      ...unknown.map((model) => `price: none is known for ${model}`),
      ...trainingOf(spec).map((model) => `price: what fine-tuning ${model} costs stands in no sum`),
    ],
  };
  return { ...plan, totals, prices };
}

/** The model of each base and arm, by the name that it is charged by. */
function refsOf(spec: Spec): Map<string, ModelRef> {
  const bases = new Map(spec.bases.map(({ id, ref }) => [id, ref]));
  const made = ({ engine, model }: ModelRef): ModelRef => ({
    engine,
    // Providers charge more for a fine-tune than for its base.
    model: isTrainedBy(spec, engine) && !model.startsWith('ft:') ? `ft:${model}` : model,
  });
  return new Map([
    ...bases,
    ...spec.arms.map(
      ({ id, base, served }) => [id, served ?? made(bases.get(base ?? '') as ModelRef)] as const,
    ),
  ]);
}

/** USD that judging the answers to these asks costs at most, where all prices are known. */
export async function judgingAtMost(
  spec: Spec,
  plan: Plan,
  judges: readonly JudgeSpec[],
  asks: readonly Ask[],
): Promise<number> {
  const count = await tokensFor(true);
  const { maxTokens } = spec.sampling;
  const prices = {
    budget: null,
    maxTokens,
    prompts: countPrompts(spec, plan, count),
    models: [],
    judges: [],
  };
  const asked = asks.map(timesOf);
  return judgeCallsOf(judges)
    .map((call) => pricedJudge(spec, call, asked, prices, count))
    .reduce((sum, { most }) => sum + (most ?? 0), 0);
}

const isTrainedBy = ({ providers }: Spec, engine: string): boolean =>
  Object.hasOwn(providers, engine) && providers[engine]?.['fine-tuning'] === true;

/** Fine-tuning that a provider or service charges for. */
const trainingOf = (spec: Spec): string[] => [
  ...new Set(
    spec.arms.flatMap(({ base, training }) => {
      const ref = spec.bases.find(({ id }) => id === base)?.ref;
      const isCharged = ref && (ref.engine === 'tinker' || isTrainedBy(spec, ref.engine));
      return training && isCharged ? [modelName(ref)] : [];
    }),
  ),
];

function countPrompts(spec: Spec, plan: Plan, count: CountTokens): PlanPrices['prompts'] {
  const render = rendererOf(spec);
  const cells = new Map(plan.cells.map((cell) => [cell.cue, cell]));
  return Object.fromEntries(
    [...cells].map(([cue, { questions }]) => [
      cue,
      Object.fromEntries(questions.map((question) => [question, promptTokens(render(cue, question), count)])),
    ]),
  );
}

/**
 * How often each question is asked, over all training seeds. Of a sequential design with every cell open: each draw is one question of
 * the bank, all of them alike.
 */
export function askedAtMost({ cells, sequential }: Plan): Asked[] {
  if (!sequential) {
    return cells.flatMap(({ arm, cue, questions, samples }) =>
      questions.map((question) => ({ arm, cue, question, times: samples })),
    );
  }
  const draws = sequential.maxAnswers / answersPerDraw(cells);
  const open = new Map(cells.map((cell) => [`${cell.arm}|${cell.cue}`, cell]));
  return [...open.values()].flatMap(({ arm, cue, questions }) =>
    questions.map((question) => ({ arm, cue, question, times: draws / questions.length })),
  );
}

const callsOf = (asked: readonly Asked[]): number =>
  Math.round(asked.reduce((sum, { times }) => sum + times, 0));

function modelsOf(spec: Spec, asked: readonly Asked[], prices: PlanPrices): PricedModel[] {
  const byModel = Map.groupBy(refsOf(spec), ([, ref]) => modelName(ref));
  return [...byModel].map(([model, entries]) => {
    const arms = entries.map(([id]) => id);
    const own = asked.filter(({ arm }) => arms.includes(arm));
    const calls = callsOf(own);
    const priced: PricedModel = {
      model,
      arms,
      price: priceOf(spec, (entries[0] as [string, ModelRef])[1]),
      calls,
      promptTokens: Math.round(own.reduce((sum, ask) => sum + ask.times * tokensOf(ask, prices), 0)),
      answerTokens: calls * prices.maxTokens,
      most: null,
    };
    const most = answersBound(own, { ...prices, models: [priced] });
    return { ...priced, most: priced.price ? most : null };
  });
}

/** The proposer model of a search, which is no arm. */
function proposerOf(spec: Spec): PricedModel[] {
  const { search } = spec;
  if (!search?.proposer) return [];
  const calls = proposerCalls(search);
  const priced: PricedModel = {
    ...{ model: modelName(search.proposer), arms: [PROPOSER], price: priceOf(spec, search.proposer), calls },
    promptTokens: calls * PROMPT_TOKENS,
    answerTokens: calls * PROPOSER_TOKENS,
    most: null,
  };
  return [{ ...priced, most: priced.price ? proposalsBound(calls, { models: [priced] }) : null }];
}

const tokensOf = (ask: Asked, prices: PlanPrices): number => promptTokensOf(prices, ask);

/** What judging training rows costs, each judge and model once. */
function sortingOf(spec: Spec, unjudged: readonly Unjudged[], count: CountTokens): PricedJudge[] {
  return [...Map.groupBy(unjudged, (one) => one.judge)].map(([{ judge, model }, rows]) => {
    const ownTokens = promptTokens(
      [{ role: 'user', content: `${judge.system ?? ''}${judge.prompt}` }],
      count,
    );
    const maxTokens = judge['max-tokens'];
    const tokens = rows.map(({ row: { asked, answer } }) => {
      const turns = [...asked, { role: 'assistant' as const, content: answer }];
      return ownTokens + promptTokens(turns, count);
    });
    const sum = (of: (prompt: number) => number): number =>
      tokens.reduce((total, prompt) => total + of(prompt), 0);
    const price = priceOf(spec, model);
    return {
      ...{ id: judge.id, model: modelName(model), price, calls: rows.length, ownTokens, maxTokens },
      promptTokens: sum((prompt) => prompt),
      answerTokens: rows.length * maxTokens,
      most: price && sum((prompt) => costOf(price, mostPromptTokens(prompt), maxTokens)),
    };
  });
}

function pricedJudge(
  spec: Spec,
  { id, ref, instructions, maxTokens }: JudgeCalls,
  asked: readonly Asked[],
  prices: PlanPrices,
  count: CountTokens,
): PricedJudge {
  const ownTokens = promptTokens([{ role: 'user', content: instructions }], count);
  const perCall = (ask: Asked): number =>
    judgePromptTokens({ ownTokens }, tokensOf(ask, prices), prices.maxTokens);
  const calls = callsOf(asked);
  const judge: PricedJudge = {
    ...{ id, model: modelName(ref), price: priceOf(spec, ref), calls, ownTokens, maxTokens, most: null },
    promptTokens: Math.round(asked.reduce((sum, ask) => sum + ask.times * perCall(ask), 0)),
    answerTokens: calls * maxTokens,
  };
  return { ...judge, most: judge.price ? judgingBound(asked, { ...prices, judges: [judge] }) : null };
}
