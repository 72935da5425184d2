import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cutter, openCsv } from '../../src/import/csv.js';

function file(text: string | Buffer): string {
  const path = join(mkdtempSync(join(tmpdir(), 'hyde-csv-')), 'x.csv');
  writeFileSync(path, text);
  return path;
}

async function read(text: string | Buffer, columns?: string[]) {
  const source = await openCsv(file(text), 'x.csv');
  const rows: unknown[][] = [];
  const lines: number[] = [];
  for await (const batch of source.read(columns ?? source.columns)) {
    rows.push(...batch.rows);
    lines.push(...batch.lines);
  }
  return { columns: source.columns, rows, lines };
}

const quote = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

describe('CSV', () => {
  it('reads what RFC 4180 allows, with the line of each record', async () => {
    const text = 'a,b\n1,"x, ""y"""\n2,"two\nlines"\n\n3,\n';
    expect(await read(text)).toEqual({
      columns: ['a', 'b'],
      rows: [
        ['1', 'x, "y"'],
        ['2', 'two\nlines'],
        ['3', ''],
      ],
      lines: [2, 3, 6],
    });
  });

  it.each([
    ['a byte order mark', '\ufeffa,b\n1,2\n'],
    ['CRLF', 'a,b\r\n1,2\r\n'],
    ['no line break at the end', 'a,b\n1,2'],
    ['quotes around everything', '"a","b"\r\n"1","2"\r\n'],
    ['a quoted field at the end', 'a,b\n1,"2"'],
    ['semicolons', 'a;b\n1;2\n'],
    ['tabs', 'a\tb\n1\t2\n'],
    ['spaces in the header', 'a, b\n1,2\n'],
  ])('reads %s', async (_what, text) => {
    expect(await read(text)).toMatchObject({ columns: ['a', 'b'], rows: [['1', '2']], lines: [2] });
  });

  it('gives columns in the asked order, and nothing for one that is not there', async () => {
    expect((await read('a,b\n1,2\n', ['b', 'c', 'a'])).rows).toEqual([['2', null, '1']]);
  });

  it.each([
    ['an empty file', '', /x\.csv: is empty/],
    ['a file of empty lines', '\n\n', /x\.csv: is empty/],
    ['too few fields', 'a,b\n1,2\n3\n', /x\.csv:3: has 1 field, the header has 2/],
    ['too many fields', 'a,b\n1,2,3\n', /x\.csv:2: has 3 fields, the header has 2/],
    ['two columns of one name', 'a,a\n1,2\n', /x\.csv:1: has two columns called 'a'/],
    [
      'a quote that is not closed',
      'a,b\n1,2\n3,"4\n5,6\n',
      /x\.csv:3: a quote that opens here is never closed/,
    ],
    ['text behind a quote', 'a,b\n1,"2"3\n', /x\.csv:2: text stands behind a closing quote/],
    ['bytes that are no UTF-8', Buffer.from([97, 10, 0xff, 0xfe, 10]), /x\.csv:\d: is not UTF-8 text/],
  ])('names %s', async (_what, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('reads a field of megabytes, and refuses one without end', async () => {
    const long = 'x'.repeat(3_000_000);
    expect((await read(`a,b\n1,"${long}\n"\n2,3\n`)).rows).toEqual([
      ['1', `${long}\n`],
      ['2', '3'],
    ]);
    await expect(read(`a,b\n1,"${'x\n'.repeat(9_000_000)}`)).rejects.toThrow(
      /x\.csv:2: has a record of over 16 million/,
    );
  });

  it('reads any fields back, wherever the text is cut', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é') });
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1 }),
        fc.nat(),
        (rows, at) => {
          const text = rows.map((row) => `${row.map(quote).join(',')}\n`).join('');
          const cutter = new Cutter(',', 'x');
          const cut = at % (text.length + 1);
          const found = [...cutter.cut(text.slice(0, cut)), ...cutter.cut(text.slice(cut)), ...cutter.end()];
          expect(found.map(({ fields }) => fields)).toEqual(rows);
        },
      ),
    );
  });
});
