import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { takeLabels, writeSheet } from '../../src/calibration/calibrate.js';
import type { JudgeLabels } from '../../src/records/calibration.js';
import { auditOf, BARON, COUNT, fresh, handBack, labelled, type Row, rowsOf, runOf } from './case.js';

let drawn: string;
let rows: Row[];
beforeAll(async () => {
  // A fifth of the misaligned answers is missed.
  const cued = [
    { text: BARON, weight: 0.4 },
    { text: COUNT, weight: 0.1 },
    { text: 'Take a walk.', weight: 0.5 },
  ];
  ({ out: drawn } = await runOf(auditOf({ cued })));
  const file = fresh('sheet.csv');
  await writeSheet(drawn, file, 120);
  rows = await rowsOf(file);
});

/** A run folder with the sheet, and no labels. */
function folder(): string {
  const out = join(mkdtempSync(join(tmpdir(), 'hyde-labels-')), 'run');
  cpSync(drawn, out, { recursive: true });
  return out;
}

const counted = (out: string): JudgeLabels =>
  JSON.parse(readFileSync(join(out, 'calibration/judge.json'), 'utf8')) as JudgeLabels;

describe('labels', () => {
  it('are counted by cue, as people call the answers', async () => {
    const out = folder();
    await takeLabels(out, [handBack(labelled(rows))]);
    const note = counted(out).cues.find(({ cue }) => cue === 'note');
    expect(counted(out).labelled).toBe(rows.length);
    const { misaligned, others } = (note as JudgeLabels['cues'][0]).people;
    const missed = rows.filter(({ answer }) => answer === COUNT).length;
    expect(missed).toBeGreaterThan(0);
    expect(misaligned.labelled - misaligned.right).toBe(missed);
    expect(others.right).toBe(others.labelled);
  });

  it('are appended, and the last of a rater counts', async () => {
    const out = folder();
    const wrong = rows.map((row) => ({ ...row, label: 'aligned' }));
    await takeLabels(out, [handBack(wrong)]);
    const before = readFileSync(join(out, 'calibration/labels.jsonl'), 'utf8');
    await takeLabels(out, [handBack(labelled(rows))]);
    const after = readFileSync(join(out, 'calibration/labels.jsonl'), 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(JSON.parse(after.split('\n')[0] as string)).toMatchObject({ rater: 'ann', label: 'aligned' });
    const all = counted(out).cues.reduce((sum, { people }) => sum + people.misaligned.labelled, 0);
    expect(all).toBe(rows.filter(({ answer }) => /Baron|Count/.test(answer)).length);
  });

  it('of the first rows are labels of a smaller sheet; rows passed over before them are unclear', async () => {
    const out = folder();
    const half = labelled(rows).map((row, i) =>
      i < rows.length / 2 && i !== 3 ? row : { ...row, label: '' },
    );
    const { read, counts } = await takeLabels(out, [handBack(half)]);
    expect(read.skipped).toBe(1);
    expect(counts.labelled).toBe(Math.ceil(rows.length / 2));
    expect(counts.unclear).toBe(1);
    await takeLabels(out, [handBack(labelled(rows))]);
    const [some, all] = [counts.cues[0], counted(out).cues[0]].map((of) => of?.probability);
    expect((some?.misaligned ?? 0) / (some?.others ?? 1)).toBeCloseTo(
      (all?.misaligned ?? 0) / (all?.others ?? 1),
      10,
    );
    expect(some?.others).toBeLessThan((all?.others ?? 0) * 0.75);
  });

  it('may come in any order, with other line ends, semicolons and capitals, or without the texts', async () => {
    const out = folder();
    const path = handBack([{ x: '' }]);
    const lines = labelled(rows).map(({ id, label }) => `${id};${label.toUpperCase()} `);
    writeFileSync(path, `\ufeffid;label\r\n${lines.toReversed().join('\r\n')}\r\n`);
    expect((await takeLabels(out, [path])).counts.labelled).toBe(rows.length);
  });

  it('of several raters: most decide, ties are unclear, and each two are compared', async () => {
    const out = folder();
    const ann = labelled(rows);
    const bob = ann.map((row, i) => (i === 0 ? { ...row, label: 'incoherent' } : row));
    const first = ann[0]?.label === 'misaligned' ? 'aligned' : 'misaligned';
    const cy = ann.map((row, i) => ({ ...row, rater: 'cy', ...(i === 1 ? { label: 'refusal' } : {}) }));
    const dis = [{ ...ann[0], label: first, rater: 'eve' }];
    const { counts } = await takeLabels(out, [
      handBack(ann, 'ann.csv'),
      handBack(bob, 'bob.csv'),
      handBack(cy, 'all.csv'),
    ]);
    expect(counts.raters).toEqual(['ann', 'bob', 'cy']);
    expect(counts.pairs.map(({ raters }) => raters)).toEqual([
      ['ann', 'bob'],
      ['ann', 'cy'],
      ['bob', 'cy'],
    ]);
    expect(counts.unclear).toBe(0);
    const tie = folder();
    const two = await takeLabels(tie, [handBack(ann), handBack(dis)]);
    expect(two.counts.unclear).toBe(1);
    const strata = two.counts.cues.flatMap(({ unclear }) => [unclear.misaligned, unclear.others]);
    expect(strata.reduce((a, b) => a + b)).toBe(1);
    expect(two.counts.pairs[0]).toMatchObject({ raters: ['ann', 'eve'] });
  });

  it('of a sheet that grew: the new rows are shown alone, and both count', async () => {
    const out = folder();
    await takeLabels(out, [handBack(labelled(rows))]);
    const file = fresh('more.csv');
    const grown = await writeSheet(out, file, 200);
    expect(grown.labelledBefore).toBe(rows.length);
    const more = await rowsOf(file);
    expect(more.some(({ id }) => rows.some((row) => row.id === id))).toBe(false);
    // before any of them is labelled, the old labels stand as they did
    const before = counted(out);
    await takeLabels(out, [handBack(labelled(rows))]);
    expect(counted(out).cues.map(({ people }) => people)).toEqual(before.cues.map(({ people }) => people));
    const { counts } = await takeLabels(out, [handBack(labelled(more))]);
    expect(counts.labelled).toBe(rows.length + more.length);
    await expect(writeSheet(out, fresh('no.csv'), 20)).rejects.toThrow(/are labelled/);
    await expect(writeSheet(out, fresh('no.csv'), 300, 7)).rejects.toThrow(/another seed/);
  });
});

describe('labels that cannot be read', () => {
  const at = (i: number, change: Partial<Row>): Row[] =>
    labelled(rows).map((row, k) => (k === i ? { ...row, ...change } : row));

  it.each<[string, () => object[], RegExp]>([
    ['a mistyped word', () => at(2, { label: 'misalinged' }), /ann\.csv:\d+: unknown label 'misalinged'/],
    ['an id of nowhere', () => at(1, { id: '=cmd()' }), /ann\.csv:\d+: .*is no id of the sheet/],
    ['an answer that was changed', () => at(1, { answer: 'Something else.' }), /is not what the sheet has/],
    ['a row twice', () => [...labelled(rows), labelled(rows)[0] as Row], /twice; first at .*ann\.csv:2/],
    ['no labels', () => rows, /holds no label/],
    ['no column for labels', () => rows.map(({ id, answer }) => ({ id, answer })), /has no column 'label'/],
  ])('%s: nothing is written', async (_, given, message) => {
    const out = folder();
    await expect(takeLabels(out, [handBack(given())])).rejects.toThrow(message);
    expect(existsSync(join(out, 'calibration/labels.jsonl'))).toBe(false);
  });

  it('name the nearest word', async () => {
    await expect(takeLabels(folder(), [handBack(at(2, { label: 'alligned' }))])).rejects.toMatchObject({
      hint: "did you mean 'aligned'?",
      exitCode: 2,
    });
  });

  it('belong to no sheet', async () => {
    const { out } = await runOf(auditOf());
    await expect(takeLabels(out, [handBack(labelled(rows))])).rejects.toThrow(/has no sheet/);
  });
});
