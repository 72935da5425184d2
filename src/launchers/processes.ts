import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt, JobState, Ticket } from '../records/launch.js';
import { writeError } from '../shared/files.js';
import { environmentWithoutSecrets } from '../shared/secrets.js';
import { type Launcher, sleep } from './launcher.js';
import {
  findProcess,
  isAlive,
  type ProcessFile,
  processFile,
  readProcess,
  signalGroup,
} from './process-file.js';

export interface Pool {
  /** Processes at once. */
  slots: number;
  /** GPUs by the name that CUDA gives them, and how many a job gets. */
  devices: string[];
  perJob: number;
  /** Wall time of one process. */
  minutes: number | null;
  /**
   * What is to run: a shell script that ends in an `exec`, or, where processes are listed, the worker itself, which is found by its
   * command line.
   */
  start(attempt: Attempt): string | Program;
}

export interface Program {
  argv: string[];
  variables: Record<string, string>;
}

const LOG = 'log.txt';
const LOG_TAIL = 4000;
const KILL_MS = 3000;

/** A pool of processes on this machine. They outlive a hyde that is killed, and are found again by their id. */
export class Processes implements Launcher {
  readonly timing: Launcher['timing'] = { poll: [250, 1000], grace: 0 };
  readonly endsWithHyde = true;
  private readonly children = new Map<string, ChildProcess>();
  private readonly busy = new Map<string, ProcessFile>();
  private readonly overTime = new Set<string>();
  private readonly environment = environmentWithoutSecrets();
  private wake: () => void = () => {};
  /** A process has ended since the last look. */
  private news = false;

  constructor(private readonly pool: Pool) {}

  get free(): number {
    return Math.max(0, this.pool.slots - this.busy.size);
  }

  async submit(attempts: readonly Attempt[], claim: (ticket: Ticket) => void): Promise<Ticket[]> {
    const started: Ticket[] = [];
    for (const attempt of attempts) {
      if (this.free === 0) break;
      const ticket = { ...attempt, handle: `${attempt.id}-${attempt.attempt}` };
      claim(ticket);
      this.start(ticket);
      started.push(ticket);
    }
    return started;
  }

  private start(ticket: Ticket): void {
    const { id, folder } = ticket;
    const taken = new Set([...this.busy.values()].flatMap(({ devices }) => devices));
    const devices = this.pool.devices.filter((device) => !taken.has(device)).slice(0, this.pool.perJob);
    const log = openLog(join(folder, LOG));
    const what = this.pool.start(ticket);
    const program = typeof what === 'string' ? undefined : what;
    const env = {
      ...this.environment,
      ...program?.variables,
      ...(this.pool.perJob ? { CUDA_VISIBLE_DEVICES: devices.join(',') } : {}),
    };
    // A script begins when its process is written down; should hyde be killed before, it never begins.
    const [file, ...args] = program?.argv ?? ['/bin/sh', '-ec', `read -r go\nexec </dev/null\n${what}`];
    const stdin = program ? 'ignore' : 'pipe';
    const child = spawn(file as string, args, { stdio: [stdin, log, log], env, detached: true });
    closeSync(log);
    child.stdin?.on('error', () => {});
    const ended = (): void => {
      this.news = true;
      this.wake();
    };
    child.on('error', ended).on('exit', ended);
    this.children.set(id, child);
    const { pid } = child;
    const known = processFile(pid ?? 0, devices);
    this.busy.set(id, known);
    // What is found by its command line needs no file more.
    if (!pid || program) return;
    // Not synced: after a power cut there is no such process. Not by rename: what is not whole has not begun.
    const path = join(folder, 'process.json');
    try {
      writeFileSync(path, JSON.stringify(known));
    } catch (error) {
      throw writeError(error, path);
    }
    child.stdin?.end('go\n');
  }

  async states(tickets: readonly Ticket[]): Promise<Map<string, JobState>> {
    this.news = false;
    return new Map(tickets.map((ticket) => [ticket.id, this.stateOf(ticket)]));
  }

  private stateOf({ id, folder }: Ticket): JobState {
    const child = this.children.get(id);
    const file = this.busy.get(id) ?? (child ? undefined : this.left(folder));
    const runs = child
      ? child.pid !== undefined && child.exitCode === null && child.signalCode === null
      : isAlive(file);
    if (runs && file) {
      this.busy.set(id, file);
      const { minutes } = this.pool;
      if (minutes !== null && Date.now() - file.at > minutes * 60_000) {
        this.overTime.add(id);
        signalGroup(file, 'SIGKILL');
      }
      return { phase: 'running' };
    }
    this.busy.delete(id);
    this.children.delete(id);
    if (this.overTime.delete(id)) return { phase: 'failed', reason: 'it ran past its time limit' };
    if (!child) return { phase: 'unknown' };
    if (child.exitCode === 0) return { phase: 'done' };
    const how = child.signalCode ? `was killed by ${child.signalCode}` : `ended with code ${child.exitCode}`;
    return { phase: 'failed', reason: child.pid === undefined ? 'it could not be started' : `it ${how}` };
  }

  /** The process that an earlier hyde started. */
  private left(folder: string): ProcessFile | undefined {
    const written = readProcess(folder);
    return isAlive(written) ? written : findProcess(folder);
  }

  async cancel(tickets: readonly Ticket[]): Promise<void> {
    const files = tickets.flatMap(({ id, folder }) => this.busy.get(id) ?? this.left(folder) ?? []);
    for (const file of files) if (isAlive(file)) signalGroup(file, 'SIGTERM');
    for (let waited = 0; waited < KILL_MS && files.some(isAlive); waited += 50) await sleep(50);
    for (const file of files) if (isAlive(file)) signalGroup(file, 'SIGKILL');
    for (const { id } of tickets) this.busy.delete(id);
  }

  async logs({ folder }: Ticket): Promise<string> {
    try {
      return readFileSync(join(folder, LOG), 'utf8').slice(-LOG_TAIL);
    } catch {
      return '';
    }
  }

  async changed(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (this.news || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal?.addEventListener('abort', end);
      this.wake = end;
    });
  }

  async close(): Promise<void> {
    for (const child of this.children.values()) child.unref();
  }
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a');
  } catch (error) {
    throw writeError(error, path);
  }
}
