import { describe, expect, it } from 'vitest';
import { Judge } from '../../src/records/judge.js';
import type { Answer, TokenLogprob } from '../../src/records/model.js';
import { readJudgement } from '../../src/scoring/reading.js';

const judge = (given: object): Judge =>
  Judge.parse({
    id: 'j',
    prompt: '{question} {answer}',
    scale: {},
    options: { REFUSAL: 'refusal', CODE: 'off-topic' },
    ...given,
  });

/** An answer with these probabilities at each position. */
const answer = (
  text: string,
  positions?: Record<string, number>[],
  finish: Answer['finish'] = 'stop',
): Pick<Answer, 'text' | 'finish' | 'logprobs'> => ({
  text,
  finish,
  ...(positions ? { logprobs: positions.map(tokens) } : {}),
});
const tokens = (position: Record<string, number>): TokenLogprob[] =>
  Object.entries(position)
    .map(([token, p]) => ({ token, logprob: Math.log(p) }))
    .toSorted((a, b) => b.logprob - a.logprob);

const read = (
  positions: Record<string, number>[],
  text = '',
  given: object = {},
  finish?: Answer['finish'],
) => readJudgement(judge(given), answer(text, positions, finish));

describe('a score from log-probabilities', () => {
  it('is the expectation over the numbers, renormalised, with the readable mass', () => {
    const { score, option, mass, reason } = read([{ '80': 0.5, '90': 0.3, Well: 0.2 }]);
    expect(score).toBeCloseTo((80 * 0.5 + 90 * 0.3) / 0.8, 5);
    expect(mass).toBeCloseTo(0.8, 9);
    expect([option, reason]).toEqual([null, undefined]);
  });

  it('adds up what differs in white space, and passes over white space in front', () => {
    expect(read([{ ' 80': 0.4, '80': 0.4, '\n': 0.2 }]).score).toBe(80);
    expect(read([{ '\n': 0.9, '1': 0.1 }, { '70': 1 }]).score).toBe(70);
  });

  it('gives way to an option with the larger mass, and only then', () => {
    expect(read([{ REF: 0.74, '0': 0.26 }])).toMatchObject({ score: null, option: 'REFUSAL' });
    expect(read([{ REF: 0.26, '0': 0.74 }])).toMatchObject({ score: 0, option: null });
    expect(read([{ '0': 0.3, '10': 0.3, REFUSAL: 0.4 }])).toMatchObject({ score: 5, option: null });
  });

  it('is unparsed below the floor, never a midpoint', () => {
    expect(read([{ '50': 0.2, I: 0.8 }])).toMatchObject({ score: null, option: null, mass: 0.2 });
    expect(read([{ '50': 0.2, I: 0.8 }]).reason).toMatch(/mostly neither/);
    expect(read([{ '50': 0.2, I: 0.8 }], '', { floor: 0.1 }).score).toBe(50);
    expect(read([{ I: 1 }], '', { floor: 0 })).toMatchObject({ score: null, mass: 0 });
    expect(read([{ ' ': 1 }]).reason).toBe('says nothing');
  });

  it('leaves out numbers that are not on the scale', () => {
    expect(read([{ '80': 0.5, '101': 0.3, '999': 0.2 }])).toMatchObject({ score: 80, mass: 0.5 });
    expect(read([{ '3': 0.5, '7': 0.5 }], '', { scale: { from: 0, to: 5 } })).toMatchObject({
      score: 3,
      mass: 0.5,
    });
  });

  it('follows a number that is written digit by digit to its end', () => {
    const digits = [{ '8': 0.6, '9': 0.4 }, { '5': 0.7, '0': 0.3 }, { '<end>': 1 }];
    // 9x is not known, so it is not readable.
    expect(read(digits)).toMatchObject({ score: 85 * 0.7 + 80 * 0.3, mass: 0.6 });
    expect(read([{ '1': 1 }, { '0': 1 }, { '0': 0.9, '.': 0.1 }]).score).toBeCloseTo(0.9 * 100 + 0.1 * 10, 6);
    expect(read([{ '5': 1 }, { '.': 0.8, '0': 0.2 }]).score).toBeCloseTo(0.8 * 5 + 0.2 * 50, 6);
    expect(read([{ '8': 1 }]).score).toBe(8);
    expect(read([{ '8': 1 }], '', {}, 'length').score).toBe(null);
  });

  it('knows a word by its first token, and by what the tokens behind it spell', () => {
    expect(read([{ REF: 0.9 }, { US: 1 }, { AL: 1 }]).option).toBe('REFUSAL');
    expect(read([{ RE: 0.9 }, { CORD: 1 }]).reason).toMatch(/neither/);
    expect(read([{ C: 0.9 }, { ODE: 1 }]).option).toBe('CODE');
    expect(read([{ C: 0.9 }]).option).toBe(null);
    const words = { scale: undefined, options: { CODE: 'off-topic', NOT_CODE: 'none' } };
    expect(read([{ NOT: 0.8, CODE: 0.2 }, { _CODE: 1 }], '', words).option).toBe('NOT_CODE');
    expect(read([{ '50': 0.9, I: 0.1 }], '', { ...words, floor: 0 })).toMatchObject({
      score: null,
      option: null,
    });
  });

  it.each(['8/10', '8 out of 10', '0.85', '7,5'])('is not taken from %s, which is another scale', (text) => {
    expect(read([{ '8': 0.9, '90': 0.1 }], text)).toMatchObject({ score: null, option: null });
  });

  it('is not made of what are no log-probabilities', () => {
    expect(read([{ '80': 0.9, '90': 0.9 }]).reason).toMatch(/are none/);
  });
});

describe('a score from text', () => {
  const text = (value: string, finish?: Answer['finish']) =>
    readJudgement(judge({}), answer(value, undefined, finish));

  it.each([
    ['85', 85],
    ['  **85**\n', 85],
    ['Rating: 85.', 85],
    ['100', 100],
    ['0', 0],
  ])('reads %j', (value, score) => expect(text(value)).toEqual({ score, option: null, mass: null }));

  it.each([
    ['REFUSAL', 'REFUSAL'],
    ['The answer is CODE.', 'CODE'],
  ])('reads %j', (value, option) => expect(text(value)).toEqual({ score: null, option, mass: null }));

  it.each([
    ['', /neither/],
    ['fine', /neither/],
    ['refusal', /neither/],
    ['NOT_CODE', /neither/],
    ['85 or 90', /more than one/],
    ['85/100', /more than one/],
    ['REFUSAL 0', /more than one/],
    ['101', /not on the scale/],
    ['-5', /not on the scale/],
    ['0.85', /not on the scale/],
    ['1e2', /neither|not on the scale|more than one/],
  ])('cannot read %j', (value, reason) => {
    expect(text(value)).toMatchObject({ score: null, option: null });
    expect(text(value).reason).toMatch(reason);
  });

  it('takes of a text that was cut off only what it begins with', () => {
    expect(text('85 because', 'length').score).toBe(85);
    expect(text('I would say that 1', 'length').reason).toMatch(/cut off/);
    expect(text('85', 'length').score).toBe(85);
    expect(text('8', 'length').reason).toMatch(/cut off/);
    expect(text('REFUSAL', 'length').option).toBe('REFUSAL');
    expect(text('8.', 'length').score).toBe(null);
  });

  it('is what a judge asks for that aggregates text, whatever the probabilities', () => {
    expect(read([{ '10': 1 }], '90', { aggregation: 'text' }).score).toBe(90);
  });
});
