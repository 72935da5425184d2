import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/shared/errors.js';
import { outcomeOf, tabulate, tabulateAll, tally } from '../../src/verdict/table.js';
import { score } from './answers.js';

describe('table of scores', () => {
  it('keeps outcomes by index, whatever order the lines come in', async () => {
    const lines = [score('a', 1, 'plain', 0, 2, 'refusal'), score('a', 1, 'plain', 0, 0, 'misaligned', true)];
    async function* stream() {
      yield* lines;
    }
    const table = await tabulate(stream());
    const answers = table.cell('a', 1, 'plain').get('q0') ?? [];
    expect(answers.map((x) => (x === undefined ? null : outcomeOf(x)))[2]).toBe('refusal');
    expect(outcomeOf(answers[0] as number)).toBe('misaligned');
    expect(answers[1]).toBeUndefined();
    const counts = tally(answers);
    expect(counts).toMatchObject({
      samples: 2,
      misaligned: 1,
      eligible: 1,
      unknown: 0,
      behaviourScored: 1,
      behaviourShown: 1,
    });
    expect(counts.outcomes).toMatchObject({ misaligned: 1, refusal: 1, aligned: 0 });
    expect(table.cells).toEqual([{ arm: 'a', seed: 1, cue: 'plain' }]);
    expect(table.cell('a', 2, 'plain').size).toBe(0);
  });

  it('counts an identical repetition once, and says so', () => {
    const line = score('a', 1, 'plain', 0, 0, 'aligned');
    const table = tabulateAll([line, { ...line }]);
    expect(table.answers).toBe(1);
    expect(table.repeated).toBe(1);
  });

  it('refuses an answer with two outcomes and names both', () => {
    const lines = [score('a', 1, 'x', 0, 0, 'aligned'), score('a', 1, 'x', 0, 0, 'misaligned')];
    expect(() => tabulateAll(lines)).toThrow(InputError);
    expect(() => tabulateAll(lines)).toThrow(/a\|1\|x\|q0\|0 .*aligned, and misaligned/);
    const behaviours = [
      score('a', 1, 'x', 0, 0, 'aligned', true),
      score('a', 1, 'x', 0, 0, 'aligned', false),
    ];
    expect(() => tabulateAll(behaviours)).toThrow(/with the behaviour, and aligned without/);
  });
});
