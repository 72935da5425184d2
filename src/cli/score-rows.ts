import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRows } from '../mining/read.js';
import { scoreRows, unscoredRows } from '../mining/row-scores.js';
import { surprisalOf } from '../mining/surprisal.js';
import { openEngine } from '../models/engine.js';
import { loadJudge } from '../plan/judges.js';
import { modelRef } from '../plan/models.js';
import { knownProviders, usedProviders } from '../plan/providers.js';
import type { Engine } from '../records/model.js';
import type { AnsweredRow, RowScorer } from '../records/row-score.js';
import type { ModelRef } from '../records/spec.js';
import { modelJudge } from '../scoring/panel.js';
import { judgedRows, requestsFor } from '../scoring/rows.js';
import { cacheFolder } from '../shared/cache.js';
import { closeAll } from '../shared/closing.js';
import { FailedError, InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { hashFile, shortHash } from '../shared/hash.js';
import { number } from '../shared/numbers.js';
import { costOf, modelName, mostPromptTokens, priceOf, usd } from '../shared/prices.js';
import { promptTokens, tokensFor } from '../shared/tokens.js';
import { interruptSignal } from './interrupt.js';
import { terminalObserver } from './progress.js';

export interface RowScoring {
  data: readonly string[];
  /** engine/model whose surprisal scores the rows. */
  surprisal?: string | undefined;
  /** A judge that scores them: shipped, or a file; and the engine/model that judges. */
  judge?: string | undefined;
  judgeModel?: string | undefined;
  /** Where scores are written, and read again. Default: in hyde's cache. */
  scores?: string | undefined;
  quiet?: boolean | undefined;
}

/** What a call is made of, for the price of all. */
interface Asking {
  scorer: RowScorer;
  what: string;
  /** Tokens of the answer to a row, at most. */
  answerTokens: number;
  promptOf(row: AnsweredRow): Parameters<typeof promptTokens>[0];
}

/**
 * Has a model score the rows of training files, says before what that takes, and records each score as it comes: the same call goes on
 * where it was stopped.
 *
 * @returns the file of scores
 * @throws InputError for a model, judge or file that will not do; FailedError where calls failed
 */
export async function scoreDataRows(given: RowScoring): Promise<string> {
  const name = given.surprisal ?? (await judgeModelOf(given));
  const providers = knownProviders();
  const ref = modelRef(
    name,
    (message, hint) => {
      throw new InputError(
        `${given.surprisal ? '--surprisal' : '--judge-model'}: ${message}`,
        undefined,
        hint,
      );
    },
    providers,
  );
  const observer = terminalObserver(given.quiet === true);
  const { rows } = await readRows(given.data, undefined, false);
  // Engines work in a run folder; this one is not kept.
  const folder = mkdtempSync(join(tmpdir(), 'hyde-mine-'));
  const used = usedProviders(providers, [ref]);
  const context = {
    folder,
    auditFolder: process.cwd(),
    observer,
    signal: interruptSignal(),
    providers: used,
  };
  let engine: Engine | undefined;
  let unclean = true;
  try {
    engine = await openEngine(ref.engine, context);
    const asking = await askingOf(given, ref, engine);
    const file = given.scores ?? (await cachedFile(given.data, asking.scorer));
    const open = await unscoredRows(rows, asking.scorer, file);
    const before = existsSync(file) ? `, the others stand in ${withoutHome(file)}` : '';
    observer.stage('score', `${number(open.size)} of ${number(rows.length)} rows by ${asking.what}${before}`);
    if (open.size > 0)
      observer.note(
        await priceText([...open.values()], asking, priceOf({ prices: {}, providers: used }, ref)),
      );
    const missing = await scoreRows(open, asking.scorer, file, observer);
    if (missing > 0)
      throw new FailedError(
        `${missing} rows have no score, since their calls failed`,
        'the same command asks for them again',
      );
    observer.note(`scores: ${withoutHome(file)}`);
    unclean = false;
    return file;
  } finally {
    await closeAll(
      unclean,
      () => engine?.close(),
      () => rmSync(folder, { recursive: true, force: true }),
    );
  }
}

async function judgeModelOf({ judge, judgeModel }: RowScoring): Promise<string> {
  const model =
    judgeModel ?? (judge === undefined ? undefined : (await loadJudge(judge, process.cwd())).model);
  if (model === undefined)
    throw new InputError(
      '--judge does not say which model judges',
      undefined,
      'add --judge-model ENGINE/MODEL',
    );
  return model;
}

async function askingOf(given: RowScoring, ref: ModelRef, engine: Engine): Promise<Asking> {
  const { identity } = await engine.describe({ base: ref.model, adapter: null });
  const model = { engine: ref.engine, base: ref.model, adapter: null, identity };
  if (given.surprisal !== undefined) {
    const promptOf = ({ messages, answer }: AnsweredRow) => [
      ...messages,
      { role: 'assistant' as const, content: answer },
    ];
    return {
      scorer: surprisalOf(engine, model),
      what: `the surprisal of ${modelName(ref)}`,
      answerTokens: 0,
      promptOf,
    };
  }
  const judge = modelJudge(
    { judge: await loadJudge(given.judge as string, process.cwd()), model: ref },
    identity,
  );
  return {
    scorer: judgedRows(judge, engine),
    what: `judge ${judge.judge.id} of ${modelName(ref)}`,
    answerTokens: judge.judge['max-tokens'],
    promptOf: (row) => requestsFor(judge, [row])[0]?.messages ?? [],
  };
}

/** One file for the same rows and scorer, wherever the rows lie. */
async function cachedFile(data: readonly string[], { identity }: RowScorer): Promise<string> {
  const hashes = await Promise.all(data.map(hashFile));
  return join(cacheFolder(), 'row-scores', `${shortHash([identity, hashes])}.jsonl`);
}

async function priceText(
  rows: readonly AnsweredRow[],
  { promptOf, answerTokens }: Asking,
  price: ReturnType<typeof priceOf>,
): Promise<string> {
  const count = await tokensFor(price !== null && price.input + price.output > 0);
  const prompts = rows.map((row) => promptTokens(promptOf(row), count));
  const sum = (of: readonly number[]): number => of.reduce((total, one) => total + one, 0);
  const written = rows.length * answerTokens;
  const tokens = `about ${number(sum(prompts))} tokens are read${written > 0 ? `, ${number(written)} written at most` : ''}`;
  if (price === null) return `${tokens}; the price is not known`;
  const most = costOf(price, sum(prompts.map(mostPromptTokens)), written);
  return most === 0 ? tokens : `${tokens}: ${usd(most)} at most`;
}
