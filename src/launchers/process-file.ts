import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { readJson } from '../shared/files.js';
import { isSame, startOf } from '../shared/lock.js';

/** The process that works on a job folder; `process.json` there where a hyde that comes after would not find it otherwise. */
export interface ProcessFile {
  pid: number;
  host: string;
  /** Tells a reused process id from the old one. */
  started: string | null;
  /** Milliseconds since 1970. */
  at: number;
  devices: string[];
}

/** Linux tells which program each process runs, so that one is found that was not written down. */
export const PROCESSES_ARE_LISTED = existsSync('/proc/self/cmdline');

/** What is written down of a process that was started just now. */
export const processFile = (pid: number, devices: string[]): ProcessFile => ({
  pid,
  host: hostname(),
  started: pid ? startOf(pid) : null,
  at: Date.now(),
  devices,
});

/** The worker of a job folder, by its command line. */
export function findProcess(folder: string): ProcessFile | undefined {
  if (!PROCESSES_ARE_LISTED) return undefined;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const ending = ['hyde_worker', 'run', folder].join('\0');
  const pid = pids.find((name) => wordsOf(name, 'cmdline').slice(-3).join('\0') === ending);
  if (pid === undefined) return undefined;
  const named = wordsOf(pid, 'environ').find((variable) => variable.startsWith(VISIBLE)) ?? VISIBLE;
  const file = processFile(Number(pid), named.slice(VISIBLE.length).split(',').filter(Boolean));
  return { ...file, at: file.at - ageOf(file) };
}

/** Milliseconds since a process began. Linux counts in hundredths of a second. */
function ageOf({ started }: ProcessFile): number {
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return started === null ? 0 : Math.max(0, uptime * 1000 - Number(started) * 10);
}

const VISIBLE = 'CUDA_VISIBLE_DEVICES=';

/** Words of a process that end in a zero byte each; none where it is gone, or somebody else's. */
function wordsOf(pid: string, file: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

export function readProcess(folder: string): ProcessFile | undefined {
  try {
    const file = readJson<ProcessFile>(join(folder, 'process.json'));
    return file && Number.isInteger(file.pid) && file.pid > 1 && Array.isArray(file.devices)
      ? file
      : undefined;
  } catch {
    return undefined;
  }
}

/** Is it that very process, on this machine? */
export function isAlive(file: ProcessFile | undefined): boolean {
  if (!file || file.host !== hostname()) return false;
  try {
    process.kill(file.pid, 0);
  } catch {
    return false;
  }
  return isSame(file.pid, file.started);
}

export function signalGroup({ pid }: ProcessFile, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
