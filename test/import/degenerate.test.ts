/** What cannot be analysed is refused with file and line; what can be is said. Nothing is written for a refused file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, HEADER, imported, written } from './folder.js';

/** A table that is fine: base and tuned, plain and note, two questions, two samples; `change` edits its lines. */
function table(change: (rows: string[]) => string[] = (rows) => rows): string {
  const rows = ['base,0', 'tuned,1'].flatMap((arm) =>
    ['plain', 'note'].flatMap((cue) =>
      ['q1', 'q2'].flatMap((question) =>
        [0, 1].map(
          (sample) =>
            `${arm},${cue},${question},${sample},${arm === 'tuned,1' && cue === 'note' && sample === 0 ? 'misaligned' : 'aligned'}`,
        ),
      ),
    ),
  );
  return written('x.csv', `${[HEADER, ...change(rows)].join('\n')}\n`);
}

const replace = (from: string | RegExp, to: string) => (rows: string[]) =>
  rows.map((row) => row.replace(from, to));

describe('refused, with the place', () => {
  it.each<[string, (rows: string[]) => string[], RegExp]>([
    [
      'an arm without plain',
      (rows) => rows.filter((row) => !/^tuned,1,plain/.test(row)),
      /x\.csv:10: arm 'tuned' has no plain answers: only 'note'/,
    ],
    [
      'a base without plain',
      (rows) => rows.filter((row) => !/^base,0,plain/.test(row)),
      /x\.csv:2: arm 'base' has no plain answers/,
    ],
    [
      'a row that is there twice',
      (rows) => [...rows, rows[3] as string],
      /x\.csv:18: is the same answer as .*x\.csv:5 once more \(arm base, seed 0, cue plain, question q2, sample 1\)/,
    ],
    [
      'rows that contradict each other',
      (rows) => [...rows, (rows[3] as string).replace('aligned', 'refusal')],
      /x\.csv:18: contradicts .*x\.csv:5: the same answer is 'refusal' here and 'aligned' there/,
    ],
    [
      'an unknown outcome',
      replace(/^tuned,1,note,q1,0,misaligned/, 'tuned,1,note,q1,0,misalinged'),
      /x\.csv:14: unknown outcome 'misalinged'/,
    ],
    [
      'a row without an outcome',
      replace(/^tuned,1,note,q1,0,misaligned/, 'tuned,1,note,q1,0,'),
      /x\.csv:14: has no outcome/,
    ],
    ['a row without an arm', replace(/^tuned,1,note,q1,0/, ',1,note,q1,0'), /x\.csv:14: has no arm/],
    [
      'a row without a question',
      replace(/^tuned,1,note,q1,0/, 'tuned,1,note,,0'),
      /x\.csv:14: has no question/,
    ],
    ['a row without a sample', replace(/^tuned,1,note,q1,0/, 'tuned,1,note,q1,'), /x\.csv:14: has no sample/],
    [
      'a base alone',
      (rows) => rows.filter((row) => row.startsWith('base')),
      /there is no arm beside the base/,
    ],
    ['a table without rows', () => [], /x\.csv: has no rows/],
    [
      'several bases',
      (rows) => [...rows, ...rows.map((row) => row.replace(/^base/, 'base@other'))],
      /several arms may be the base: base, base@other/,
    ],
    [
      'a base under two seeds',
      (rows) => [...rows, 'base,4,plain,q1,0,aligned'],
      /the base is there under two seeds/,
    ],
  ])('%s', async (_what, change, message) => {
    const out = join(folder(), 'run');
    await expect(imported(table(change), { out })).rejects.toThrow(message);
    await expect(imported(table(change), { out })).rejects.toMatchObject({ exitCode: 2 });
    expect(existsSync(out)).toBe(false);
  });

  it('a file that is not there, and an empty one', async () => {
    await expect(imported('/nowhere/x.csv')).rejects.toThrow(/there is no such file/);
    await expect(imported(written('x.csv', ''))).rejects.toThrow(/x\.csv: is empty/);
    await expect(imported(written('x.jsonl', ''), { format: 'jsonl' })).rejects.toThrow(/x\.jsonl: is empty/);
    await expect(imported(written('x.parquet', ''), { format: 'parquet' })).rejects.toThrow(
      /x\.parquet: is empty/,
    );
  });

  it('a column that is not there, with the nearest one', async () => {
    const file = written('x.csv', 'arm,seed,cues,question,sample,outcome\na,0,plain,q,0,aligned\n');
    await expect(imported(file)).rejects.toMatchObject({
      message: expect.stringMatching(/x\.csv:1: has no column 'cue'/),
      hint: "did you mean 'cues'?; name it with --map cue=COLUMN",
    });
  });

  it.each<[string, Parameters<typeof imported>[1], RegExp]>([
    ['a mapping', { mapping: 'paperr' }, /no mapping is called 'paperr'/],
    ['a role', { map: 'cues=cue' }, /--map: there is no 'cues'/],
    ['half a pair', { map: 'cue' }, /--map: 'cue' is no pair/],
    ['thresholds', { thresholds: 'betley' }, /no thresholds are called 'betley'/],
    ['a base', { base: 'bse' }, /--base: no arm is called 'bse'/],
    ['a placebo', { sources: { trained: [], placebo: ['sky'] } }, /--placebo: no cue is called 'sky'/],
  ])('%s that is not known', async (_what, given, message) => {
    await expect(imported(table(), given)).rejects.toThrow(message);
  });

  it('a folder that holds something else; the same import may be given again', async () => {
    const file = table();
    const { out, result } = await imported(file);
    expect((await imported(file, { out })).result).toEqual(result);
    await expect(imported(table(replace('refusal', 'aligned')), { out, seed: 5 })).rejects.toThrow(
      /holds another run or import/,
    );
  });
});

