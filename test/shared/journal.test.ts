import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Journal, readJournal } from '../../src/shared/journal.js';
import { takeLock } from '../../src/shared/lock.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'hyde-'));
const all = async (path: string): Promise<unknown[]> => Array.fromAsync(readJournal(path));

describe('journal', () => {
  it('holds a record as soon as append returns', async () => {
    const path = join(folder(), 'a.jsonl');
    const journal = new Journal(path);
    journal.append({ n: 1 });
    expect(await all(path)).toEqual([{ n: 1 }]);
    journal.close();
  });

  it('cuts off a torn tail before it appends, so that the next record is not lost with it', async () => {
    const path = join(folder(), 'a.jsonl');
    writeFileSync(path, '{"n":1}\n{"n":2,"text":"to');
    const journal = new Journal(path);
    journal.append({ n: 3 });
    journal.close();
    expect(await all(path)).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it('repairs a file that is one torn line, however long', () => {
    const path = join(folder(), 'a.jsonl');
    writeFileSync(path, `{"text":"${'x'.repeat(300_000)}`);
    new Journal(path).close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('reads over a torn tail and refuses a broken line before it', async () => {
    const path = join(folder(), 'a.jsonl');
    writeFileSync(path, '{"n":1}\n{"n":');
    expect(await all(path)).toEqual([{ n: 1 }]);
    appendFileSync(path, '\n{"n":3}\n');
    await expect(all(path)).rejects.toThrow(/a\.jsonl:2: is not valid JSON/);
  });

  it('writes the records of one turn at its end, or on close', async () => {
    const path = join(folder(), 'a.jsonl');
    const journal = new Journal(path, { perTurn: true });
    journal.append({ n: 1 });
    journal.append({ n: 2 });
    expect(readFileSync(path, 'utf8')).toBe('');
    await new Promise(setImmediate);
    expect(await all(path)).toEqual([{ n: 1 }, { n: 2 }]);
    journal.append({ n: 3 });
    journal.close();
    expect(await all(path)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it.skipIf(!existsSync('/dev/full'))(
    'says on the next call that the end of a turn met a full disk',
    async () => {
      const journal = new Journal('/dev/full', { perTurn: true });
      journal.append({ n: 1 });
      await new Promise(setImmediate);
      expect(() => journal.append({ n: 2 })).toThrow(/the disk is full/);
      expect(() => journal.close()).toThrow(/the disk is full/);
    },
  );

  it.skipIf(!existsSync('/dev/full'))('names a full disk', () => {
    const journal = new Journal('/dev/full');
    expect(() => journal.append({ n: 1 })).toThrow(/the disk is full/);
  });

  it('has no records where there is no file', async () => {
    expect(await all(join(folder(), 'none.jsonl'))).toEqual([]);
  });
});

describe('lock', () => {
  it('is held by one process, and given back', () => {
    const path = join(folder(), '.lock');
    const release = takeLock(path, () => {});
    expect(() => takeLock(path, () => {})).toThrow(/another hyde/);
    release();
    takeLock(path, () => {})();
  });

  it('of a process that is gone is taken over with a word', () => {
    const path = join(folder(), '.lock');
    writeFileSync(path, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1, started: '1' }));
    const said: string[] = [];
    takeLock(path, (text) => said.push(text))();
    expect(said.join()).toMatch(/taking over .* process 4194305/);
  });

  it('of another machine is left alone', () => {
    const path = join(folder(), '.lock');
    writeFileSync(path, JSON.stringify({ host: 'elsewhere', pid: 1, started: '1' }));
    expect(() => takeLock(path, () => {})).toThrow(/process 1 on elsewhere/);
  });

  it('of a process id that was given to another process is stale', () => {
    const path = join(folder(), '.lock');
    writeFileSync(path, JSON.stringify({ host: hostname(), pid: process.pid, started: '1' }));
    takeLock(path, () => {})();
  });
});
