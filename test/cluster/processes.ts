import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** Every process of this machine that runs in our network namespace: nothing else is ever ended. */
function ours(): { pid: number; parent: number; args: string }[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid && namespaceOf(Number(pid)) === namespaceOf(process.pid)
      ? [{ pid: Number(pid), parent: Number(parent), args }]
      : [];
  });
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Ids of our processes whose command line matches. */
export const pidsOf = (args: RegExp): number[] =>
  ours().flatMap((one) => (args.test(one.args) ? [one.pid] : []));

/** Ends processes and all that they started, without a word. */
export function killTrees(pids: readonly number[]): void {
  const all = ours();
  const found = new Set(pids);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}

/** Waits until something holds; an error with the given words after so many seconds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 60,
): Promise<void> {
  for (let waited = 0; !(await holds()); waited++) {
    if (waited > seconds * 10) throw new Error(`not after ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
