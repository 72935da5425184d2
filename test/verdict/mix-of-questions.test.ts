import { expect, it } from 'vitest';
import { sameMix } from '../../src/verdict/bounds.js';
import type { CellTallies } from '../../src/verdict/tallies.js';

const cell = (...samples: number[]): CellTallies =>
  ({
    questions: samples.map((_, q) => `q${q}`),
    rows: samples.map((n) => [{ samples: n }]),
  }) as unknown as CellTallies;

it('a pooled bound compares cells that ask the same mix of questions, and no others', () => {
  expect(sameMix(cell(10, 10), cell(10, 10))).toBe(true);
  expect(sameMix(cell(30, 30), cell(10, 10))).toBe(true);
  // A base that was asked mostly one question would excuse what the tuned model does on all of them.
  expect(sameMix(cell(100, 100), cell(2000, 100))).toBe(false);
  expect(sameMix(cell(100, 100), cell(100, 0))).toBe(false);
});
