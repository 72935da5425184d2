import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FineTune, OnProgress, TrainingStage } from '../../records/model.js';
import type { TuningJob } from '../../records/tuning.js';
import { InputError } from '../../shared/errors.js';
import { readJson, writeJson } from '../../shared/files.js';
import { hashOf, shortHash } from '../../shared/hash.js';
import { unreadable } from '../../shared/jsonl.js';
import type { EngineContext } from '../context.js';
import { trainingFile } from './training-file.js';
import { type Shop, TuningStage } from './tuning-stage.js';

/**
 * Fine-tunes at a provider with OpenAI's files and jobs, one job a stage: the next stage trains the model that the one
 * before made. A stage that several fine-tunes have in common is trained once.
 */
export class Tuner {
  private readonly stages = new Map<string, Promise<TuningJob>>();

  constructor(
    private readonly name: string,
    private readonly context: EngineContext,
    private readonly shop: () => Shop,
  ) {}

  /** @returns the jobs of all stages, finished, in order */
  async tune({ base, seed, stages }: FineTune, progress: OnProgress): Promise<TuningJob[]> {
    const jobs: TuningJob[] = [];
    for (const stage of stages) {
      const job = await this.once(jobs.at(-1)?.tuned ?? base, seed, stage, () =>
        progress({ phase: 'train', done: jobs.length, total: stages.length, unit: 'jobs' }),
      );
      jobs.push(job);
    }
    return jobs;
  }

  private once(model: string, seed: number, stage: TrainingStage, begun: () => void): Promise<TuningJob> {
    const { sha256, training } = stage;
    const what = {
      provider: this.name,
      model,
      sha256,
      seed,
      hyperparameters: {
        n_epochs: training.epochs,
        batch_size: training['batch-size'] * training['gradient-accumulation'],
        learning_rate_multiplier: training['learning-rate-multiplier'] ?? ('auto' as const),
      },
      // `text` was refused when the audit was read: providers take the loss on answers.
      loss: training.loss === 'last' ? ('last' as const) : ('all' as const),
    };
    const key = shortHash(what);
    const known = this.stages.get(key) ?? this.run(key, what, stage, begun);
    this.stages.set(key, known);
    return known;
  }

  private async run(
    key: string,
    what: Omit<TuningJob, 'ticket' | 'file' | 'id' | 'status' | 'tuned' | 'trainedTokens'>,
    { dataset }: TrainingStage,
    begun: () => void,
  ): Promise<TuningJob> {
    const path = join(this.context.folder, 'jobs', `tune-${key}`, 'job.json');
    const found = readJson<TuningJob>(path);
    if (found?.status === 'succeeded') return found;
    begun();
    const isOver = found === undefined || found.status === 'failed' || found.status === 'cancelled';
    const job: TuningJob = isOver
      ? {
          ...what,
          ticket: crypto.randomUUID(),
          file: null,
          id: null,
          status: 'new',
          tuned: null,
          trainedTokens: null,
        }
      : found;
    const keep = (): void => writeJson(path, job);
    const read = (): string => trainingFile(this.read(dataset, what.sha256), what.loss);
    return new TuningStage(job, `hyde-${key.slice(0, 8)}`, keep, read, this.shop()).finish();
  }

  private read(dataset: string, sha256: string): string {
    let text: string;
    try {
      text = readFileSync(join(this.context.folder, dataset), 'utf8');
    } catch (error) {
      throw unreadable(error, dataset);
    }
    if (hashOf(text) === sha256) return text;
    throw new InputError('is not the training file that was planned', { file: dataset });
  }
}
