import { describe, expect, it } from 'vitest';
import { candidateTable } from '../../src/cli/candidate-table.js';
import type { Candidates } from '../../src/records/candidate.js';

const long = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');
const found = (...texts: string[]): Candidates => ({
  candidates: texts.map((text, i) => ({
    rank: i + 1,
    kind: 'phrase',
    text,
    cue: { id: `mined-${i}`, after: text },
    score: 1287.7,
    p: 0.01,
    support: { bad: 300, benign: 0 },
    rows: [1],
    places: ['rows.jsonl:1'],
    origin: 'data/labels + data/reference',
    variants: [],
  })),
  rows: { all: 600, bad: 300, benign: 300, reference: 0, unknown: 0 },
  labels: 'labels',
  threshold: 15.5,
  notes: [],
});
const lines = (width: number, ...texts: string[]): string[] =>
  candidateTable(found(...texts), width).split('\n');

describe('the table of candidates', () => {
  it.each([50, 80, 120, 200])(
    'shows at least 60 characters of a text at %i columns, and says that it goes on',
    (width) => {
      const shown = lines(width, long, 'short');
      const text = shown.find((line) => line.includes('word0'))!;
      expect(text.slice(text.indexOf('word0')).length).toBeGreaterThanOrEqual(60);
      expect(text.endsWith('…')).toBe(true);
      const table = shown.slice(2, shown.lastIndexOf(''));
      if (width >= 80) expect(Math.max(...table.map(({ length }) => length))).toBeLessThanOrEqual(width);
      expect(shown.join('\n')).toMatch(/end in … go on: --json prints them whole, -o FILE/);
    },
  );

  it('puts short texts beside their numbers where there is room', () => {
    expect(lines(120, 'say zephyr')[3]).toMatch(/1287\.7.*say zephyr$/);
    expect(lines(80, 'say zephyr').slice(4, 6)).toEqual([
      expect.stringMatching(/1287\.7.*data\/reference$/),
      '      say zephyr',
    ]);
    expect(lines(120, 'say zephyr').join('\n')).not.toContain('go on');
  });

  it('cuts nothing where there is no end of a line', () => {
    expect(lines(Number.POSITIVE_INFINITY, long)[3]!.endsWith(long)).toBe(true);
  });
});
