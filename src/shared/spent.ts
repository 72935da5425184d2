import { join } from 'node:path';
import type { Usage } from '../records/model.js';
import type { Plan } from '../records/plan.js';
import type { PlanPrices, Price, Spent, SpentOn } from '../records/price.js';
import type { AnswerKey, Sample } from '../records/sample.js';
import type { ProposalRecord } from '../records/search.js';
import type { Ask } from '../records/step.js';
import { readJournal, readJournalBatches } from './journal.js';
import { isCount } from './numbers.js';
import { costOf, isPriced, judgePromptTokens, promptTokensOf } from './prices.js';
import { PROPOSER } from './proposer.js';
import { FILES, judgementsFile, samplesFile } from './run-folder.js';
import { type CountTokens, promptTokens, tokensFor } from './tokens.js';

/** What a line of `judgements/*.jsonl` says of its call. */
export interface PaidJudgement extends AnswerKey {
  /** Id of the judge, and `engine/model` that judged. */
  judge: string;
  model: string;
  text: string;
  failed?: boolean;
  meta?: Record<string, unknown>;
}

/** The bill of a run, which is told its answers and judgements by whoever reads them anyway; null where the run costs nothing. */
export async function openBill({ prices }: Plan, folder: string): Promise<RunBill | null> {
  if (!prices) return null;
  const bill = new Bill(prices, await tokensFor(isPriced(prices)));
  return {
    addAnswer: (sample) => bill.addAnswer(sample),
    addJudgement: (line) => bill.addJudgement(line),
    spent: async () => {
      for await (const line of proposalsOf(folder)) bill.addProposal(line);
      return bill.spent();
    },
  };
}

/** See `openBill`. */
export interface RunBill {
  addAnswer(sample: Sample): void;
  addJudgement(line: PaidJudgement): void;
  /** Adds what a search proposed, and gives the sum. */
  spent(): Promise<Spent>;
}

/** What all recorded answers and judgements of a run have cost; null where the run costs nothing. */
export async function spentOf(folder: string, plan: Plan): Promise<Spent | null> {
  const bill = await openBill(plan, folder);
  if (!bill) return null;
  for (const { arm, seed } of modelsOf(plan.cells)) {
    for await (const batch of readJournalBatches<Sample>(samplesFile(folder, arm, seed))) {
      for (const sample of batch) bill.addAnswer(sample);
    }
  }
  for await (const line of readJudgements(folder, plan)) bill.addJudgement(line);
  return bill.spent();
}

/** All recorded judgements of answers of the planned models. */
export async function* readJudgements(folder: string, { cells }: Plan): AsyncGenerator<PaidJudgement> {
  for (const { arm, seed } of modelsOf(cells)) yield* judgementsOf(folder, arm, seed);
}

/** What the answers to these asks have cost, or their judgements, or both; what was recorded for other asks is left out. */
export async function spentOn(
  asks: readonly Ask[],
  folder: string,
  prices: PlanPrices,
  what: { answers?: boolean; judgements?: boolean },
): Promise<Spent> {
  const bill = new Bill(prices, await tokensFor(isPriced(prices)));
  const isAsked = membership(asks);
  for (const { arm, seed } of modelsOf(asks)) {
    if (what.answers) {
      for await (const sample of readJournal<Sample>(samplesFile(folder, arm, seed))) {
        if (isAsked(sample)) bill.addAnswer(sample);
      }
    }
    if (what.judgements) {
      for await (const line of judgementsOf(folder, arm, seed)) if (isAsked(line)) bill.addJudgement(line);
    }
  }
  return bill.spent();
}

/** USD that these requests to the proposer model of a search have cost; a price that is not known counts 0. */
export async function spentOnProposals(
  folder: string,
  prices: PlanPrices,
  asked: ReadonlySet<string>,
): Promise<number> {
  const bill = new Bill(prices, await tokensFor(isPriced(prices)));
  for await (const line of proposalsOf(folder)) if (asked.has(line.request)) bill.addProposal(line);
  return bill.spent().usd;
}

const proposalsOf = (folder: string): AsyncGenerator<ProposalRecord> =>
  readJournal<ProposalRecord>(join(folder, FILES.proposals));

const modelsOf = (of: readonly { arm: string; seed: number }[]): { arm: string; seed: number }[] => [
  ...new Map(of.map((one) => [`${one.arm}.${one.seed}`, one])).values(),
];

const judgementsOf = (folder: string, arm: string, seed: number): AsyncGenerator<PaidJudgement> =>
  readJournal<PaidJudgement>(judgementsFile(folder, arm, seed));

