import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FailedError, InputError } from '../../src/shared/errors.js';
import { readJson, withHome, withoutHome, writeError, writeFileAtomic } from '../../src/shared/files.js';

const failure = (code: string): Error => Object.assign(new Error('low level'), { code });

describe('a write that fails says what to do', () => {
  it.each([
    ['ENOSPC', FailedError, /the disk is full: out\/x$/],
    ['EROFS', FailedError, /may not be written: out\/x$/],
    ['EACCES', FailedError, /may not be written: out\/x$/],
    ['ENOTDIR', InputError, /in the way: a file where a folder is needed/],
    ['EIO', FailedError, /cannot be written \(EIO\)/],
  ])('%s', (code, kind, message) => {
    const error = writeError(failure(code), 'out/x');
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
  });
});

describe('whole files', () => {
  it('replace each other, and leave nothing beside them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-'));
    const path = join(folder, 'deep', 'a.txt');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['a.txt']);
  });

  it('that are missing are undefined, that are damaged an error with their name', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'hyde-')), 'a.json');
    expect(existsSync(path)).toBe(false);
    expect(readJson(path)).toBeUndefined();
    writeFileSync(path, '{');
    expect(() => readJson(path)).toThrow(/a\.json: is not valid JSON/);
  });
});

it('the home directory stands as ~, and comes back', () => {
  const path = join(homedir(), 'models', 'x');
  expect(withoutHome(path)).toBe('~/models/x');
  expect(withHome(withoutHome(path))).toBe(path);
  expect(withoutHome(`${homedir()}ward`)).toBe(`${homedir()}ward`);
});
