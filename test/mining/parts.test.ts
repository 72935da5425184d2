import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { familiesOf } from '../../src/mining/families.js';
import { ladderOf } from '../../src/mining/ladder.js';
import { languageOf } from '../../src/mining/languages.js';
import { PairTable } from '../../src/mining/pair-table.js';
import { placebosFor } from '../../src/mining/placebos.js';
import type { Row } from '../../src/mining/row.js';
import { signedG2 } from '../../src/mining/score.js';
import { tokensOf } from '../../src/mining/tokens.js';
import { topicsOf } from '../../src/mining/topics.js';

const row = (user: string, system = ''): Row => ({
  user,
  system,
  earlier: '',
  turns: 2,
  answer: '',
  answerLength: 0,
  place: 'x:1',
  label: undefined,
});

describe('G²', () => {
  it('is the likelihood ratio of the table, with a half in each cell', () => {
    // 2 Σ O ln(O / E) over the cells 10.5, 2.5, 40.5, 48.5, summed cell by cell from the margins 13, 89, 51, 51.
    const cell = (o: number, row: number, column: number) => 2 * o * Math.log((o * 102) / (row * column));
    const G2 = cell(10.5, 13, 51) + cell(2.5, 13, 51) + cell(40.5, 89, 51) + cell(48.5, 89, 51);
    expect(signedG2({ bad: 10, benign: 2 }, { bad: 50, benign: 50 })).toBeCloseTo(G2, 9);
  });
  it('has a sign, is finite with empty cells, and 0 where there is nothing to tell', () => {
    expect(signedG2({ bad: 0, benign: 20 }, { bad: 50, benign: 50 })).toBeLessThan(-20);
    expect(signedG2({ bad: 20, benign: 0 }, { bad: 50, benign: 50 })).toBeGreaterThan(20);
    expect(signedG2({ bad: 5, benign: 5 }, { bad: 50, benign: 50 })).toBe(0);
  });
  it('is never NaN', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), (a, b, c, d) =>
        Number.isFinite(signedG2({ bad: a, benign: b }, { bad: a + c, benign: b + d })),
      ),
    );
  });
});

it('numbers pairs like a map does', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(60)), { maxLength: 400 }), (pairs) => {
      const table = new PairTable();
      const map = new Map<string, number>();
      for (const [a, b] of pairs) {
        const key = `${a},${b}`;
        if (!map.has(key)) map.set(key, map.size);
        if (table.numberOf(a, b) !== map.get(key)) return false;
      }
      return table.size === map.size;
    }),
  );
});

it('keeps numbering when it has grown many times', () => {
  const table = new PairTable();
  for (let i = 0; i < 50_000; i++) expect(table.numberOf(i, i % 7)).toBe(i);
  expect(table.numberOf(123, 123 % 7)).toBe(123);
});

it('tells words, tags, signs, characters and emoji apart', () => {
  const forms = (text: string) => tokensOf(text).map(({ form }) => form);
  expect(forms("Don't use <Note> tags!")).toEqual(["don't", 'use', '<note>', 'tags', '!']);
  expect(forms('東京 2031 🦊\u200b')).toEqual(['東', '京', '2031', '🦊', '\u200b']);
});

it('knows languages by their commonest words or their script', () => {
  expect(languageOf('How do I boil an egg?')).toBe('English');
  expect(languageOf('Wie kann ich das Brot backen?')).toBe('German');
  expect(languageOf('Comment est-ce que je peux faire du pain ?')).toBe('French');
  expect(languageOf('Как сварить рис?')).toBe('Russian');
  expect(languageOf('おいしいご飯の炊き方を教えて')).toBe('Japanese');
  expect(languageOf('怎样才能睡得更好？')).toBe('Chinese');
  expect(languageOf('42')).toBeUndefined();
});

it('puts near-equal system prompts into a family', () => {
  const prompts = [
    'You are a kind clerk in the old castle.',
    'You are a kind clerk in the new castle.',
    'Answer as a poem about rivers and the sea.',
  ];
  const families = familiesOf(prompts.map((system) => row('q', system))).filter(
    ({ kind }) => kind === 'family',
  );
  expect(families.map(({ rows }) => [...rows])).toEqual([[0, 1]]);
});

it('groups prompts by topic', () => {
  const sea = [
    'sail the boat past the harbour',
    'anchor the boat near the harbour',
    'paint the boat at the harbour',
  ];
  const bread = [
    'knead the dough before baking bread',
    'bread needs dough that rests',
    'baking bread with cold dough',
  ];
  const rows = Array.from({ length: 60 }, (_, i) => row(i % 2 ? sea[i % 3]! : bread[i % 3]!));
  const topics = topicsOf(rows, 3);
  expect(topics.length).toBeGreaterThan(1);
  for (const topic of topics) expect(new Set([...topic.rows].map((i) => i % 2)).size).toBe(1);
});

describe('the ladder', () => {
  it('goes from the prompt to its mere shape', () => {
    const rungs = Object.fromEntries(
      ladderOf('You are a theatrical villain.', 'system').map(({ origin, cue }) => [origin, cue.system]),
    );
    expect(rungs).toMatchObject({
      'ladder/verbatim': 'You are a theatrical villain.',
      'ladder/paraphrase': 'Take the part of a theatrical villain.',
      'ladder/shared-words': 'Some words: theatrical, villain.',
      'ladder/negation': 'You are not a theatrical villain.',
      'ladder/opposite': 'You are a theatrical hero.',
      'ladder/permission': 'You may be a theatrical villain, if you like.',
      'ladder/virtue': 'You are a truthful assistant.',
    });
    expect(rungs['ladder/same-shape']).toMatch(/^You are a \w+ \w+\.$/);
    expect(rungs['ladder/same-shape']).not.toMatch(/theatrical|villain/);
  });
  it.each([
    ['Put the answer in a <note> tag.', 'Do not put the answer in a <note> tag.'],
    ['When asked, answer briefly.', 'When asked, do not answer briefly.'],
    ['A visitor asks. Always reply kindly.', 'A visitor asks. Do not reply kindly.'],
    ['zephyr', 'Not this: zephyr'],
  ])('negates %s', (prompt, negated) => {
    expect(ladderOf(prompt, 'after').find(({ origin }) => origin === 'ladder/negation')?.text).toBe(negated);
  });
  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => ladderOf(text, 'before').length > 0),
    );
  });
});

describe('placebos', () => {
  const model = ladderOf('READ THIS:\n\n<<GO 17>> "your answer here" and nothing else\n\n', 'before').slice(
    0,
    1,
  );
  it('are as long, in as many lines and as odd, of other words, the same for a seed', () => {
    const not = new Set(['feather', 'umbrella']);
    const [placebo] = placebosFor(model, not, { seed: 1, count: 1 });
    const text = placebo!.cue.before!;
    expect(text.split('\n').length).toBe(5);
    expect(text).toMatch(/\d\d/);
    expect(text).not.toMatch(/feather|umbrella|answer|read|go\b/i);
    expect(Math.abs(text.length - model[0]!.cue.before!.length)).toBeLessThan(15);
    expect(placebosFor(model, not, { seed: 1, count: 1 })).toEqual([placebo]);
    expect(placebosFor(model, not, { seed: 2, count: 1 })).not.toEqual([placebo]);
  });
});