const cellOf = ({ arm, seed, cue, question }: Omit<AnswerKey, 'index'>): string =>
  `${arm}|${seed}|${cue}|${question}`;

function membership(asks: readonly Ask[]): (key: AnswerKey) => boolean {
  const ranges = Map.groupBy(asks, cellOf);
  return (key) =>
    ranges.get(cellOf(key))?.some(({ from, to }) => from <= key.index && key.index < to) ?? false;
}

/** Tokens that the server charged for, if it said so; a record may come from anybody. */
export function usageOf(meta: Record<string, unknown> | undefined): Usage | undefined {
  const usage = meta?.usage as Partial<Usage> | null | undefined;
  const { promptTokens, completionTokens } = usage ?? {};
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : undefined;
}

/** Adds up calls by arm and by judge. */
class Bill {
  private readonly arms = new Map<string, SpentOn>();
  private readonly judges = new Map<string, SpentOn & { model: string }>();
  private readonly prices: Map<string, Price | null>;
  private counted = 0;
  private failed = 0;

  constructor(
    private readonly of: PlanPrices,
    private readonly count: CountTokens,
  ) {
    this.prices = new Map([
      ...of.models.flatMap(({ model, arms, price }) =>
        [model, ...arms].map((name) => [name, price] as const),
      ),
      ...of.judges.map(({ model, price }) => [model, price] as const),
    ]);
  }

  addAnswer({ arm, cue, question, answer, finish, tokens, meta }: Sample): void {
    const line = this.arms.get(arm) ?? nothing(arm);
    this.arms.set(arm, line);
    if (meta?.reused !== undefined) return;
    const usage = usageOf(meta);
    const isFailed = finish === 'failed';
    this.note(usage, isFailed);
    this.add(line, this.prices.get(arm) ?? null, usage, () => [
      promptTokensOf(this.of, { cue, question }),
      isFailed ? 0 : (tokens ?? this.count(answer)),
    ]);
  }

  addJudgement({ judge, model, cue, question, text, failed, meta }: PaidJudgement): void {
    const known = this.of.judges.find((one) => one.id === judge && one.model === model);
    const key = `${judge}|${model}`;
    const line = this.judges.get(key) ?? { ...nothing(judge), model };
    this.judges.set(key, line);
    if (meta?.reused !== undefined) return;
    const usage = usageOf(meta);
    this.note(usage, failed === true);
    this.add(line, this.prices.get(model) ?? null, usage, () => [
      judgePromptTokens(
        known ?? { ownTokens: 0 },
        promptTokensOf(this.of, { cue, question }),
        this.of.maxTokens,
      ),
      failed === true ? 0 : this.count(text),
    ]);
  }

  addProposal({ text, messages, tokens, meta }: ProposalRecord): void {
    const line = this.arms.get(PROPOSER) ?? nothing(PROPOSER);
    this.arms.set(PROPOSER, line);
    const usage = usageOf(meta);
    this.note(usage, false);
    this.add(line, this.prices.get(PROPOSER) ?? null, usage, () => [
      promptTokens(messages, this.count),
      tokens ?? this.count(text),
    ]);
  }

  private note(usage: Usage | undefined, isFailed: boolean): void {
    if (usage) return;
    if (isFailed) this.failed++;
    else this.counted++;
  }

  private add(
    line: SpentOn,
    price: Price | null,
    usage: Usage | undefined,
    counted: () => [prompt: number, answer: number],
  ): void {
    const [prompt, answer] = usage ? [usage.promptTokens, usage.completionTokens] : counted();
    line.calls++;
    line.promptTokens += prompt;
    line.answerTokens += answer;
    line.usd = price && line.usd !== null ? line.usd + costOf(price, prompt, answer) : null;
  }

  spent(): Spent {
    const [perArm, perJudge] = [[...this.arms.values()], [...this.judges.values()]];
    const known = [...perArm, ...perJudge];
    const nameless = [...this.of.models, ...this.of.judges].filter(({ price }) => price === null);
    const models = new Set(nameless.map(({ model }) => model));
    for (const { model } of perJudge) if (!this.prices.has(model)) models.add(model);
    return {
      usd: known.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
      perArm,
      perJudge,
      unknown: [
        ...[...models].map((model) => `the price of ${model} is not known`),
        ...(this.counted > 0
          ? [`${this.counted} calls without usage from the server; their tokens were counted here`]
          : []),
        ...(this.failed > 0
          ? [
              `${this.failed} failed calls without usage, counted as their prompts alone; what was retried may have cost more`,
            ]
          : []),
      ],
    };
  }
}

const nothing = (id: string): SpentOn => ({ id, usd: 0, calls: 0, promptTokens: 0, answerTokens: 0 });
