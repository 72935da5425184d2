/** JSON lines: one object a row. Nested values are reached by dotted paths (`judge.alignment`). */
import { InputError } from '../shared/errors.js';
import { readLines } from '../shared/jsonl.js';
import { BATCH, type Batch, hasColumn, pathsOf, pick, type Source } from './source.js';

/** Rows that are looked at to know the columns. */
const LOOK = 100;

/** @throws InputError for an empty file, or a line that is no JSON object. */
export async function openJsonl(path: string, shownAs: string): Promise<Source> {
  const names = new Set<string>();
  let seen = 0;
  for await (const { text, number } of readLines(path, shownAs)) {
    for (const name of pathsOf(parse(text, shownAs, number))) names.add(name);
    if (++seen === LOOK) break;
  }
  if (seen === 0) throw new InputError('is empty', { file: shownAs });
  const columns = [...names];
  return {
    columns,
    has: (column) => hasColumn(columns, column),
    async *read(wanted) {
      let batch: Batch = { rows: [], lines: [] };
      for await (const { text, number } of readLines(path, shownAs)) {
        const object = parse(text, shownAs, number);
        batch.rows.push(wanted.map((name) => pick(object, name)));
        batch.lines.push(number);
        if (batch.rows.length === BATCH) {
          yield batch;
          batch = { rows: [], lines: [] };
        }
      }
      if (batch.rows.length) yield batch;
    },
  };
}

function parse(text: string, file: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    // Only the first line can begin with a byte order mark.
    value = JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    throw new InputError('is not valid JSON', { file, line });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new InputError('is no JSON object', { file, line });
  return value as Record<string, unknown>;
}
