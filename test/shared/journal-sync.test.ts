import { mkdtempSync, type NoParamCallback, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Journal } from '../../src/shared/journal.js';

/** The disk fails once, as one does that is going: what comes afterwards works again. */
const disk = vi.hoisted(() => ({ fails: false }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const fdatasync = (file: number, done: NoParamCallback): void => {
    if (disk.fails) setImmediate(done, Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    else fs.fdatasync(file, done);
    disk.fails = false;
  };
  return { ...fs, fdatasync };
});

it('says on the next call, or when it is closed, that records could not be synced', async () => {
  for (const end of [(one: Journal) => one.append({ n: 2 }), (one: Journal) => one.close()]) {
    const path = join(mkdtempSync(join(tmpdir(), 'hyde-')), 'a.jsonl');
    const journal = new Journal(path);
    disk.fails = true;
    journal.append({ n: 1 });
    await vi.waitFor(() => expect(disk.fails).toBe(false));
    await new Promise(setImmediate);
    expect(() => end(journal)).toThrow(/cannot be written \(EIO\)/);
    expect(readFileSync(path, 'utf8')).toBe('{"n":1}\n');
  }
});
