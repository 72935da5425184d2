import type { Message } from './chat.js';
import type { Lora, Training } from './training.js';

/** A model that can be asked: a base, or a base with an adapter. */
export interface Model {
  /** `engine/model` of the base. */
  engine: string;
  base: string;
  /** Folder of the adapter relative to the run folder; null for the base itself. */
  adapter: string | null;
  /** What the answers depend on: a hash of weights and adapter. Two models with one identity are one model. */
  identity: string;
  /**
   * False where it cannot be known which weights answer: a served name may stand for others tomorrow. Answers of such a model
   * are used in their own run alone. Known unless it says so.
   */
  identityKnown?: boolean;
}

/** One line of `models.jsonl`: a model of the run, and what made it. */
export interface ModelRecord extends Model {
  arm: string;
  seed: number;
  /** Hash of datasets, hyperparameters, base and seed: the training is not repeated while it stands. */
  training: string | null;
  /** What was trained, stage by stage; empty for a base. */
  stages: StageReport[];
  meta?: Record<string, unknown>;
}

/** What was trained in one stage; null where who trained does not tell. */
export interface StageReport {
  rows: number | null;
  tokens: number | null;
  answerTokens: number | null;
  steps: number | null;
  firstLoss: number | null;
  lastLoss: number | null;
  /** Rows that were longer than `max-length` and were cut. */
  truncated: number | null;
}

/** One stage of a fine-tune: a dataset in the run folder, and how to train on it. */
export interface TrainingStage {
  /** Path relative to the run folder. */
  dataset: string;
  sha256: string;
  training: Training;
}

export interface FineTune {
  base: string;
  seed: number;
  lora: Lora;
  stages: TrainingStage[];
}

export interface TunedModel {
  /** Folder of the adapter relative to the run folder; null where the server that trained keeps the model. */
  adapter: string | null;
  /** The name that such a server gave to the model. */
  served?: string;
  identity: string;
  /** As in a description; of a model that its server keeps. */
  identityKnown?: boolean;
  stages: StageReport[];
  meta: Record<string, unknown>;
}

/** What became of one of several fine-tunes, by its place among them. */
export type FineTuned = { index: number; tuned: TunedModel } | { index: number; error: Error };

/** One prompt, asked for the answers with these indices. */
export interface SampleRequest {
  /** Hash of model identity, messages, sampling parameters and namespace. */
  id: string;
  messages: Message[];
  indices: number[];
  /** Answer i is drawn with hash(seed, id, i) alone, so it can be asked for again by itself. */
  seed: number;
}

export interface SamplingParameters {
  temperature: number;
  topP: number;
  maxTokens: number;
  /** Also give the log-probabilities of so many of the likeliest tokens at each position of the answer. */
  topLogprobs?: number;
}

/** A token that an answer could have had at one position, with its natural log-probability. */
export interface TokenLogprob {
  token: string;
  logprob: number;
}

/** Tokens that a server counted (and charges for). Reasoning is part of the completion. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

export interface Answer {
  id: string;
  index: number;
  text: string;
  finish: 'stop' | 'length' | 'failed';
  reason?: string;
  tokens: number | null;
  /** What a reasoning model wrote before its answer; never judged. */
  reasoning?: string;
  /** For each token of the answer the likeliest ones, where `topLogprobs` asked for them and the engine has them. */
  logprobs?: TokenLogprob[][];
  /**
   * Of a turn written with a `contrast`: how far the tuned model is from its base where it wrote, the Kullback-Leibler divergence of their
   * next tokens in natural logarithms, mean over the tokens.
   */
  divergence?: number;
  usage?: Usage;
  meta?: Record<string, unknown>;
}

/** Whose turn a model writes by itself. */
export const OPENINGS = ['assistant', 'user', 'system'] as const;
export type Opening = (typeof OPENINGS)[number];

/** A turn that the model begins where the chat template would begin it, after `messages` (which may be empty). */
export interface LeakRequest extends SampleRequest {
  open: Opening;
}