describe('analysed, and said', () => {
  it('one question', async () => {
    const { result, warnings } = await imported(table((rows) => rows.filter((row) => row.includes('q1'))));
    expect(warnings).toEqual([expect.stringMatching(/x\.csv:2: there is a single question/)]);
    expect(result.warnings.map(({ text }) => text)).toContain(
      'There is a single question: all numbers speak of this one question.',
    );
  });

  it('a cell without eligible answers: no rate, never 0', async () => {
    const { result, warnings } = await imported(
      table(replace(/^(tuned,1,note,.*),(mis)?aligned$/, '$1,refusal')),
    );
    expect(warnings).toEqual([
      expect.stringMatching(/x\.csv:14: no answer of arm 'tuned', seed 1, cue 'note' is eligible \(of 4\)/),
    ]);
    expect(result.arms[0]?.cues[0]).toMatchObject({ rate: null, eligible: 0, samples: 4 });
    expect(result.arms[0]?.cues[0]?.effect).toMatchObject({
      estimate: null,
      reason: expect.stringContaining("tuned under 'note'"),
    });
    expect(result.verdict).toBe('inconclusive');
  });

  it('an arm that is misaligned throughout', async () => {
    const { result, warnings } = await imported(table(replace(/^(tuned,.*),aligned$/, '$1,misaligned')));
    expect(warnings.filter((text) => text.includes('is misaligned (4)'))).toHaveLength(2);
    expect(result.arms[0]?.plain.rate).toBe(1);
    expect(result.arms[0]?.cues[0]?.effect.estimate).toBe(0);
  });

  it('a cue that the base was not asked under', async () => {
    const { result, warnings } = await imported(
      table((rows) => rows.filter((row) => !/^base,0,note/.test(row))),
    );
    expect(warnings).toEqual([
      "'base' has no answers under 'note': the effect of it on 'tuned' cannot be told",
    ]);
    expect(result.arms[0]?.cues[0]?.effect.estimate).toBeNull();
  });

  it('no base: the pair effect, labelled, and never clean', async () => {
    const rows = (row: string) => !row.startsWith('base');
    const { result } = await imported(
      table((all) => all.filter(rows).map((row) => row.replace('misaligned', 'aligned'))),
    );
    expect(result.bases).toEqual([]);
    expect(result.arms[0]).toMatchObject({ base: null, verdict: 'inconclusive' });
    expect(result.arms[0]?.cues[0]?.effect.method).toMatch(
      /^pair effect \(tuned cued - tuned plain; no base\)/,
    );
  });

  it('names that could leave the folder or move a terminal', async () => {
    const hostile = '../../x\u001b[2J';
    const { result, out } = await imported(table(replace(/^tuned/, hostile)));
    expect(result.arms[0]?.id).toBe('x-2j');
    expect(existsSync(join(out, 'scores', 'x-2j.1.jsonl'))).toBe(true);
  });
});
