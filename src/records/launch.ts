/** Where fine-tunes run when it is not the one worker process of this machine: what the audit file says, and what is recorded of it. */
export const LAUNCHERS = ['local', 'slurm', 'ray', 'command'] as const;
export type LauncherName = (typeof LAUNCHERS)[number];

/** `run.launcher` and the keys beside it, settled. What a launcher has no use for is null or empty. */
export interface LaunchSpec {
  launcher: LauncherName;
  /** Jobs that run at once at most; null: what the launcher has room for. */
  parallel: number | null;
  /** GPUs of one job; null: one where this machine has some (local), none elsewhere. */
  gpus: number | null;
  /** CPU cores of one job, and so the threads of its worker; null: left to the launcher. */
  cpus: number | null;
  /** Wall time of one attempt; null: no limit, or the partition's. */
  minutes: number | null;
  /** Attempts after the first one. */
  retries: number;
  /** Python with torch on the machines that train; null: hyde's own. */
  python: string | null;
  /** Shell lines before the worker starts: `module load cuda`. */
  setup: string[];
  partition: string | null;
  account: string | null;
  /** Further options of sbatch. */
  options: string[];
  /** Login node to reach by ssh, and the folder there that job folders are copied to. */
  host: string | null;
  remote: string | null;
  /** Address of Ray's dashboard. */
  address: string | null;
  /** Command lines of `launcher: command`. */
  submit: string | null;
  state: string | null;
  cancel: string | null;
  logs: string | null;
  /** Servers of the audit's local base; absent where this machine samples it itself. */
  serve?: ServeSpec;
}

/** `run.serve`, settled: servers, each a job of its own. What follows `rank` stands in place of what fine-tunes have. */
export interface ServeSpec
  extends Pick<LaunchSpec, 'gpus' | 'cpus' | 'minutes' | 'partition' | 'options' | 'setup'> {
  /** The local base that they serve, as the audit names it. */
  base: string;
  count: number;
  /** Command line with {model}, {name}, {host}, {port}, {adapters} and {rank} to be filled in. */
  command: string;
  /** Address that they listen on and are asked at; null: 127.0.0.1 on this machine, elsewhere all of the node, by its name. */
  bind: string | null;
  /** Null: a free one. */
  port: number | null;
  /** Minutes that a server may take from its start until it answers. */
  patience: number;
  /** Adapters that one has loaded at once, and their largest rank. */
  adapters: number;
  rank: number;
}

/** A job folder (worker/protocol.md) that is to be run. */
export interface Job {
  /** Name of the folder; a hash of all that decides what the job makes. */
  id: string;
  /** Absolute path. */
  folder: string;
  /** Id of a job that must have ended before this one is begun, whatever came of it. */
  after?: string;
}

/** One attempt at a job. */
export interface Attempt extends Job {
  /** From 1, counted over all runs of hyde on this folder. */
  attempt: number;
  /** The name under which it was asked for before, where it is not known whether that was heard. */
  handle?: string | undefined;
}

/** An attempt that a launcher was asked for, and the name by which it finds it again. */
export interface Ticket extends Attempt {
  handle: string;
}

export interface JobState {
  /** `unknown`: the launcher has no trace of it. */
  phase: 'waiting' | 'running' | 'done' | 'failed' | 'unknown';
  /** Why it waits or failed, in a few words. */
  reason?: string;
  /** Another attempt would be against somebody's will: it was cancelled. */
  final?: boolean;
}

/** How a job ended, after all its attempts. */
export type JobOutcome<T> = { job: Job; result: T } | { job: Job; error: Error };

/** What a job folder holds. `damaged`: not what its result says; it has been cleared, and the job must run again. */
export type Found<T> =
  | { state: 'absent' }
  | { state: 'damaged'; reason: string }
  | { state: 'done'; result: T };

/** The Python that runs a job folder by `-m hyde_worker run FOLDER`, and the variables it needs. */
export interface WorkerCommand {
  python: string;
  variables: Record<string, string>;
  /** Processes that work on one job, each with a GPU of its own; one where it is not said. */
  processes?: number;
}

/** Runs job folders and yields each as it ends; jobs that an earlier hyde submitted are waited for. */
export type Launch = <T>(
  jobs: readonly Job[],
  worker: WorkerCommand,
  hooks: JobHooks<T>,
) => AsyncIterable<JobOutcome<T>>;

/** What only who made the jobs knows of them. */
export interface JobHooks<T> {
  /** What the folder of a job holds now. */
  look: (job: Job) => Promise<Found<T>>;
  /** Called with the folder before each attempt. */
  begin?: ((folder: string) => Promise<void>) | undefined;
  progress?: ((done: number, total: number) => void) | undefined;
}

/** Servers that a launcher has started, until they are closed. */
export interface ServerFleet {
  /** The key that they ask for. */
  key: string;
  /**
   * Tells of each that answers, and of each that is gone; resolves with the first one.
   *
   * @throws FailedError where none comes
   */
  watch(listener: FleetListener): Promise<void>;
  /** Ends them. */
  close(): Promise<void>;
}

export interface FleetListener {
  added(url: string): void;
  gone(url: string): void;
  /** No server is left, and no further one comes. */
  failed(error: Error): void;
}

/** Has servers of a model started: by hub name or path, known to those who ask by `name`. */
export type OpenServers = (model: string, name: string, worker: WorkerCommand) => Promise<ServerFleet>;

/** A line of `jobs/launches.jsonl`; the last one of a job counts. */
export interface LaunchRecord {
  job: string;
  attempt: number;
  launcher: LauncherName;
  handle: string;
  /** `submitted` is written before the launcher is asked, so that no job is lost to a kill; `refused`: it has not taken it. */
  state: 'submitted' | 'refused' | 'done' | 'failed';
  /** Bytes of the job's events when it was submitted: what stands before is of an earlier attempt. */
  events: number;
  /** Why it waits, was refused or failed. */
  reason?: string;
  meta: { at: string };
}