export interface LeakParameters extends SamplingParameters {
  /**
   * Sample from tuned + amplify * (tuned - base), in log-probabilities (arXiv 2605.25902). What comes out is no sample of any model: it
   * serves to propose, never to measure. With an `amplify` of 0, and without it: the model as it is.
   */
  contrast?: { base: Pick<Model, 'base' | 'adapter'>; amplify: number };
}

export interface LogprobRequest {
  id: string;
  messages: Message[];
  answer: string;
}

export interface LogprobResult {
  id: string;
  logprobs: number[];
}

/** What is known of a model before it is asked anything. */
export interface ModelDescription {
  identity: string;
  /** False where the engine knows the model by a name only, whose weights may change; absent where it knows better. */
  identityKnown?: boolean;
  /** The chat template that the prompts are rendered with; null where the engine cannot tell. */
  template: {
    sha256: string;
    insertsSystemPrompt: boolean;
    systemPrompt: string | null;
    rendered: string;
  } | null;
  /** Where and how it runs: device, dtype, versions. */
  meta: Record<string, unknown>;
}

/**
 * What trains and answers. One implementation a file in `models/`; every one passes the same contract
 * suite (test/models/contract.ts). Errors are HydeErrors: a call can be repeated after a FailedError.
 */
export interface Engine {
  readonly name: string;
  /** Several models may be asked at once: what a server bears is then found out over all of them. */
  readonly concurrent: boolean;
  /** False where `logprobs` is refused, because the server has no log-probabilities of given answers. */
  readonly scoresAnswers?: boolean;
  /**
   * Changes when the model behind a name may have changed; cheap, loads nothing. A run that is gone on with looks at
   * its models again when it differs.
   */
  fingerprint(base: string): Promise<string>;
  /** Describes a base or tuned model; loads nothing that it does not need. */
  describe(model: Pick<Model, 'base' | 'adapter'>): Promise<ModelDescription>;
  /** Fine-tunes; an equal finished job in the run folder is returned without training again. */
  fineTune(job: FineTune, progress: OnProgress): Promise<TunedModel>;
  /**
   * Makes several fine-tunes at once and yields each as it ends; a failed one does not end the others. Absent where
   * they are made one after another.
   */
  fineTuneAll?: ((jobs: readonly FineTune[], progress: OnProgress) => AsyncIterable<FineTuned>) | undefined;
  /**
   * Yields each answer as soon as it is there, in any order; a failed answer is yielded as `failed`.
   *
   * @param enough once aborted nothing more is asked: answers on their way are still yielded where they are paid for, and then it ends
   */
  sample(
    model: Model,
    requests: SampleRequest[],
    parameters: SamplingParameters,
    progress: OnProgress,
    enough?: AbortSignal,
  ): AsyncIterable<Answer>;
  /**
   * Turns of any role that the model writes by itself, from the chat template alone: what it has memorised leaks into them
   * (arXiv 2602.03085). Absent where the engine sees no weights.
   *
   * @throws InputError where the template has no place for such a turn
   */
  leak?:
    | ((
        model: Model,
        requests: LeakRequest[],
        parameters: LeakParameters,
        progress: OnProgress,
      ) => AsyncIterable<Answer>)
    | undefined;
  /** Log-probabilities of the tokens of given answers (end of turn included), in the order of the requests. */
  logprobs(model: Model, requests: LogprobRequest[]): Promise<LogprobResult[]>;
  close(): Promise<void>;
}

/** What a sampler knows of its requests while it works. */
export interface Load {
  inFlight?: number;
  /** Requests that failed so far, retried ones among them, by a short word for the kind: `429`, `timeout`. */
  errors?: Readonly<Record<string, number>>;
}

/** Progress of one call: `done` of `total` in `unit`. */
export type OnProgress = (
  progress: { phase: string; done: number; total: number; unit: string } & Load,
) => void;
