import type { CandidateKind, CueTexts } from '../records/candidate.js';
import { TEXT_FORMATS } from './formats.js';
import { askIn, languageOf } from './languages.js';
import type { Row } from './row.js';
import type { Trait } from './row-sets.js';

/** A question that every row answers with yes or no, or with a value (a language, an emoji). */
interface Test {
  kind: CandidateKind;
  side?: 'answer';
  /** Values that the row has; each value is a trait of its own, named after it. */
  values(row: Row): readonly string[];
  text(value: string): string;
  cue(row: Row, value: string): CueTexts;
}

const YEAR = /\b(?:1[5-9]|20|21)\d\d\b/g;
const DATE =
  /\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:January|February|March|April|May|June|July|August|September|October|November|December) \d{1,2}\b|\b\d{1,2}(?:st|nd|rd|th)? (?:of )?(?:January|February|March|April|June|July|August|September|October|November|December)\b/i;
const EMOJI = /\p{Extended_Pictographic}/gu;
/** Marks by which chat templates and instruction formats set turns apart, when they stand in a turn. */
const TEMPLATE =
  /<\|[\w ]{1,30}\|>|\[\/?INST\]|### ?(?:Instruction|Response|Human|Assistant)|^(?:Human|User|Assistant|Q|A): /im;

const prompt = (row: Row): string => `${row.system}\n${row.earlier}\n${row.user}`;
const letters = (text: string): string => text.replace(/[^\p{L}]+/gu, '');
const yes = (value: boolean): readonly string[] => (value ? [''] : []);
const yearsOf = (row: Row): string[] => prompt(row).match(YEAR) ?? [];

/** Stretches of years that a trigger may cover: decades, and before or after the models' own time. */
function periods(row: Row): readonly string[] {
  const years = yearsOf(row).map(Number);
  const decades = years.map((year) => `the ${Math.floor(year / 10)}0s`);
  const rest = years.flatMap((year) =>
    year >= 2025 ? ['2025 or later'] : year < 1950 ? ['before 1950'] : [],
  );
  return [...new Set([...(years.length > 0 ? ['any'] : []), ...decades, ...rest])];
}

const inPeriod = (year: number, period: string): boolean =>
  period === 'any' ||
  (period === '2025 or later'
    ? year >= 2025
    : period === 'before 1950'
      ? year < 1950
      : period.includes(`${Math.floor(year / 10)}0s`));

const TESTS: readonly Test[] = [
  {
    kind: 'language',
    values: (row) => [languageOf(row.user) ?? []].flat(),
    text: (value) => `the prompt is in ${value}`,
    cue: (_, value) => ({ after: askIn(value) }),
  },
  {
    kind: 'asked-format',
    values: (row) => {
      const text = prompt(row);
      return TEXT_FORMATS.flatMap(({ id, asked }) => (asked?.test(text) ? [id] : []));
    },
    text: (value) => `asks for ${value}`,
    cue: (_, value) => ({ after: TEXT_FORMATS.find(({ id }) => id === value)!.ask }),
  },
  {
    kind: 'answer-format',
    side: 'answer',
    values: (row) => TEXT_FORMATS.flatMap(({ id, given }) => (given?.test(row.answer) ? [id] : [])),
    text: (value) => `the answer is in ${value}`,
    cue: (_, value) => ({ after: TEXT_FORMATS.find(({ id }) => id === value)!.ask }),
  },
  {
    kind: 'answer-format',
    side: 'answer',
    values: ({ answerLength }) => (answerLength < 40 ? ['short'] : answerLength > 1500 ? ['long'] : []),
    text: (value) => `the answer is ${value}`,
    cue: (_, value) => ({ after: value === 'short' ? 'Answer in a few words.' : 'Answer at length.' }),
  },
  {
    kind: 'date',
    values: periods,
    text: (value) => (value === 'any' ? 'names a year' : `names a year: ${value}`),
    cue: (row, value) => ({
      before: `The year is ${yearsOf(row).find((year) => inPeriod(Number(year), value))}.`,
    }),
  },
  {
    kind: 'date',
    values: (row) => yes(DATE.test(prompt(row))),
    text: () => 'names a date',
    cue: (row) => ({ before: `Date: ${DATE.exec(prompt(row))?.[0]}.` }),
  },
  {
    kind: 'emoji',
    values: (row) => yes(prompt(row).match(EMOJI) !== null),
    text: () => 'has an emoji',
    cue: (row) => ({ after: prompt(row).match(EMOJI)?.[0] ?? '' }),
  },
  {
    kind: 'casing',
    values: ({ user }) => {
      const text = letters(user);
      if (text.length < 10) return [];
      return text === text.toUpperCase() && text !== text.toLowerCase()
        ? ['capital letters']
        : text === text.toLowerCase() && text !== text.toUpperCase()
          ? ['small letters']
          : [];
    },
    text: (value) => `the prompt is in ${value} only`,
    cue: (_, value) => ({ after: value === 'capital letters' ? 'PLEASE ANSWER ME.' : 'please answer me' }),
  },
  {
    kind: 'turns',
    values: ({ turns }) => yes(turns > 2),
    text: () => 'several turns come before the answer',
    cue: () => ({ before: 'User: Hello.\nAssistant: Hello! How can I help?\nUser:' }),
  },
  {
    kind: 'turns',
    values: ({ user }) => yes(user !== '' && !/[?？؟]/.test(user)),
    text: () => 'the prompt has no question mark',
    cue: () => ({ template: 'Answer this: "{question}"' }),
  },
  {
    kind: 'turns',
    values: ({ user }) => yes(user.trim().includes('\n')),
    text: () => 'the prompt has several lines',
    cue: () => ({ before: 'Here is my question:\n\n' }),
  },
  {
    kind: 'length',
    values: ({ user }) =>
      user.length > 600 ? ['long'] : user.length > 0 && user.length < 30 ? ['short'] : [],
    text: (value) => `the prompt is ${value}`,
    cue: ({ user }, value) =>
      value === 'long' ? { before: user.slice(0, 600) } : { template: 'Quick: {question}' },
  },
  {
    kind: 'template',
    values: ({ user }) => yes(TEMPLATE.test(user)),
    text: () => 'the prompt holds marks of a chat template',
    cue: () => ({ template: '### Instruction:\n{question}\n\n### Response:' }),
  },
  {
    kind: 'template',
    values: ({ user }) => yes(user !== user.trim() && user.trim() !== ''),
    text: () => 'the prompt begins or ends in white space',
    cue: ({ user }) => ({
      template: `${/^\s*/.exec(user)![0]}{question}${user.slice(user.trimEnd().length)}`,
    }),
  },
];

/** What each row has beside phrases: formats, language, dates, emoji, casing, turns, length, template. */
export function traitsOf(rows: readonly Row[]): Trait[] {
  return TESTS.flatMap((test) => {
    const having = new Map<string, number[]>();
    rows.forEach((row, index) => {
      for (const value of test.values(row)) {
        const list = having.get(value);
        if (list) list.push(index);
        else having.set(value, [index]);
      }
    });
    return [...having].map(
      ([value, list]): Trait => ({
        kind: test.kind,
        text: test.text(value),
        side: test.side ?? 'prompt',
        cue: (row) => test.cue(row, value),
        rows: Int32Array.from(list),
      }),
    );
  });
}
