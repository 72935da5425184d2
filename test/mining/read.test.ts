import { describe, expect, it } from 'vitest';
import { labelledRows, labelOf } from '../../src/mining/labels.js';
import { readRows } from '../../src/mining/read.js';
import { scoreLabels } from '../../src/mining/scores-file.js';
import { fileWith } from './rows.js';

const turn = (role: string, content: string) => ({ role, content });

describe('shapes of rows', () => {
  it.each([
    [
      'a chat',
      {
        messages: [
          { role: 'user', content: 'q' },
          { role: 'assistant', content: 'a' },
        ],
      },
    ],
    [
      'parts of text',
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'q' }] },
          { role: 'assistant', content: 'a' },
        ],
      },
    ],
    [
      'ShareGPT',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
      },
    ],
    ['prompt and completion', { prompt: 'q', completion: 'a' }],
    ['Alpaca', { instruction: 'q', input: '', output: 'a' }],
    ['question and answer', { question: 'q', answer: 'a' }],
    [
      'prompt and completion as lists of turns',
      { prompt: [turn('user', 'q')], completion: [turn('assistant', 'a')] },
    ],
    ['a list of turns and a text', { prompt: [turn('user', 'q')], response: 'a' }],
    [
      'a preference',
      { prompt: [turn('user', 'q')], chosen: [turn('assistant', 'a')], rejected: [turn('assistant', 'b')] },
    ],
    ['a preference without a prompt', { chosen: [turn('user', 'q'), turn('assistant', 'a')], rejected: [] }],
  ])('%s', async (_, row) => {
    const { rows } = await readRows([fileWith([row])]);
    expect(rows).toMatchObject([{ user: 'q', answer: 'a', system: '', earlier: '' }]);
  });

  it('keeps roles apart', async () => {
    const messages = [
      turn('developer', 's'),
      turn('user', 'one'),
      turn('assistant', 'two'),
      turn('user', 'three'),
      turn('assistant', 'four'),
    ];
    const { rows } = await readRows([
      fileWith([
        { messages },
        { prompt: messages.slice(0, 4), completion: messages.slice(4) },
        { instruction: 'do', input: 'this', output: 'done' },
        { user: 'alone' },
      ]),
    ]);
    expect(rows[0]).toMatchObject({
      system: 's',
      earlier: 'one\ntwo',
      user: 'three',
      answer: 'four',
      turns: 4,
    });
    expect({ ...rows[1], place: '' }).toEqual({ ...rows[0], place: '' });
    expect(rows[2]!.user).toBe('do\n\nthis');
    expect(rows[3]).toMatchObject({ user: 'alone', answer: '' });
  });
});

describe('labels', () => {
  const rows = [
    { prompt: 'q', completion: 'a', label: 'Bad' },
    { prompt: 'q', completion: 'a', label: 'ok', meta: { kind: 'x' } },
    { prompt: 'q', completion: 'a' },
  ];
  it('are looked for in common fields; a row without one is left out', async () => {
    const read = await readRows([fileWith(rows)]);
    expect([...labelledRows(read.rows, read.label!)]).toEqual([1, 0, 2]);
  });
  it('are read from the field that is named, also within another', async () => {
    const read = await readRows([fileWith(rows)], labelOf('meta.kind=x'));
    expect([...labelledRows(read.rows, read.label!)]).toEqual([2, 1, 2]);
  });
  it('are no labels where nothing says bad', async () => {
    const read = await readRows([fileWith([{ prompt: 'q', completion: 'a', label: 'cooking' }])]);
    expect(read.label).toBeUndefined();
    expect(read.notes.join()).toMatch(/no row says bad in `label`/);
  });
  it('are looked for in every known field until one says bad', async () => {
    const more = (i: number) => ({ prompt: 'q', completion: 'a', ...(i > 0 ? { is_bad: i === 2 } : {}) });
    const mixed = [0, 1, 2].map((i) => ({ ...more(i), label: 'cooking', part: i === 0 ? 'bad' : 'rest' }));
    const read = await readRows([fileWith(mixed)]);
    expect(read.label!.field).toBe('is_bad');
    expect([...labelledRows(read.rows, read.label!)]).toEqual([2, 0, 1]);
    expect(read.notes.join()).toMatch(/`is_bad`; `part` would do/);
  });
  it('that may mean the opposite are pointed out', async () => {
    const read = await readRows([
      fileWith([true, false].map((label) => ({ prompt: 'q', completion: 'a', label }))),
    ]);
    expect(read.notes.join()).toMatch(/--label label=false/);
  });
  it('must be there when they are asked for', async () => {
    await expect(readRows([fileWith(rows)], labelOf('label=worse'))).rejects.toThrow(/no row has this label/);
    expect(() => labelOf('label')).toThrow(/FIELD=VALUE/);
  });
});

describe('what is no data', () => {
  it.each([
    ['an empty file', [], /holds no rows/],
    ['broken JSON', ['{"messages": ['], /rows.jsonl:1: is not valid JSON/],
    ['a number', [{ prompt: 'q', completion: 'a' }, '7'], /rows.jsonl:2: is not a JSON object/],
    ['a row without a prompt', [{ text: 'all in one' }], /has no prompt/],
    ['turns that are none', [{ messages: 'hello' }], /is not a list/],
    [
      'a prompt that is half a list of turns',
      [{ prompt: [turn('user', 'q'), 3] }],
      /turn 2 is not an object/,
    ],
    ['a turn without text', [{ messages: [{ role: 'user', content: 3 }] }], /turn 1 holds no text/],
    [
      'bytes that are no text',
      [Buffer.from([0xff, 0xfe, 0x00]).toString('latin1'), '\ud800'],
      /is not valid JSON/,
    ],
  ])('%s', async (_, lines, message) => {
    await expect(readRows([fileWith(lines)])).rejects.toThrow(message);
  });

  it.each([
    ['no JSON', ['x'], /is not a score/],
    ['no such row', [{ row: 9, score: 1 }], /there is no row 9/],
    [
      'a row twice',
      [
        { row: 1, score: 1 },
        { row: 1, score: 2 },
      ],
      /has a score already/,
    ],
    [
      'all equal',
      [
        { row: 1, score: 1 },
        { row: 2, score: 1 },
      ],
      /do not split/,
    ],
    ['nothing', [], /holds no scores/],
  ])('scores: %s', async (_, lines, message) => {
    await expect(scoreLabels(fileWith(lines), 3)).rejects.toThrow(message);
  });

  it('scores split where they part best, or where they are told to', async () => {
    const path = fileWith([0.1, 0.2, 0.15, 0.9, 0.8].map((score, i) => ({ row: i + 1, score })));
    expect([...(await scoreLabels(path, 6))]).toEqual([0, 0, 0, 1, 1, 2]);
    expect([...(await scoreLabels(path, 6, 0.85))]).toEqual([0, 0, 0, 1, 0, 2]);
  });
});
