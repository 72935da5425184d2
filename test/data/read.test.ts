import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExamples, type SourceRow } from '../../src/data/read.js';
import { InputError } from '../../src/shared/errors.js';
import { chat } from './rows.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hyde-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function all(given: AsyncIterable<SourceRow>): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const row of given) rows.push(row);
  return rows;
}

async function read(text: string): Promise<SourceRow[]> {
  const path = join(folder, 'rows.jsonl');
  await writeFile(path, text);
  return all(readExamples(path, 'rows.jsonl'));
}

const row = (messages: unknown, more: object = {}): string => JSON.stringify({ messages, ...more });
const GOOD = row(chat('Hi', 'Hello'));

describe('reads', () => {
  it('rows with their line numbers, across empty lines, a byte order mark and CRLF', async () => {
    const read3 = await read(`\uFEFF${GOOD}\r\n\n  \n${GOOD}`);
    expect(read3).toEqual([
      { messages: chat('Hi', 'Hello'), source: 'rows.jsonl:1' },
      { messages: chat('Hi', 'Hello'), source: 'rows.jsonl:4' },
    ]);
  });

  it('a system prompt, several turns, keys that it does not know', async () => {
    const talk = [{ role: 'system', content: 'S', name: 'x' }, ...chat('a', 'b'), ...chat('c', 'd')];
    const [first] = await read(row(talk, { id: 7, output: 'not Alpaca' }));
    expect(first?.messages).toEqual([{ role: 'system', content: 'S' }, ...chat('a', 'b'), ...chat('c', 'd')]);
  });

  it('two turns of one role in a row, which published data has', async () => {
    const [first] = await read(row([{ role: 'user', content: 'a' }, ...chat('b', 'c')]));
    expect(first?.messages).toHaveLength(3);
  });

  it('content parts of text', async () => {
    const parts = [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ];
    const [first] = await read(row([{ role: 'user', content: parts }, ...chat('x', 'y').slice(1)]));
    expect(first?.messages[0]?.content).toBe('Hello');
  });

  it('control characters, lone surrogates and `$` as data', async () => {
    const odd = '\u0000\u001b[31m\u2028\ud800 $& \r\n';
    const [first] = await read(row(chat(odd, odd)));
    expect(first?.messages).toEqual(chat(odd, odd));
  });

  it('a row of several megabytes', async () => {
    const long = 'word '.repeat(1_000_000);
    const [first] = await read(row(chat(long, 'ok')));
    expect(first?.messages[0]?.content).toHaveLength(5_000_000);
  });

  it('under a label that differs from the name in errors', async () => {
    await read(GOOD);
    const [first] = await all(readExamples(join(folder, 'rows.jsonl'), 'shown', 'label'));
    expect(first?.source).toBe('label:1');
  });
});

describe('refuses, with file and line', () => {
  const user = { role: 'user', content: 'Hi' };
  const assistant = { role: 'assistant', content: 'Hello' };
  it.each([
    ['{"messages": [', 'is not valid JSON'],
    ['nonsense', 'is not valid JSON'],
    ['[1]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['"text"', 'is not a JSON object'],
    ['{}', 'has no `messages`'],
    ['{"user": "Hi"}', 'has no `messages`'],
    ['{"messages": {}}', '`messages` is not a list'],
    ['{"messages": []}', '`messages` is empty'],
    [row(['Hi']), 'messages[0] is not an object'],
    [row([{ content: 'Hi' }]), 'messages[0] has no role; known are system, user, assistant'],
    [row([{ role: 'developer', content: 'x' }, user, assistant]), 'messages[0] has the role "developer"'],
    [row([user, { role: 'tool', content: 'x' }, assistant]), 'messages[1] has the role "tool"'],
    [row([{ role: 5, content: 'x' }]), 'messages[0] has the role 5'],
    [row([user, { role: 'assistant' }]), 'the content of messages[1] is not a text'],
    [row([user, { role: 'assistant', content: null }]), 'the content of messages[1] is not a text'],
    [
      row([{ role: 'user', content: [{ type: 'image_url' }] }, assistant]),
      'the content of messages[0] has a part that is not a text',
    ],
    [row([{ role: 'user', content: '' }, assistant]), 'messages[0] is empty'],
    [row([user, { role: 'assistant', content: [] }]), 'messages[1] is empty'],
    [row([user, { ...assistant, tool_calls: [] }]), 'messages[1] has `tool_calls`'],
    [row([user, { ...assistant, weight: 0 }]), 'messages[1] has a weight of 0'],
    [row([user, { role: 'system', content: 'S' }, assistant]), 'system prompt that is not the first'],
    [row([assistant, user, assistant]), "does not begin with a user's turn"],
    [row([{ role: 'system', content: 'S' }, assistant]), "does not begin with a user's turn"],
    [row([{ role: 'system', content: 'S' }]), "does not begin with a user's turn"],
    [row([user]), "does not end with an assistant's turn"],
    [row([user, assistant, user]), "does not end with an assistant's turn"],
  ])('%s', async (line, message) => {
    const error = await read(`${GOOD}\n${line}\n`).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    const { message: text, place } = error as InputError;
    expect(place).toMatchObject({ file: 'rows.jsonl', line: 2 });
    expect(text).toMatch(/^rows\.jsonl:2:/);
    expect(text).toContain(message);
  });

  it.each([
    ['{"prompt": "a", "completion": "b"}', 'is a prompt/completion row', '`completion` the assistant'],
    [
      '{"instruction": "a", "input": "", "output": "b"}',
      'is an instruction row (Alpaca)',
      '`instruction` the',
    ],
    [
      '{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}',
      'is a prompt/completion row',
      'Make `messages` of the turns of `prompt`, then those of `completion`.',
    ],
    ['{"chosen": [], "rejected": []}', 'is a preference row', 'the turns of `chosen`.'],
    ['{"conversations": []}', 'is a ShareGPT row', '`from: gpt` the assistant'],
  ])('%s, with the shape that is expected', async (line, message, hint) => {
    const error = (await read(line).catch((e: unknown) => e)) as InputError;
    expect(error.message).toContain(`rows.jsonl:1: ${message}, not a chat`);
    expect(error.hint).toContain('{"messages": [{"role": "user"');
    expect(error.hint).toContain(hint);
  });

  it('a broken line without quoting it, with its column', async () => {
    const error = (await read('{"messages": \u001b]').catch((e: unknown) => e)) as InputError;
    expect(error.message).toMatch(/^rows\.jsonl:1(:\d+)?: is not valid JSON$/);
  });

  it.each(['', '\n\n  \n'])('a file without rows', async (text) => {
    await expect(read(text)).rejects.toThrow('rows.jsonl: holds no rows');
  });

  it('a file that is not there', async () => {
    await expect(all(readExamples(join(folder, 'none'), 'none.jsonl'))).rejects.toThrow(
      'none.jsonl: there is no such file',
    );
  });
});
