import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, sep } from 'node:path';
import { FailedError, InputError } from './errors.js';

/** Writes a whole file so that a reader sees the old one or the new one, never half of it. */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'w');
    try {
      writeAll(file, typeof content === 'string' ? Buffer.from(content) : content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    throw writeError(error, path);
  }
}

/** Writes every byte: a single write() may take only some of them. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from);
}

/** JSON for people: two spaces, a newline at the end. */
export const writeJson = (path: string, value: unknown): void =>
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);

/** Reads a JSON file, or undefined where there is none. */
export function readJson<T>(path: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new FailedError(`${withoutHome(path)} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new InputError(
      'is not valid JSON',
      { file: path },
      'it was changed or damaged; remove it to make it anew',
    );
  }
}

/** Turns a failed write into words. */
export function writeError(error: unknown, path: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const name = withoutHome(path);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new FailedError(
        `the disk is full: ${name}`,
        'make room and run the same command again; it goes on from here',
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new FailedError(
        `may not be written: ${name}`,
        'choose a folder that you may write to with -o DIR',
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new InputError(`${name} is in the way: a file where a folder is needed`);
    default:
      return code ? new FailedError(`${name} cannot be written (${code})`) : (error as Error);
  }
}

const home = homedir();

/** A path for records and messages: the home directory, and with it the user's name, stands as `~`. */
export function withoutHome(text: string): string {
  if (home.length < 2) return text;
  return text.split(home + sep).join(`~${sep}`);
}

/** The path that `withoutHome` stands for. */
export const withHome = (path: string): string => (path.startsWith(`~${sep}`) ? home + path.slice(1) : path);
