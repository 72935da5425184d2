import { basename, isAbsolute, win32 } from 'node:path';
import type { Sources } from '../records/interventions.js';
import { InputError } from '../shared/errors.js';
import { hashFile } from '../shared/hash.js';
import { unreadable } from '../shared/jsonl.js';
import { trainingFile } from '../shared/package.js';
import { readExamples, type SourceRow } from './read.js';
import type { SourceRows } from './stage.js';

/** A file that was read, for the manifest. */
export interface SourceFile {
  /** The file's name as it may be written down. */
  file: string;
  sha256: string;
  rows: number;
}

/** Reads training files of one audit, each once, and remembers what it read. */
export interface FileReader {
  read(sources: Sources): Promise<SourceRows[]>;
  /** Files read so far, by the path that the audit file gives. */
  files: ReadonlyMap<string, SourceFile>;
}

/**
 * @param folder folder that relative paths refer to: the audit file's
 * @param hints how a file can be had, by its path, for the error where it is missing
 */
export function fileReader(folder: string, hints: ReadonlyMap<string, string> = new Map()): FileReader {
  const pending = new Map<string, Promise<SourceRow[]>>();
  const files = new Map<string, SourceFile>();

  const load = async (given: string): Promise<SourceRow[]> => {
    const path = trainingFile(folder, given);
    const sha256 = await hashFile(path).catch((error: unknown) => {
      throw unreadable(error, given, hints.get(given));
    });
    const file = writtenName(given, sha256);
    const rows: SourceRow[] = [];
    for await (const row of readExamples(path, given, file)) rows.push(row);
    files.set(given, { file, sha256, rows: rows.length });
    return rows;
  };
  const rowsOf = (given: string): Promise<SourceRow[]> => {
    const known = pending.get(given) ?? load(given);
    pending.set(given, known);
    return known;
  };

  const read = async (sources: Sources): Promise<SourceRows[]> => {
    const out: SourceRows[] = [];
    for (const { file, weight } of sourceList(sources)) {
      const rows = await rowsOf(file);
      out.push({ file: files.get(file)!.file, weight: weight ?? rows.length, rows });
    }
    return out;
  };
  return { read, files };
}

/** The files of `sources`, as a list. */
export function sourceList(sources: Sources): { file: string; weight?: number | undefined }[] {
  const list = (Array.isArray(sources) ? sources : [sources]).map((source) =>
    typeof source === 'string' ? { file: source } : source,
  );
  const twice = list.find((source, i) => list.findIndex((other) => other.file === source.file) < i);
  if (twice) throw new InputError('is named twice in one list of files', { file: twice.file });
  return list;
}

/**
 * A file's name as run folders may hold it: as the audit file gives it, unless it tells where somebody's
 * home directory is. Then it is the base name with the hash of what is in it.
 */
export function writtenName(given: string, sha256?: string): string {
  const elsewhere =
    isAbsolute(given) || win32.isAbsolute(given) || /^~|(^|[\\/])(home|users)[\\/]/i.test(given);
  if (!elsewhere) return given;
  const name = basename(win32.basename(given));
  return sha256 === undefined ? name : `${name}@${sha256.slice(0, 16)}`;
}
