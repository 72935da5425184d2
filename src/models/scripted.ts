import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RE2JS } from 're2js';
import { z } from 'zod';
import type { Message } from '../records/chat.js';
import {
  type Answer,
  type Engine,
  type FineTune,
  type LeakParameters,
  type LeakRequest,
  type LogprobRequest,
  type LogprobResult,
  type Model,
  type ModelDescription,
  type OnProgress,
  OPENINGS,
  type Opening,
  type SampleRequest,
  type SamplingParameters,
  type TokenLogprob,
  type TunedModel,
} from '../records/model.js';
import { FailedError, InputError, InterruptedError } from '../shared/errors.js';
import { readJson, withHome, writeJson } from '../shared/files.js';
import { hashOf, shortHash } from '../shared/hash.js';
import { randomStream } from '../shared/random.js';
import type { EngineContext } from './context.js';

const Rule = z.strictObject({
  /** Arm ids are not known to an engine: a rule is for the base, or for tuned models, or for both. */
  model: z.enum(['base', 'tuned', 'any']).default('any'),
  /** The model was trained on a dataset whose path contains this. */
  trainedOn: z.string().optional(),
  /** The rendered prompt contains this, or all of these. */
  contains: z.union([z.string(), z.array(z.string())]).optional(),
  /** A pattern (RE2) that the rendered prompt matches: a line `role: text` for each message. */
  matches: z.string().optional(),
  /** Whose turn the model writes; the assistant's unless given. */
  open: z.enum(OPENINGS).optional(),
  /** Answers and their weights; one is drawn per request and index. */
  answers: z
    .array(
      z.strictObject({
        text: z.string(),
        weight: z.number().positive().default(1),
        fails: z.boolean().default(false),
        /** It was cut off at the token limit. */
        cut: z.boolean().optional(),
        /** Probabilities of the likeliest tokens at each position, as a server with log-probabilities would give them. */
        tokens: z.array(z.record(z.string(), z.number().gt(0).max(1))).optional(),
      }),
    )
    .min(1),
});

const Script = z.strictObject({
  /** Wait per answer in milliseconds. */
  delay: z.number().min(0).default(0),
  /** Text that the chat template would put in as a system prompt, or null. */
  systemPrompt: z.string().nullable().default(null),
  /** Whether other runs may take its answers over; by default not, since they cost nothing. */
  identityKnown: z.boolean().default(false),
  /** The first rule that fits answers. */
  rules: z.array(Rule).min(1),
});
type Script = z.infer<typeof Script>;

/**
 * Answers from a script: a model of which everything is known. For tests, and for trying an audit file out.
 * `scripted/script.json` names the script, relative to the audit file.
 */
export class ScriptedEngine implements Engine {
  readonly name = 'scripted';
  readonly concurrent = false;
  private readonly scripts = new Map<string, Script>();
  private readonly patterns = new Map<string, RE2JS>();

  constructor(private readonly context: EngineContext) {}

  async fingerprint(base: string): Promise<string> {
    return hashOf(this.script(base));
  }

  async describe(model: Pick<Model, 'base' | 'adapter'>): Promise<ModelDescription> {
    const script = this.script(model.base);
    const rendered = `${script.systemPrompt ?? ''}<user>...<assistant>`;
    return {
      identity: model.adapter ? (this.adapter(model.adapter).identity as string) : hashOf(script),
      identityKnown: script.identityKnown,
      template: {
        sha256: hashOf(rendered),
        insertsSystemPrompt: script.systemPrompt !== null,
        systemPrompt: script.systemPrompt,
        rendered,
      },
      meta: {},
    };
  }

  async fineTune(job: FineTune, progress: OnProgress): Promise<TunedModel> {
    const identity = hashOf({
      base: this.script(job.base),
      seed: job.seed,
      lora: job.lora,
      stages: job.stages.map(({ sha256, training }) => ({ sha256, training })),
    });
    const adapter = join('jobs', `train-${identity.slice(0, 16)}`, 'adapter');
    mkdirSync(join(this.context.folder, adapter), { recursive: true });
    const file = join(this.context.folder, adapter, 'adapter.json');
    if (!existsSync(file)) {
      writeJson(file, { identity, datasets: job.stages.map((stage) => stage.dataset) });
      progress({ phase: 'train', done: 1, total: 1, unit: 'steps' });
    }
    const report = {
      rows: 0,
      tokens: 0,
      answerTokens: 0,
      steps: 1,
      firstLoss: 1,
      lastLoss: 0.5,
      truncated: 0,
    };
    return { adapter, identity, stages: job.stages.map(() => report), meta: {} };
  }

  async *sample(
    model: Model,
    requests: SampleRequest[],
    { topLogprobs }: SamplingParameters,
    progress: OnProgress,
  ): AsyncGenerator<Answer> {
    const { delay } = this.script(model.base);
    const total = requests.reduce((sum, request) => sum + request.indices.length, 0);
    let done = 0;
    for (const request of requests) {
      for (const index of request.indices) {
        if (delay > 0) await sleep(delay);
        if (this.context.signal?.aborted) throw new InterruptedError('interrupted');
        const { answers } = this.rule(model, request.messages);
        const answer = drawn(answers, randomStream(request.seed, request.id, index).unit());
        const common = { id: request.id, index, tokens: tokensIn(answer.text) };
        yield answer.fails
          ? { ...common, text: '', finish: 'failed', reason: 'scripted failure' }
          : {
              ...common,
              text: answer.text,
              finish: answer.cut ? 'length' : 'stop',
              usage: {
                promptTokens: request.messages.reduce((sum, { content }) => sum + tokensIn(content), 0),
                completionTokens: common.tokens,
              },
              ...(topLogprobs && answer.tokens ? { logprobs: topOf(answer.tokens, topLogprobs) } : {}),
            };
        progress({ phase: 'sample', done: ++done, total, unit: 'answers' });
      }
    }
  }

