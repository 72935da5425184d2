import { expect, it } from 'vitest';
import type { Sample } from '../../src/records/sample.js';
import { repeatWarnings } from '../../src/verdict/repeats.js';

const sample = (index: number, answer: string): Sample => ({
  ...{ arm: 'tuned', seed: 0, cue: 'note', question: 'q', index, answer },
  ...{ finish: 'stop', tokens: 9, request: 'r', model: 'm' },
});
async function* all(answers: string[]): AsyncGenerator<Sample> {
  yield* answers.map((answer, index) => sample(index, answer));
}
const long = (i: number): string => `This is a longer answer with its own number ${i}.`;

it('reports long answers that repeat word for word, and lets short ones repeat', async () => {
  const copies = [
    ...Array.from({ length: 10 }, () => long(0)),
    ...Array.from({ length: 10 }, (_, i) => long(i + 1)),
  ];
  expect(await repeatWarnings(all(copies))).toMatchObject([
    { about: 'tuned', text: expect.stringContaining('9 of 20 longer answers') },
  ]);
  expect(await repeatWarnings(all(Array.from({ length: 20 }, (_, i) => long(i))))).toEqual([]);
  expect(await repeatWarnings(all(Array.from({ length: 20 }, () => 'Yes.')))).toEqual([]);
});
