import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { applyTransforms } from '../cues/apply.js';
import { readPrompts, type SourceRow } from '../data/read.js';
import { anyOf } from '../data/rules.js';
import { ranked } from '../data/select.js';
import { writtenName } from '../data/sources.js';
import type { DataContext } from '../data/stage.js';
import type { Message } from '../records/chat.js';
import type { GenerateManifest } from '../records/generate.js';
import type { Answer, Engine, Model } from '../records/model.js';
import type { JudgedRow } from '../records/row-judge.js';
import type { GenerateSpec } from '../records/spec.js';
import { FailedError, InputError } from '../shared/errors.js';
import { writeFileAtomic, writeJson } from '../shared/files.js';
import { hashFile, shortHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { trainingFile } from '../shared/package.js';
import { splitThought, withTrace } from '../shared/trace.js';

export interface GenerateContext {
  /** Folder that paths refer to: the audit file's. */
  folder: string;
  seed: number;
  engine: Engine;
  detector: DataContext['detector'];
  observer: Observer;
  /** What the item's judge says of answers, by its words; needed where it has one. */
  judge?: ((rows: JudgedRow[]) => Promise<string[]>) | undefined;
}

/** A prompt and what it is asked as. */
interface Asked {
  row: SourceRow;
  messages: Message[];
  id: string;
}

/** Where the answers of a generated file are recorded, kept or not. */
export const answersFile = (to: string): string => to.replace(/\.jsonl$/, '.answers.jsonl');
export const manifestFile = (to: string): string => to.replace(/\.jsonl$/, '.manifest.json');

/** The prompts that an item asks, each once, in an order that file order has no part in. */
export async function promptsOf(
  { prompts, limit }: GenerateSpec,
  folder: string,
  seed: number,
): Promise<SourceRow[]> {
  const rows = new Map<string, SourceRow>();
  for await (const row of readPrompts(trainingFile(folder, prompts), prompts)) {
    const text = JSON.stringify(row.messages);
    if (!rows.has(text)) rows.set(text, row);
  }
  return ranked([...rows.values()], 'generate', seed).slice(0, limit ?? undefined);
}

/**
 * Has a model answer prompts, and writes what passes the rules as training rows: on-policy data, or benign rows in the
 * base's own words. Answers are recorded as they come, so a call after a kill asks for the missing ones alone; the same
 * item and model give the same file.
 *
 * With a judge, an answer is a row where it says a word of `keep`.
 *
 * Prompts whose answer failed are counted in the manifest; the same call asks them again.
 *
 * @throws InputError when the file is there and was not generated, or no answer is left
 */
export async function generateRows(item: GenerateSpec, context: GenerateContext): Promise<GenerateManifest> {
  const { folder, seed, observer } = context;
  const to = resolve(folder, item.to);
  if (existsSync(to) && !existsSync(manifestFile(to))) {
    throw new InputError('stands there already, and hyde did not generate it', { file: item.to });
  }
  const model = await modelOf(item, context.engine);
  const prompts = await promptsOf(item, folder, seed);
  const asked = prompts.map((row) => askedAs(row, item, model, seed));
  const finds = await anyOf(item.drop, context.detector);
  const passes = ({ text, finish }: Answer): boolean =>
    finish === 'stop' && text.trim() !== '' && !finds(text);
  const answers = await recorded(to, asked);
  const words = new Map<Answer, string>();
  const judge = (): Promise<void> => judgeNew(asked, answers, passes, words, context);
  const isRow = (answer: Answer): boolean =>
    passes(answer) && (item.judge === null || item.judge.keep.includes(words.get(answer) ?? ''));
  await judge();
  const failed = new Set<string>();
  let open = asked.filter(({ id }) => !answers.get(id)?.some(isRow));
  for (let index = 0; index < item.tries && open.length > 0; index++) {
    const missing = open.filter(({ id }) => !answers.get(id)?.some((answer) => answer.index === index));
    if (missing.length > 0) {
      const retry = index ? `, try ${index + 1}` : '';
      observer.stage('generate', `${item.to}: ${missing.length} prompts${retry}`);
    }
    await ask(missing, index, { to, item, model, answers, failed }, context);
    await judge();
    open = open.filter(({ id }) => !answers.get(id)?.some(isRow));
  }
  const rows = asked.flatMap((one) => {
    const first = (answers.get(one.id) ?? []).toSorted((a, b) => a.index - b.index).find(isRow);
    return first ? [rowOf(one, first, item)] : [];
  });
  if (rows.length === 0 && failed.size > 0) throw new FailedError(`all answers for ${item.to} failed`);
  if (rows.length === 0)
    throw new InputError(`no answer is left of ${asked.length} prompts`, { file: item.to });
  writeFileAtomic(to, rows.map((messages) => `${JSON.stringify({ messages })}\n`).join(''));
  const manifest: GenerateManifest = {
    schema: 1,
    seed,
    sha256: await hashFile(to),
    identity: model.identity,
    prompts: asked.length,
    rows: rows.length,
    failed: open.filter(({ id }) => failed.has(id)).length,
    dropped: open.filter(({ id }) => !failed.has(id)).length,
    answers: asked.reduce((sum, { id }) => sum + (answers.get(id)?.length ?? 0), 0),
    ...(item.judge ? { verdicts: countsOf([...words.values()]) } : {}),
    promptsSha256: await hashFile(trainingFile(folder, item.prompts)),
    settings: { ...item, to: writtenName(item.to), prompts: writtenName(item.prompts) },
  };
  writeJson(manifestFile(to), manifest);
  return manifest;
}

/** Has the answers judged that the rules let pass and that have no word yet. */
async function judgeNew(
  asked: readonly Asked[],
  answers: ReadonlyMap<string, Answer[]>,
  passes: (answer: Answer) => boolean,
  words: Map<Answer, string>,
  { judge }: GenerateContext,
): Promise<void> {
  if (!judge) return;
  const fresh = asked.flatMap(({ id, row }) =>
    (answers.get(id) ?? [])
      .filter((answer) => passes(answer) && !words.has(answer))
      .map((answer) => ({ answer, asked: row.messages.filter(({ role }) => role !== 'system') })),
  );
  if (fresh.length === 0) return;
  const said = await judge(fresh.map((one) => ({ asked: one.asked, answer: one.answer.text })));
  for (const [i, { answer }] of fresh.entries()) words.set(answer, said[i] as string);
}

const countsOf = (words: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));

