/** CSV as RFC 4180 has it, streamed: quotes, line breaks in fields, CRLF, a byte order mark; also `;` and tabs. */
import { createReadStream } from 'node:fs';
import { InputError } from '../shared/errors.js';
import { readLines, unreadable } from '../shared/jsonl.js';
import { type Batch, type Field, MAX_FIELD, type Source } from './source.js';

/** One record: its fields and the line that it begins on. */
interface Row {
  fields: string[];
  line: number;
}

/**
 * Opens a CSV file: the first record names the columns.
 *
 * @param shownAs the file's name in errors
 * @throws InputError for an empty file, a column named twice, a record with more or fewer fields than columns, or a
 *   quote that is not closed
 */
export async function openCsv(path: string, shownAs: string): Promise<Source> {
  const header = await headerOf(path, shownAs);
  const separator = header.separator;
  const columns = header.fields.map((name) => name.trim());
  const twice = columns.find((name, i) => name !== '' && columns.indexOf(name) < i);
  if (twice !== undefined)
    throw new InputError(`has two columns called '${twice}'`, { file: shownAs, line: header.line });
  return {
    columns,
    has: (column) => columns.includes(column),
    async *read(wanted) {
      const at = wanted.map((name) => columns.indexOf(name));
      const asTheyAre = at.length === columns.length && at.every((column, i) => column === i);
      let first = true;
      let batch: Batch = { rows: [], lines: [] };
      for await (const rows of records(path, shownAs, separator)) {
        for (const { fields, line } of rows) {
          if (first) {
            first = false;
            continue;
          }
          if (fields.length !== columns.length) {
            throw new InputError(
              `has ${fields.length} field${fields.length === 1 ? '' : 's'}, the header has ${columns.length}`,
              { file: shownAs, line },
            );
          }
          batch.rows.push(asTheyAre ? fields : at.map((i): Field => (i < 0 ? null : (fields[i] as string))));
          batch.lines.push(line);
        }
        if (batch.rows.length) yield batch;
        batch = { rows: [], lines: [] };
      }
    },
  };
}

async function headerOf(path: string, shownAs: string): Promise<Row & { separator: string }> {
  const separator = await separatorOf(path, shownAs);
  for await (const [first] of records(path, shownAs, separator)) if (first) return { ...first, separator };
  throw new InputError('is empty', { file: shownAs });
}

/** Comma, or else semicolon or tab, whichever the first line has. */
async function separatorOf(path: string, shownAs: string): Promise<string> {
  for await (const { text } of readLines(path, shownAs))
    return [',', ';', '\t'].find((sign) => text.includes(sign)) ?? ',';
  throw new InputError('is empty', { file: shownAs });
}

/** The records of a file, some at a time; empty lines are passed over. */
async function* records(path: string, shownAs: string, separator: string): AsyncGenerator<Row[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const cutter = new Cutter(separator, shownAs);
  const stream = createReadStream(path, { highWaterMark: 1 << 16 });
  try {
    for await (const chunk of stream) {
      let text: string;
      try {
        text = decoder.decode(chunk as Buffer, { stream: true });
      } catch {
        throw new InputError('is not UTF-8 text', { file: shownAs, line: cutter.line });
      }
      yield cutter.cut(text);
    }
    yield cutter.end();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw unreadable(error, shownAs);
  } finally {
    stream.destroy();
  }
}

/** Cuts text that comes in pieces, wherever it is cut, into records. */
export class Cutter {
  /** Line that the next record begins on. */
  line = 1;
  private rest = '';

  constructor(
    private readonly separator: string,
    private readonly file: string,
  ) {}

  cut(piece: string): Row[] {
    const text = this.rest + piece;
    const rows: Row[] = [];
    let at = 0;
    let quote = text.indexOf('"');
    for (;;) {
      const newline = text.indexOf('\n', at);
      if (newline < 0) break;
      if (quote >= 0 && quote < at) quote = text.indexOf('"', at);
      if (quote < 0 || quote > newline) {
        // Nothing is quoted before the end of the line: the usual case, and the fast one.
        const end = newline > at && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
        if (end > at) rows.push({ fields: text.slice(at, end).split(this.separator), line: this.line });
        at = newline + 1;
        this.line++;
        continue;
      }
      const next = this.quoted(text, at, rows);
      if (next < 0) break;
      at = next;
    }
    this.rest = text.slice(at);
    if (this.rest.length > MAX_FIELD) {
      throw new InputError(
        'has a record of over 16 million characters',
        { file: this.file, line: this.line },
        'is a quote that opens on this line never closed?',
      );
    }
    return rows;
  }

  end(): Row[] {
    if (this.rest === '') return [];
    const rows = this.cut('\n');
    if (this.rest === '') return rows;
    throw new InputError('a quote that opens here is never closed', { file: this.file, line: this.line });
  }

  /** Reads the record at `at`, some of whose fields are quoted. Returns the start of the next one, -1 if it is not all here. */
  private quoted(text: string, at: number, rows: Row[]): number {
    const fields: string[] = [];
    let lines = 1;
    for (let i = at; ; ) {
      let value: string;
      if (text[i] === '"') {
        let close = text.indexOf('"', i + 1);
        while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
        // A quote at the end of the piece may be half of a doubled one.
        if (close < 0 || close + 1 >= text.length) return -1;
        value = text.slice(i + 1, close);
        for (let n = value.indexOf('\n'); n >= 0; n = value.indexOf('\n', n + 1)) lines++;
        value = value.replaceAll('""', '"');
        i = close + 1;
        if (text[i] === '\r') i++;
        if (i >= text.length) return -1;
        if (text[i] !== this.separator && text[i] !== '\n') {
          throw new InputError('text stands behind a closing quote', {
            file: this.file,
            line: this.line + lines - 1,
          });
        }
      } else {
        const newline = text.indexOf('\n', i);
        if (newline < 0) return -1;
        const cut = text.indexOf(this.separator, i);
        const stop = cut >= 0 && cut < newline ? cut : newline;
        value = text.slice(i, stop);
        if (stop === newline && value.endsWith('\r')) value = value.slice(0, -1);
        i = stop;
      }
      fields.push(value);
      if (text[i] === '\n') {
        rows.push({ fields, line: this.line });
        this.line += lines;
        return i + 1;
      }
      i++;
    }
  }
}
