import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { unreadable } from '../shared/jsonl.js';

/** Opens a file for reads at any place. @throws InputError where it cannot be read */
export function openForRead(path: string, shownAs: string): { file: number; size: number } {
  try {
    const file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isDirectory()) return { file, size: stat.size };
    closeSync(file);
    throw Object.assign(new Error(), { code: 'EISDIR' });
  } catch (error) {
    throw unreadable(error, shownAs);
  }
}

/** Reads bytes at a place; fewer where the file ends before. */
export function readAt(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const read = readSync(file, bytes, got, length - got, from + got);
    if (read === 0) break;
    got += read;
  }
  return bytes.subarray(0, got);
}
