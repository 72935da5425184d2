import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { FailedError, type HydeError, InputError, InterruptedError } from '../../shared/errors.js';
import { withoutHome } from '../../shared/files.js';
import type { WorkerEnvironment } from './environment.js';

/** One line that the worker printed (worker/protocol.md). */
export interface WorkerEvent {
  event: string;
  job?: string;
  [field: string]: unknown;
}

/** The worker says something every 5 s; silent for this long, it hangs. */
const SILENCE_MS = 300_000;
const TAIL_LINES = 12;

/**
 * The Python worker as a process that runs job folders one after another. It starts with the first job and
 * keeps the base model loaded between jobs.
 */
export class Worker {
  private child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  private queue: WorkerEvent[] = [];
  private wake: (() => void) | undefined;
  private ended: string | undefined;
  private tail: string[] = [];
  private gone: Promise<void> = Promise.resolve();

  constructor(
    private readonly environment: WorkerEnvironment,
    private readonly signal: AbortSignal | undefined,
    private readonly call: readonly string[] = ['-m', 'hyde_worker', 'serve'],
  ) {}

  /**
   * Runs one job folder and yields its events up to `done`.
   *
   * @param folder absolute path
   * @throws InputError if the job or its data is wrong, FailedError if the worker fails or dies
   */
  async *run(folder: string): AsyncGenerator<WorkerEvent> {
    const child = this.start();
    this.queue = [];
    child.stdin.write(`${JSON.stringify({ job: folder })}\n`);
    for (;;) {
      const event = await this.nextEvent();
      // An error without a job is about the line that was sent just now.
      if (event.job != null && event.job !== folder) continue;
      if (event.event === 'error') throw workerError(event);
      yield event;
      if (event.event === 'done') return;
    }
  }

  async close(): Promise<void> {
    const child = this.child;
    if (!child || this.ended !== undefined) return;
    child.stdin.end();
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await this.gone;
    clearTimeout(timer);
  }

  private start(): ChildProcessByStdio<Writable, Readable, Readable> {
    if (this.child && this.ended === undefined) return this.child;
    const { python, variables } = this.environment;
    const child = spawn(python, this.call, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...variables },
      // A Ctrl-C in the terminal reaches hyde, which ends the worker in its own time.
      detached: true,
    });
    this.child = child;
    this.ended = undefined;
    this.tail = [];
    createInterface({ input: child.stdout }).on('line', (line) => this.take(line));
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.tail = [...this.tail, line].slice(-TAIL_LINES);
    });
    child.stdin.on('error', () => {});
    this.gone = new Promise((resolve) => {
      child.on('error', (error) => {
        this.end(`it could not be started: ${error.message}`);
        resolve();
      });
      child.on('close', (code, killedBy) => {
        this.end(killedBy ? `it was killed by ${killedBy}` : `it ended with code ${code}`);
        resolve();
      });
    });
    this.signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    return child;
  }

  private take(line: string): void {
    try {
      this.queue.push(JSON.parse(line) as WorkerEvent);
    } catch {
      this.tail = [...this.tail, line].slice(-TAIL_LINES);
    }
    this.wake?.();
  }

  private end(why: string): void {
    this.ended ??= why;
    this.wake?.();
  }

  private async nextEvent(): Promise<WorkerEvent> {
    for (;;) {
      const event = this.queue.shift();
      if (event) return event;
      if (this.signal?.aborted) throw new InterruptedError('interrupted');
      if (this.ended !== undefined) throw this.death(this.ended);
      const heard = await this.waitForLine();
      if (!heard && this.queue.length === 0 && this.ended === undefined) {
        this.child?.kill('SIGKILL');
        throw this.death(`it said nothing for ${SILENCE_MS / 1000} s and was stopped`);
      }
    }
  }

  private waitForLine(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), SILENCE_MS);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve(true);
      };
    });
  }

  private death(why: string): HydeError {
    const last = this.tail.map((line) => `\n  | ${withoutHome(line)}`).join('');
    return new FailedError(
      `the Python worker stopped: ${why}${last ? `; its last lines:${last}` : ''}`,
      'run the same command again; it goes on where it stopped',
    );
  }
}

function workerError({ kind, message, file, line, retryable }: WorkerEvent): HydeError {
  const text = withoutHome(String(message ?? 'unknown error'));
  if (kind === 'bad-data' || kind === 'bad-job' || (kind === 'missing-model' && retryable !== true)) {
    const place =
      typeof file === 'string'
        ? { file: withoutHome(relative(process.cwd(), file)), line: line as number | undefined }
        : undefined;
    return new InputError(text, place);
  }
  return new FailedError(`the Python worker: ${text}`);
}
