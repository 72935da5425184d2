import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { FailedError } from './errors.js';
import { withoutHome, writeError } from './files.js';

interface Holder {
  host: string;
  pid: number;
  started: string | null;
}

/**
 * Takes the lock of a run folder. The lock of a process that is gone is taken over, and said.
 *
 * @returns a function that gives it back
 * @throws FailedError while another process works on the folder
 */
export function takeLock(path: string, say: (text: string) => void): () => void {
  const mine: Holder = { host: hostname(), pid: process.pid, started: startOf(process.pid) };
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, JSON.stringify(mine));
  } catch (error) {
    throw writeError(error, path);
  }
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        // A link appears with its content, and only where none was: two processes cannot both succeed.
        linkSync(draft, path);
        return () => release(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeError(error, path);
      }
      const holder = readHolder(path);
      if (holder && isAlive(holder)) throw inUse(holder, path);
      if (attempt > 3) throw new FailedError(`the lock ${path} cannot be taken over`, 'remove it by hand');
      takeAway(path, `${draft}.old`, holder);
      if (holder) say(`taking over the run folder from process ${holder.pid}, which is gone`);
    }
  } finally {
    release(draft);
  }
}

/** The process that holds the lock of a run folder; null where none does, or it is gone. */
export function lockHolder(path: string): { host: string; pid: number } | null {
  const holder = readHolder(path);
  return holder && isAlive(holder) ? { host: String(holder.host), pid: holder.pid } : null;
}

function inUse(holder: Holder, path: string): FailedError {
  const here = holder.host === hostname();
  return new FailedError(
    `another hyde (process ${holder.pid}${here ? '' : ` on ${holder.host}`}) works on this run folder`,
    here
      ? 'wait for it or stop it, then run the same command again'
      : `wait for it; if that machine or container is gone, remove ${withoutHome(path)}`,
  );
}

/** Removes a stale lock. Moved first and looked at again: meanwhile another process may have put its own there. */
function takeAway(path: string, aside: string, stale: Holder | undefined): void {
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved && moved.pid !== stale?.pid && isAlive(moved)) {
    renameSync(aside, path);
    throw inUse(moved, path);
  }
  release(aside);
}

function release(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already.
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  if (!Number.isInteger(holder.pid)) return false;
  // On a shared file system nothing can be known of another machine's processes.
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return isSame(holder.pid, holder.started);
}

/**
 * Is it still the process that began then? What has ended counts as gone, also while its parent has not asked for it: in a container
 * that may be never. True where the system does not tell.
 */
export function isSame(pid: number, started: string | null): boolean {
  const stat = statOf(pid);
  if (!stat) return true;
  return !/^[ZX]/.test(stat[0] ?? '') && (started === null || started === stat[START]);
}

/** When a process started, in clock ticks since boot: tells a reused process id from the old one. Linux only. */
export const startOf = (pid: number): string | null => statOf(pid)?.[START] ?? null;

/** Where in the answer of `statOf` its start is; its state comes first. */
const START = 19;

/** What Linux says of a process, from its state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