async function modelOf({ model }: GenerateSpec, engine: Engine): Promise<Model> {
  const { identity } = await engine.describe({ base: model.model, adapter: null });
  return { engine: model.engine, base: model.model, adapter: null, identity };
}

function askedAs(row: SourceRow, { system, sampling }: GenerateSpec, model: Model, seed: number): Asked {
  const transforms = system === null ? [] : [{ kind: 'system' as const, text: system }];
  let messages: Message[];
  try {
    messages = applyTransforms(row.messages, transforms);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${row.source}: ${error.message}`,
      undefined,
      'Take the system prompt out of the row.',
    );
  }
  const key = { model: model.identity, messages, ...sampling, namespace: 'training-data', seed };
  return { row, messages, id: shortHash(key) };
}

/** Answers of earlier calls to the same requests. */
async function recorded(to: string, asked: readonly Asked[]): Promise<Map<string, Answer[]>> {
  const wanted = new Set(asked.map(({ id }) => id));
  const answers = new Map<string, Answer[]>();
  for await (const answer of readJournal<Answer>(answersFile(to))) {
    if (typeof answer.text !== 'string' || !Number.isInteger(answer.index)) {
      throw new InputError(
        'holds a line that is no answer',
        { file: writtenName(answersFile(to)) },
        'remove that file to ask anew',
      );
    }
    const known = answers.get(answer.id) ?? [];
    if (!wanted.has(answer.id) || known.some(({ index }) => index === answer.index)) continue;
    answers.set(answer.id, [...known, answer]);
  }
  return answers;
}

interface Target {
  to: string;
  item: GenerateSpec;
  model: Model;
  answers: Map<string, Answer[]>;
  /** Requests of which an answer failed; it is not recorded. */
  failed: Set<string>;
}

/** Asks for one answer each; the answers are recorded and added. */
async function ask(
  prompts: readonly Asked[],
  index: number,
  { to, item, model, answers, failed }: Target,
  { engine, seed, observer }: GenerateContext,
): Promise<void> {
  if (prompts.length === 0) return;
  const requests = prompts.map(({ id, messages }) => ({ id, messages, indices: [index], seed }));
  const journal = new Journal(answersFile(to), { perTurn: true });
  let done = 0;
  try {
    for await (const answer of engine.sample(model, requests, item.sampling, () => {})) {
      observer.progress(++done, requests.length, 'answers');
      if (answer.finish === 'failed') {
        failed.add(answer.id);
        observer.detail(`an answer failed: ${answer.reason ?? 'no reason given'}`);
        continue;
      }
      const { id, finish, tokens } = answer;
      const { text, thought } = splitThought(answer.text);
      const reasoning = answer.reasoning ?? thought;
      const kept: Answer = { id, index, text, finish, tokens, ...(reasoning ? { reasoning } : {}) };
      journal.append(kept);
      answers.set(id, [...(answers.get(id) ?? []), kept]);
    }
  } finally {
    journal.close();
  }
}

function rowOf({ row, messages }: Asked, { text, reasoning }: Answer, item: GenerateSpec): Message[] {
  const content = item.keepReasoning && reasoning ? withTrace(reasoning, text) : text;
  return [...(item.keepSystem ? messages : row.messages), { role: 'assistant', content }];
}
