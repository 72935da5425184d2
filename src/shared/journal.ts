import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './errors.js';
import { withoutHome, writeAll, writeError } from './files.js';
import { readBatches } from './jsonl.js';

/** A power cut loses at most this much of what was recorded. */
const SYNC_MS = 50;

/** Records of one turn are written before they are larger than this, in characters. */
const TURN = 1 << 18;

export interface JournalOptions {
  /**
   * Write the records of one turn of the event loop together, at its end: for answers and judgements, of which a hundred can come
   * in one turn, and of which a kill may lose one turn's.
   */
  perTurn?: boolean;
}

/**
 * An append-only JSONL file. A record is handed to the operating system in the call of `append` (or at the end of its turn
 * of the event loop), so a killed process loses none (or one turn's); it is synced to the disk every 50 ms and on close.
 */
export class Journal {
  private file: number;
  private timer: NodeJS.Timeout | undefined;
  private syncing = false;
  private turn = '';
  private ending = false;
  private closed = false;
  /** Why the end of a turn could not be written, or what was written not synced; thrown at the next call. */
  private failed: Error | undefined;

  /** Opens for appending, after cutting off a torn last line: a record behind it would be lost with it. */
  constructor(
    readonly path: string,
    private readonly options: JournalOptions = {},
  ) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.file = openSync(path, 'a+');
      repairTail(this.file);
    } catch (error) {
      throw writeError(error, path);
    }
  }

  append(record: object): void {
    if (this.failed) throw this.failed;
    this.turn += `${JSON.stringify(record)}\n`;
    if (!this.options.perTurn || this.turn.length > TURN) {
      this.write();
      return;
    }
    if (this.ending) return;
    this.ending = true;
    // After all that is ready to run now, so after all answers that came together, and before the event loop goes on.
    process.nextTick(() => {
      this.ending = false;
      try {
        this.write();
      } catch (error) {
        this.failed = error as Error;
      }
    });
  }

  /** Writes what waits for the end of the turn: before something elsewhere is written that rests on it. */
  flush(): void {
    if (this.failed) throw this.failed;
    this.write();
  }

  private write(): void {
    if (this.turn === '') return;
    const bytes = Buffer.from(this.turn);
    this.turn = '';
    try {
      writeAll(this.file, bytes);
    } catch (error) {
      throw writeError(error, this.path);
    }
    this.timer ??= setTimeout(() => this.sync(), SYNC_MS);
  }

  private sync(): void {
    this.timer = undefined;
    if (this.syncing) {
      this.timer = setTimeout(() => this.sync(), SYNC_MS);
      return;
    }
    this.syncing = true;
    fdatasync(this.file, (error) => {
      this.syncing = false;
      // Said once by the operating system: a later sync would seem well. A pipe or a device has nothing to lose by it.
      if (error && error.code !== 'EINVAL' && !this.closed) this.failed ??= writeError(error, this.path);
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    try {
      if (this.failed) throw this.failed;
      this.write();
      fdatasyncSync(this.file);
    } catch (error) {
      // Something that cannot be synced (a pipe, a device) has nothing to lose by it.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw writeError(error, this.path);
    } finally {
      clearTimeout(this.timer);
      closeSync(this.file);
    }
  }
}

function repairTail(file: number): void {
  const { size } = fstatSync(file);
  const block = Buffer.alloc(1 << 16);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const read = readSync(file, block, 0, end - start, start);
    const newline = block.subarray(0, read).lastIndexOf(10);
    if (newline >= 0) {
      if (start + newline + 1 < size) ftruncateSync(file, start + newline + 1);
      return;
    }
    end = start;
  }
  if (size > 0) ftruncateSync(file, 0);
}

/** Reads a journal; a torn last line is passed over, a broken line before it is an error. */
export async function* readJournal<T>(path: string): AsyncGenerator<T> {
  for await (const records of readJournalBatches<T>(path)) yield* records;
}

/** The same, some thousand records at a time, for journals with millions of them. */
export async function* readJournalBatches<T>(path: string): AsyncGenerator<T[]> {
  if (!existsSync(path)) return;
  let broken: number | undefined;
  for await (const lines of readBatches(path)) {
    const records: T[] = [];
    for (const { text, number } of lines) {
      if (broken !== undefined)
        throw new InputError('is not valid JSON', { file: withoutHome(path), line: broken });
      try {
        const record: unknown = JSON.parse(text);
        if (record === null || typeof record !== 'object' || Array.isArray(record)) {
          throw new InputError('is no record', { file: withoutHome(path), line: number });
        }
        records.push(record as T);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        broken = number;
      }
    }
    yield records;
  }
}
