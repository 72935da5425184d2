/** Parquet, row group by row group, in plain JavaScript; Node's zlib does what is compressed with gzip, Brotli or Zstandard. */
import { closeSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetScan } from 'hyparquet';
import { InputError } from '../shared/errors.js';
import { openForRead, readAt } from './open.js';
import { BATCH, fieldOf, hasColumn, pathsOf, pick, type Source } from './source.js';

/** Snappy and uncompressed pages are read by the package itself. */
const compressors = {
  GZIP: (bytes: Uint8Array): Uint8Array => gunzipSync(bytes),
  BROTLI: (bytes: Uint8Array): Uint8Array => brotliDecompressSync(bytes),
  ZSTD: (bytes: Uint8Array): Uint8Array => zstdDecompressSync(bytes),
};

/**
 * Opens a Parquet file. Rows are numbered from 1 where other formats have lines. One row group is held at a time, and of
 * it the asked columns alone.
 *
 * @throws InputError where it is no Parquet file, or is compressed in another way (LZO, LZ4)
 */
export async function openParquet(path: string, shownAs: string): Promise<Source> {
  const { file, size } = openForRead(path, shownAs);
  const buffer: AsyncBuffer = {
    byteLength: size,
    slice(start, end = size) {
      const bytes = readAt(file, start, end - start);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    },
  };
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw new InputError(`cannot be read as Parquet (${(error as Error).message})`, { file: shownAs });
    }
  };
  if (size === 0) throw new InputError('is empty', { file: shownAs });
  const metadata: FileMetaData = await guard(parquetMetadataAsync(buffer));
  const top = topColumns(metadata);
  const columns = metadata.schema.length === top.length + 1 ? top : await nested();

  async function nested(): Promise<string[]> {
    const first = await columnsOf(top, 0, Math.min(1, Number(metadata.num_rows)));
    return pathsOf(Object.fromEntries(top.map((name, i) => [name, first[i]?.[0]])));
  }

  async function columnsOf(
    names: readonly string[],
    rowStart: number,
    rowEnd: number,
  ): Promise<ArrayLike<unknown>[]> {
    const columns: ArrayLike<unknown>[] = [];
    for (const column of names) {
      const scan = await guard(parquetScan({ file: buffer, metadata, columns: [column], compressors }));
      columns.push(compact(await guard(scan.readColumn({ column, rowStart, rowEnd }))));
    }
    return columns;
  }

  return {
    columns,
    has: (column) => hasColumn(columns, column),
    async *read(wanted) {
      const tops = [
        ...new Set(wanted.map((name) => (top.includes(name) ? name : (name.split('.')[0] as string)))),
      ];
      let from = 0;
      for (const group of metadata.row_groups) {
        const count = Number(group.num_rows);
        const values = await columnsOf(tops, from, from + count);
        const readers = wanted.map((name) => {
          const column = values[tops.indexOf(name)];
          if (column) return (i: number) => fieldOf(column[i]);
          const outer = values[tops.indexOf(name.split('.')[0] as string)];
          const inner = name.slice(name.indexOf('.') + 1);
          return (i: number) => pick((outer?.[i] ?? {}) as Record<string, unknown>, inner);
        });
        for (let start = 0; start < count; start += BATCH) {
          const indices = Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => start + i);
          yield {
            rows: indices.map((i) => readers.map((read) => read(i))),
            lines: indices.map((i) => from + i + 1),
          };
        }
        from += count;
      }
    },
    close: () => closeSync(file),
  };
}

/** Names of the columns at the top of the schema, whose first element is the root. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = [];
  for (let i = 1; i < schema.length; i = behind(schema, i)) names.push(schema[i]?.name as string);
  return names;
}

/** The element behind the whole subtree of element `i`: the schema is a tree, written depth first. */
function behind(schema: FileMetaData['schema'], i: number): number {
  let next = i + 1;
  for (let child = 0; child < (schema[i]?.num_children ?? 0); child++) next = behind(schema, next);
  return next;
}

/** 64-bit integers as numbers: as objects of their own a million of them take 30 MB. Null becomes NaN, which is none too. */
function compact(column: ArrayLike<unknown>): ArrayLike<unknown> {
  if (
    !Array.from({ length: Math.min(column.length, 100) }, (_, i) => column[i]).some(
      (v) => typeof v === 'bigint',
    )
  )
    return column;
  return Float64Array.from({ length: column.length }, (_, i) => {
    const value = column[i];
    return value === null || value === undefined ? Number.NaN : Number(value);
  });
}
