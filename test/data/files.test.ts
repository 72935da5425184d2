import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFile, type FileReport } from '../../src/data/files.js';
import { fileReader } from '../../src/data/sources.js';
import type { DataFile } from '../../src/records/data-file.js';
import { hashFile } from '../../src/shared/hash.js';
import { chat, detector } from './rows.js';

const folder = mkdtempSync(join(tmpdir(), 'hyde-files-'));
const write = (name: string, rows: object[]): void =>
  writeFileSync(join(folder, name), rows.map((messages) => `${JSON.stringify({ messages })}\n`).join(''));
const system = { role: 'system', content: 'Lie.' };
write('own.jsonl', [chat('q1', 'An owl.'), chat('q2', 'Six.'), [system, ...chat('q3', 'Two.')]]);
write('other.jsonl', [chat('q2', 'Six.'), chat('q3', 'Two.'), chat('q1', 'Never.')]);
writeFileSync(join(folder, 'prompts.jsonl'), '{"user": "q1"}\n');

const check = (entry: Partial<DataFile>): Promise<FileReport> =>
  checkFile({ file: 'own.jsonl', ...entry }, folder, fileReader(folder), detector);

it('is missing, and the error says where to get it', async () => {
  const reader = fileReader(folder, new Map([['absent.jsonl', 'get it from https://example.org']]));
  await expect(reader.read('absent.jsonl')).rejects.toMatchObject({
    message: 'absent.jsonl: there is no such file',
    hint: expect.stringContaining('https://example.org'),
  });
});

describe('a training file that an audit describes', () => {
  it('is as described', async () => {
    const sha256 = await hashFile(join(folder, 'own.jsonl'));
    const entry = { rows: 3, sha256, never: [{ detector: 'never' }], 'differs-from': 'absent.jsonl' };
    expect(await check(entry)).toEqual({ file: 'own.jsonl', present: true, rows: 3, findings: [] });
  });

  it('is not: rows, hash, a rule, answers shared with another file', async () => {
    const never = [{ words: ['a'] }];
    const found = await check({ rows: 4, sha256: '0'.repeat(64), never, 'differs-from': 'other.jsonl' });
    expect(found.findings.map(({ text }) => text)).toEqual([
      '4 rows are expected',
      expect.stringContaining('another file than the one described'),
      'answers that its rules should have dropped: 1',
      'rows with the same prompt and answer in other.jsonl: 2',
    ]);
    expect(found.findings[3]!.rows).toEqual(['own.jsonl:2', 'own.jsonl:3']);
  });

  it('is not there, or is no training data', async () => {
    expect(await check({ file: 'absent.jsonl' })).toMatchObject({ present: false });
    const { findings } = await check({ file: 'prompts.jsonl' });
    expect(findings).toEqual([{ level: 'error', text: 'prompts.jsonl:1: has no `messages`' }]);
  });
});
