import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt, JobState, LaunchSpec, Ticket, WorkerCommand } from '../records/launch.js';
import { shortHash } from '../shared/hash.js';
import type { Observer } from '../shared/observer.js';

/** What a launcher may know of the run it works for. */
export interface LauncherContext {
  spec: LaunchSpec;
  /** The run folder: absolute, and for `slurm` without `host` and for `ray` on a file system that the nodes share. */
  folder: string;
  worker: WorkerCommand;
  observer: Observer;
}

/**
 * What starts job folders somewhere. One implementation a file; `drive.ts` is the loop around it. All calls throw a
 * FailedError while the other side cannot be reached, and are then made again.
 */
export interface Launcher {
  readonly timing: LauncherTiming;
  /** Whether jobs end with hyde where the user stops it; elsewhere they stay, and are found again. */
  readonly endsWithHyde: boolean;
  /** How many attempts it would take now at most, where it knows without asking. */
  readonly free?: number;
  /**
   * Starts as many of the attempts as there is room for, from the front. An attempt that was asked for before is not started
   * again.
   *
   * @param claim called before an attempt is asked for, with the handle by which it will be found
   * @returns those that are there now, or may be
   * @throws InputError where the other side refuses what the audit file says
   */
  submit(attempts: readonly Attempt[], claim: (ticket: Ticket) => void): Promise<Ticket[]>;
  /** States by job id. */
  states(tickets: readonly Ticket[]): Promise<Map<string, JobState>>;
  cancel(tickets: readonly Ticket[]): Promise<void>;
  /** The end of what the job printed; empty where there is nothing. */
  logs(ticket: Ticket): Promise<string>;
  /** Brings what ended jobs wrote into their folders on this machine. */
  fetch?(tickets: readonly Ticket[]): Promise<void>;
  /** Resolves when something may have changed, after so many milliseconds or with the signal at the latest. */
  changed(milliseconds: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds. */
export interface LauncherTiming {
  /** Between two looks, the least and the most: short jobs are looked at more often than long ones. */
  poll: [first: number, last: number];
  /** A job may be unknown, or done without a result, for so long before it counts as lost: file systems and controllers lag. */
  grace: number;
}

/** Part of the time since something last happened that may pass between two looks: a job's end is seen so much later at most. */
const SHARE = 0.1;

/** Milliseconds until the next look, where nothing has happened for so long. */
export const pauseAfter = (quiet: number, { poll: [first, last] }: LauncherTiming): number =>
  Math.min(last, Math.max(first, quiet * SHARE));

/** A name that most tools take: letters, digits, hyphens; the same for the same attempt. */
export const handleOf = (folder: string, { id, attempt }: Attempt): string =>
  `hyde-${shortHash([folder, id, attempt])}`;

/** Resolves after so many milliseconds, or with the signal. */
export const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  wait(milliseconds, undefined, signal ? { signal } : {}).catch(() => {});

/** The last lines that a job printed, to stand behind what went wrong; empty where there are none. */
export async function lastLines(launcher: Launcher, ticket: Ticket): Promise<string> {
  const printed = await launcher.logs(ticket).catch(() => '');
  const last = printed.trim().split('\n').slice(-4).filter(Boolean);
  return last.length ? `; its last lines:${last.map((line) => `\n  | ${line}`).join('')}` : '';
}
