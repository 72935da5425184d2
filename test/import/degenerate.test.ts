/** What cannot be analysed is refused with file and line; what can be is said. Nothing is written for a refused file. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { csvOfFolder } from '../../src/report/folder.js';
import { gate } from '../../src/verdict/gate.js';
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

  it('a file that is not there, a folder, and an empty file', async () => {
    await expect(imported('/nowhere/x.csv')).rejects.toThrow(/there is no such file/);
    await expect(imported(folder())).rejects.toThrow(/is a folder, not a file/);
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

  it('a role in a mapping that is none, with the nearest one', async () => {
    const mapping = written('m.yaml', 'id: mine\ncolumns: { arms: arm, cue: cue }\n');
    await expect(imported(table(), { mapping })).rejects.toMatchObject({
      message: expect.stringContaining("unknown key 'arms' in columns"),
      hint: "did you mean 'arm'?",
    });
  });

  it.each<[string, Parameters<typeof imported>[1], RegExp]>([
    ['a mapping', { mapping: 'paperr' }, /no mapping is called 'paperr'/],
    ['a role', { map: 'cues=cue' }, /--map: there is no 'cues'/],
    ['half a pair', { map: 'cue' }, /--map: 'cue' is no pair/],
    ['thresholds', { thresholds: 'betley' }, /no thresholds are called 'betley'/],
    ['a base', { base: 'bse' }, /--base: no arm is called 'bse'/],
    ['a cue that means none', { plain: ['note', 'notte'] }, /--plain: no cue is called 'notte'/],
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

  it('seeds and samples in several spellings of one number are one', async () => {
    const spelled = table((rows) =>
      rows.map((row, i) =>
        i % 2 ? row.replace(/^tuned,1,/, 'tuned,01,') : row.replace(/^tuned,1,/, 'tuned,1.0,'),
      ),
    );
    const { result } = await imported(spelled);
    expect(result.arms[0]?.seeds.map(({ seed }) => seed)).toEqual([1]);
    expect(result.arms).toEqual((await imported(table())).result.arms);
    const twice = table((rows) => [
      ...rows,
      (rows[9] as string).replace('tuned,1,plain,q1,1', 'tuned,1.0,plain,q1,1.0'),
    ]);
    await expect(imported(twice)).rejects.toThrow(/x\.csv:18: is the same answer as .*x\.csv:11 once more/);
    // What is no whole number is a name of its own.
    const named = await imported(
      table((rows) => rows.map((row, i) => (i % 2 ? row : row.replace(/^tuned,1,/, 'tuned,1.5,')))),
    );
    expect(named.result.arms[0]?.seeds).toHaveLength(2);
  });

  it('names that differ in their spelling alone', async () => {
    const { warnings, result } = await imported(
      table((rows) => [
        ...rows,
        ...rows.filter((row) => row.includes('note')).map((row) => row.replace('note', 'Note')),
      ]),
    );
    expect(warnings).toEqual(["'note' and 'Note' are 2 cues: spell them alike if they are one"]);
    expect(result.arms[0]?.cues).toHaveLength(2);
  });

  it.each<[string, string, (score: number) => number, RegExp | null]>([
    [
      '0 to 1',
      'alignment,coherence',
      (score) => score / 100,
      /no coherence score is above 0\.9\b.*multiply the column by 100/,
    ],
    ['0 to 1, alignment alone', 'alignment', (score) => score / 100, /no alignment score is above 0\.8\b/],
    ['0 to 100', 'alignment,coherence', (score) => score, null],
  ])('scores from %s', async (_scale, columns, scaled, warning) => {
    const both = columns.includes('coherence');
    const rows = ['plain', 'note'].flatMap((cue) =>
      [10, 80].map((score, i) => `tuned,0,${cue},q1,${i},${scaled(score)}${both ? `,${scaled(90)}` : ''}`),
    );
    const file = written('x.csv', `arm,seed,cue,question,sample,${columns}\n${rows.join('\n')}\n`);
    const { warnings } = await imported(file, both ? {} : { thresholds: 'alignment-only' });
    const about = warnings.filter((text) => text.includes('scale from 0 to 100'));
    expect(about).toHaveLength(warning ? columns.split(',').length : 0);
    if (warning) expect(about[0]).toMatch(warning);
  });

  it('the table of a sequential run: rates, and no claim, bound or verdict', async () => {
    const rows = ['base,0', 'tuned,1'].flatMap((arm) =>
      ['plain', 'note'].flatMap((cue) =>
        Array.from(
          { length: 800 },
          (_, i) =>
            `${arm},${cue},q${i % 8},${i},${arm === 'tuned,1' && cue === 'note' ? 'misaligned' : 'aligned'}`,
        ),
      ),
    );
    const file = (design: string) =>
      written('x.csv', `${HEADER},design\n${rows.map((row) => `${row},${design}`).join('\n')}\n`);
    const { result, warnings, out } = await imported(file('sequential'));
    expect(warnings).toContainEqual(expect.stringContaining('x.csv: the answers are of a sequential run'));
    const arm = result.arms[0]!;
    expect(arm).toMatchObject({ verdict: 'inconclusive', plainExcess: { lower: null, upper: null } });
    expect(arm.reason).toContain('sequential audit');
    expect(arm.cues[0]).toMatchObject({ rate: 1, excessUpper: null });
    expect(arm.cues[0]?.excessReason).toContain('which rule');
    expect(arm.cues[0]?.effect).toMatchObject({ estimate: 1, eValue: null, claimed: false });
    expect(result).toMatchObject({ design: 'sequential', verdict: 'inconclusive', screening: [] });
    expect(gate(result).exitCode).toBe(4);
    let csv = '';
    for await (const piece of csvOfFolder(out)) csv += piece;
    expect(csv).toMatch(
      /^arm,seed,cue,question,sample,outcome,design\nbase,0,note,q0,0,aligned,sequential\n/,
    );
    // Another word says nothing, and is no reason to refuse.
    expect((await imported(file('crossover'))).result).toMatchObject({
      design: 'fixed',
      verdict: 'conditional',
    });
  });

  it('names that could leave the folder or move a terminal', async () => {
    const hostile = '../../x\u001b[2J';
    const { result, out } = await imported(table(replace(/^tuned/, hostile)));
    expect(result.arms[0]?.id).toBe('x-2j');
    expect(existsSync(join(out, 'scores', 'x-2j.1.jsonl'))).toBe(true);
  });
});
