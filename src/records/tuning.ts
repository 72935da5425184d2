/**
 * `jobs/tune-<hash>/job.json`: one training stage at a provider. It is written before the provider is asked for anything, and
 * again when something of it is known.
 */
export interface TuningJob {
  provider: string;
  /** The model that is trained: the base, or what the stage before made of it. */
  model: string;
  /** Training file in the run folder. */
  sha256: string;
  seed: number;
  hyperparameters: Hyperparameters;
  loss: 'all' | 'last';
  /** Goes with the job as metadata: by it a job is found whose id never arrived. */
  ticket: string;
  /** Ids that the provider gave to the training file and the job. */
  file: string | null;
  id: string | null;
  status: 'new' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Name of the model that the job made. */
  tuned: string | null;
  trainedTokens: number | null;
}

/** What OpenAI's jobs take; the provider chooses by itself where it says `auto`. */
export interface Hyperparameters {
  n_epochs: number;
  batch_size: number;
  learning_rate_multiplier: number | 'auto';
}
