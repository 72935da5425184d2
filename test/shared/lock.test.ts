import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHolder, takeLock } from '../../src/shared/lock.js';

describe.runIf(existsSync('/proc/self/stat'))('the lock of a process that has ended', () => {
  it('is nobody’s, also while its parent never asks for it', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout?.once('data', resolve)));
    const path = join(mkdtempSync(join(tmpdir(), 'hyde-lock-')), '.lock');
    writeFileSync(path, JSON.stringify({ host: hostname(), pid, started: null }));
    expect(lockHolder(path)).toEqual({ host: hostname(), pid });
    while (lockHolder(path)) await new Promise((resolve) => setTimeout(resolve, 20));
    // It is still there, as an entry in a table.
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
    takeLock(path, () => {})();
    parent.kill('SIGKILL');
  });
});
