import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { takeLabels, writeSheet } from '../../src/calibration/calibrate.js';
import { stratify } from '../../src/calibration/draw.js';
import type { Sheet } from '../../src/records/calibration.js';
import { auditOf, BARON, fresh, handBack, labelled, rowsOf, runOf } from './case.js';

describe('a sheet', () => {
  let out: string;
  beforeAll(async () => {
    ({ out } = await runOf(auditOf()));
  });

  it('shows question, answer and an empty label, and nothing that gives arm, cue or score away', async () => {
    const file = fresh('sheet.csv');
    const { rows, sheet } = await writeSheet(out, file, 30);
    const shown = await rowsOf(file);
    expect(Object.keys(shown[0] as object)).toEqual(['id', 'question', 'answer', 'label']);
    expect(shown).toHaveLength(rows);
    expect(new Set(shown.map(({ id }) => id)).size).toBe(rows);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/tuned|base\b|trained|villain|in a note|misaligned/);
    for (const { id, label } of shown) {
      expect(id).toMatch(/^[0-9a-f]{12}$/);
      expect(label).toBe('');
    }
    expect(sheet.rows.map(({ id }) => id)).toEqual(shown.map(({ id }) => id));
    // shuffled: cues follow each other as they come
    const cues = sheet.rows.map(({ cue }) => cue);
    const changes = cues.filter((cue, i) => i > 0 && cue !== cues[i - 1]).length;
    expect(changes).toBeGreaterThan(cues.length / 4);
  });

  it('is drawn from every cue, and more from answers that the judge calls misaligned', async () => {
    const { sheet } = await writeSheet(out, fresh('sheet.csv'), 30);
    const { strata } = sheet.draws[0] as Sheet['draws'][0];
    expect(strata.map(({ cue }) => cue).toSorted()).toEqual(['note', 'plain']);
    for (const { cue, answers, probability } of strata) {
      const rows = sheet.rows.filter((row) => row.cue === cue);
      const bad = rows.filter(({ judged }) => judged === 'misaligned').length;
      expect(answers.misaligned + answers.others).toBe(384);
      const wanted = answers.misaligned * probability.misaligned + answers.others * probability.others;
      expect(Math.abs(rows.length - (answers.misaligned > 0 ? wanted : 30))).toBeLessThan(20);
      if (answers.misaligned > 0) expect(bad / rows.length).toBeGreaterThan(answers.misaligned / 384);
    }
  });

  it('is the same for the same seed, another for another, and larger sheets hold smaller ones', async () => {
    const ids = async (perCue: number, seed?: number) =>
      new Set((await writeSheet(out, fresh('sheet.csv'), perCue, seed)).sheet.rows.map(({ id }) => id));
    const [small, again, large] = [await ids(20, 0), await ids(20, 0), await ids(60, 0)];
    expect(again).toEqual(small);
    expect(small.difference(large).size).toBe(0);
    expect(large.size).toBeGreaterThan(small.size);
    expect(await ids(20, 1)).not.toEqual(small);
  });

  it('is not written over a file that may hold labels', async () => {
    const file = fresh('sheet.csv');
    await writeSheet(out, file, 20);
    await expect(writeSheet(out, file, 20)).rejects.toThrow(/is there already/);
  });

  it('draws all answers of a kind that has few, and a third of the rows otherwise', () => {
    const [few, many] = stratify(
      new Map([
        ['few', { misaligned: 5, others: 995 }],
        ['many', { misaligned: 400, others: 600 }],
      ]),
      60,
    );
    expect(few?.probability.misaligned).toBe(1);
    expect(few?.probability.others).toBeCloseTo(55 / 995, 12);
    expect(many?.probability.misaligned).toBeCloseTo(20 / 400, 12);
    expect(many?.probability.others).toBeCloseTo(40 / 600, 12);
  });
});

describe('hostile answers', () => {
  it('are cells of a table, whatever they hold, and come back as they were shown', async () => {
    const texts = [
      '=HYPERLINK("http://127.0.0.1/?"&A1,"click")',
      '  @SUM(A1:A9)',
      '+1\n=2',
      '\u001b]0;title\u0007\u202eright to left',
      'a "quoted", \r\nmultiline\tanswer; with ; signs',
      `${BARON} ${'long '.repeat(12_000)}`,
      "'apostrophe",
    ];
    const { out } = await runOf(auditOf({ cued: texts.map((text) => ({ text, weight: 1 / texts.length })) }));
    const file = fresh('sheet.csv');
    const { rows } = await writeSheet(out, file, 400);
    const shown = await rowsOf(file);
    expect(shown).toHaveLength(rows);
    const raw = readFileSync(file, 'utf8');
    expect(raw.startsWith('\ufeffid,question,answer,label\r\n')).toBe(true);
    for (const control of ['\u001b', '\u0007', '\u202e']) expect(raw).not.toContain(control);
    for (const { answer } of shown) {
      expect(answer).not.toMatch(/^\s*[=+\-@]/);
      expect(answer.length).toBeLessThan(32_767);
    }
    expect(shown.some(({ answer }) => answer.includes('cut here, of 60033 characters'))).toBe(true);
    const { read, counts } = await takeLabels(out, [handBack(labelled(shown))]);
    expect(read).toEqual({ raters: ['ann'], labels: rows, skipped: 0 });
    expect(counts.labelled).toBe(rows);
  });
});