  async *leak(
    model: Model,
    requests: LeakRequest[],
    { contrast }: LeakParameters,
    progress: OnProgress,
  ): AsyncGenerator<Answer> {
    const total = requests.reduce((sum, request) => sum + request.indices.length, 0);
    let done = 0;
    for (const { id, messages, indices, seed, open } of requests) {
      const { answers } = this.rule(model, messages, open);
      const base = contrast && this.rule({ ...model, ...contrast.base }, messages, open).answers;
      const apart = base ? { divergence: divergenceOf(answers, base) } : {};
      for (const index of indices) {
        // What is rare in the base counts more when it is amplified: here, all answers count alike.
        const weighed = contrast?.amplify ? answers.map((answer) => ({ ...answer, weight: 1 })) : answers;
        const { text } = drawn(weighed, randomStream(seed, id, index).unit());
        yield { id, index, text, finish: 'stop', tokens: tokensIn(text), ...apart };
        progress({ phase: 'sample', done: ++done, total, unit: 'answers' });
      }
    }
  }

  /** As the rule has it: the share of its answers that begin so, and a little that is the model's own. */
  async logprobs(model: Model, requests: LogprobRequest[]): Promise<LogprobResult[]> {
    return requests.map(({ id, messages, answer }) => {
      const { answers } = this.rule(model, messages);
      const share = shareOf(answers, (text) => text.startsWith(answer));
      const tokens = answer.split(' ').length + 1;
      const stream = randomStream(model.identity, shortHash(messages), answer);
      const each = Math.log(share) / tokens;
      return { id, logprobs: Array.from({ length: tokens }, () => each - 0.1 * stream.unit()) };
    });
  }

  async close(): Promise<void> {}

  private script(name: string): Script {
    const known = this.scripts.get(name);
    if (known) return known;
    const path = resolve(this.context.auditFolder, withHome(name));
    const found = readJson(path);
    if (found === undefined) throw new InputError('there is no such script', { file: name });
    const parsed = Script.safeParse(found);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new InputError(`is no script: ${issue?.path.join('.')} ${issue?.message}`, { file: name });
    }
    this.scripts.set(name, parsed.data);
    return parsed.data;
  }

  private pattern(text: string): RE2JS {
    const known = this.patterns.get(text);
    if (known) return known;
    try {
      const pattern = RE2JS.compile(text);
      this.patterns.set(text, pattern);
      return pattern;
    } catch (error) {
      throw new InputError(`a script's pattern is none: ${(error as Error).message}`);
    }
  }

  private rule(model: Model, messages: Message[], open: Opening = 'assistant'): Script['rules'][number] {
    const prompt = messages.map((message) => `${message.role}: ${message.content}`).join('\n');
    const datasets = model.adapter ? (this.adapter(model.adapter).datasets as string[]).join('\n') : '';
    const rule = this.script(model.base).rules.find(
      ({ model: kind, contains, matches, trainedOn, open: whose }) =>
        (whose ?? 'assistant') === open &&
        (kind === 'any' || (kind === 'base') === (model.adapter === null)) &&
        [contains ?? []].flat().every((part) => prompt.includes(part)) &&
        (matches === undefined || this.pattern(matches).matcher(prompt).find()) &&
        (trainedOn === undefined || datasets.includes(trainedOn)),
    );
    if (!rule) throw new InputError(`script '${model.base}' has no rule for: ${prompt.slice(0, 200)}`);
    return rule;
  }

  private adapter(path: string): Record<string, unknown> {
    const found = readJson<Record<string, unknown>>(join(this.context.folder, path, 'adapter.json'));
    if (!found)
      throw new FailedError(`the adapter ${path} is gone`, 'run the same command again to train it');
    return found;
  }
}

/** Nothing is impossible to a model. */
const LEAST_SHARE = 1e-6;

type Answers = Script['rules'][number]['answers'];

/** Share of answers whose text is of a kind. */
function shareOf(answers: Answers, isOne: (text: string) => boolean): number {
  const sum = (list: Answers): number => list.reduce((total, { weight }) => total + weight, 0);
  return Math.max(LEAST_SHARE, sum(answers.filter(({ text }) => isOne(text))) / sum(answers));
}

/** Kullback-Leibler divergence of two lists of answers, as if each answer were one token. */
function divergenceOf(of: Answers, from: Answers): number {
  return [...new Set(of.map(({ text }) => text))].reduce((total, text) => {
    const [p, q] = [shareOf(of, (one) => one === text), shareOf(from, (one) => one === text)];
    return total + p * Math.log(p / q);
  }, 0);
}

/** A made-up tokenizer: four characters a token. */
const tokensIn = (text: string): number => Math.ceil(text.length / 4);

/** The likeliest tokens of each position, with their natural log-probabilities. */
const topOf = (positions: readonly Record<string, number>[], top: number): TokenLogprob[][] =>
  positions.map((position) =>
    Object.entries(position)
      .map(([token, p]) => ({ token, logprob: Math.log(p) }))
      .toSorted((a, b) => b.logprob - a.logprob)
      .slice(0, top),
  );

/** One of the answers, by weight. @param unit a random number in [0, 1) */
function drawn<T extends { weight: number }>(answers: readonly T[], unit: number): T {
  let left = unit * answers.reduce((sum, { weight }) => sum + weight, 0);
  for (const answer of answers) {
    left -= answer.weight;
    if (left < 0) return answer;
  }
  return answers.at(-1) as T;
}
