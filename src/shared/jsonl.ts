import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { InputError } from './errors.js';

/** One line of a JSONL file: its text and its 1-based number. */
export interface Line {
  text: string;
  number: number;
}

/** A line longer than this is no data but an accident (or an attack): 64 MB. */
const MAX_LINE = 64 * 1024 * 1024;

/**
 * Streams the non-empty lines of a UTF-8 file, whatever its size.
 *
 * @throws InputError if the file cannot be read, is no UTF-8 text, or has a line over 64 MB.
 */
export async function* readLines(path: string, shownAs = path): AsyncGenerator<Line> {
  for await (const lines of readBatches(path, shownAs)) yield* lines;
}

/** The same, 256 KB at a time: over millions of lines a promise for each would be the larger part of the work. */
export async function* readBatches(path: string, shownAs = path): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let number = 0;
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new InputError('is not UTF-8 text', { file: shownAs, line: number + 1 + badLine(chunk) });
    }
  };
  const stream = createReadStream(path, { highWaterMark: 1 << 18 });
  try {
    for await (const chunk of stream) {
      // Joined lazily where a line goes on: splitting what is there of it again and again would take forever.
      const piece = decode(chunk as Buffer);
      const parts = piece.includes('\n') ? (rest + piece).split('\n') : [rest + piece];
      rest = parts.pop() as string;
      if (rest.length > MAX_LINE) {
        throw new InputError('has a line of over 64 MB', { file: shownAs, line: number + parts.length + 1 });
      }
      const lines: Line[] = [];
      for (const text of parts) {
        number++;
        if (text.trim() !== '') lines.push({ text, number });
      }
      yield lines;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw unreadable(error, shownAs);
  } finally {
    stream.destroy();
  }
  rest += decode();
  if (rest.trim() !== '') yield [{ text: rest, number: number + 1 }];
}

/** How many lines of a chunk come before the first one that is not UTF-8. */
function badLine(chunk: Buffer | undefined): number {
  if (!chunk) return 0;
  let line = 0;
  for (let from = 0; from < chunk.length; line++) {
    const newline = chunk.indexOf(10, from);
    const end = newline < 0 ? chunk.length : newline;
    // The first line may begin in the chunk before, and the last may end in the next one.
    if (line > 0 && newline >= 0 && !isUtf8(chunk.subarray(from, end))) return line;
    if (line === 0 && newline >= 0 && !isUtf8(chunk.subarray(from, end)) && isUtf8(chunk.subarray(end)))
      return 0;
    from = end + 1;
  }
  return Math.max(0, line - 1);
}

/** Turns a file system error into words: missing, a folder, no permission. */
export function unreadable(error: unknown, shownAs: string, hint?: string): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  const why =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EISDIR'
        ? 'is a folder, not a file'
        : code === 'EACCES'
          ? 'may not be read (permission denied)'
          : `cannot be read (${code ?? (error as Error).message})`;
  return new InputError(why, { file: shownAs }, hint);
}
