/** A table whose result was computed by numpy (fixtures/table.py): estimates exactly, intervals as far as the resamples allow. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Cell, Interval } from '../../src/records/result.js';
import { fixture, HEADER, imported, written } from './folder.js';

interface Expected {
  rate?: number;
  estimate?: number;
  misaligned: number;
  eligible: number;
  bootstrap: Interval;
  standardError: number;
  exact: Interval;
}
const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as {
  rows: number;
  cells: Record<string, Expected>;
  effect: Expected;
  fourOfTwenty: Interval;
};

/**
 * The end of a percentile interval from 2000 resamples has a standard error of 0.06 standard errors of the estimate
 * (sqrt(0.025 * 0.975 / 2000) over the normal density at 1.96); four of them are allowed.
 */
const ALLOWED = 0.24;

/** Printed is the bootstrap's interval, never narrower than the exact one. */
function hull({ bootstrap, exact }: Expected): Interval {
  return [Math.min(bootstrap[0], exact[0]), Math.max(bootstrap[1], exact[1])];
}

function near(interval: Interval | null, wanted: Expected): void {
  const [low, high] = hull(wanted);
  expect(Math.abs((interval as Interval)[0] - low)).toBeLessThan(ALLOWED * wanted.standardError);
  expect(Math.abs((interval as Interval)[1] - high)).toBeLessThan(ALLOWED * wanted.standardError);
}

describe('26 questions, three training seeds, unequal counts', async () => {
  const { result } = await imported(fixture('table.csv'));
  const arm = result.arms[0]!;
  const note = arm.cues[0]!;
  const cells: [string, Cell][] = [
    ['tuned/plain', arm.plain],
    ['tuned/note', note],
    ['base/plain', arm.plainBase!],
    ['base/note', note.base!],
  ];

  it.each(cells)('gives %s the mean over questions and seeds of per-eligible rates', (name, cell) => {
    const wanted = expected.cells[name]!;
    expect(cell.rate).toBeCloseTo(wanted.rate as number, 12);
    expect([cell.misaligned, cell.eligible]).toEqual([wanted.misaligned, wanted.eligible]);
    near(cell.interval, wanted);
    expect(cell.method).toMatch(/^percentile cluster bootstrap over \d+ questions \(these questions only\)/);
  });

  it('gives the difference in differences, its interval by whole questions', () => {
    expect(note.effect.estimate).toBeCloseTo(expected.effect.estimate as number, 12);
    near(note.effect.interval, expected.effect);
    expect(note.effect.method).toContain('percentile cluster bootstrap');
  });

  it('gives exact intervals to nine digits where questions have no spread', async () => {
    const rows = ['plain', 'note'].flatMap((cue) =>
      Array.from(
        { length: 20 },
        (_, i) => `tuned,0,${cue},q${i % 2},${i},${cue === 'note' && i < 4 ? 'misaligned' : 'aligned'}`,
      ),
    );
    const { result: small } = await imported(written('x.csv', [HEADER, ...rows].join('\n')));
    const interval = small.arms[0]!.cues[0]!.interval!;
    expect(interval[0]).toBeCloseTo(expected.fourOfTwenty[0], 9);
    expect(interval[1]).toBeCloseTo(expected.fourOfTwenty[1], 9);
  });

  it('gives the same digits whatever the order of the rows, and again', async () => {
    const [header, ...rows] = readFileSync(fixture('table.csv'), 'utf8').trim().split('\n');
    const sorted = written('table.csv', `${[header, ...rows.toSorted()].join('\n')}\n`);
    const { result: again } = await imported(sorted);
    const numbers = ({ arms, bases }: typeof result) => JSON.stringify([arms, bases]);
    expect(numbers(again)).toBe(numbers(result));
  });
});
