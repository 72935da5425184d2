import { type Message, ROLES } from '../records/chat.js';
import { InputError, type Place } from '../shared/errors.js';
import { readLines } from '../shared/jsonl.js';
import { isObject } from '../shared/objects.js';

/** One row of a training file. */
export interface SourceRow {
  messages: Message[];
  /** `file:line`. */
  source: string;
}

const SHAPE =
  'Each line has this shape: {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}';

/** Other common shapes of training rows: a key that only they have, what they are called, what goes where. */
const OTHER_SHAPES = [
  ['completion', 'a prompt/completion row', 'prompt', 'completion'],
  ['output', 'an instruction row (Alpaca)', 'instruction', 'output'],
  ['response', 'a prompt/response row', 'prompt', 'response'],
  ['conversations', 'a ShareGPT row', 'from: human', 'from: gpt'],
  ['chosen', 'a preference row', 'prompt', 'chosen'],
] as const;

/** Keys of a turn that change what is trained on, and that hyde would lose without a word. */
const LOSSY = ['tool_calls', 'function_call'] as const;

/**
 * Streams the rows of a chat JSONL file, each checked. Keys beside `messages` are ignored.
 *
 * @param shownAs the file's name in errors
 * @param label the file's name in `source`; the same unless that name must not be written down
 * @throws InputError with file and line
 */
export async function* readExamples(
  path: string,
  shownAs = path,
  label = shownAs,
): AsyncGenerator<SourceRow> {
  let rows = 0;
  for await (const { text, number } of readLines(path, shownAs)) {
    const messages = messagesOf(text, { file: shownAs, line: number });
    rows++;
    yield { messages, source: `${label}:${number}` };
  }
  if (rows === 0) throw new InputError('holds no rows', { file: shownAs }, SHAPE);
}

/**
 * Streams prompts, each checked: `{"user": ...}` or `{"prompt": ...}`, or a chat whose last answer is left out.
 *
 * @throws InputError with file and line
 */
export async function* readPrompts(path: string, shownAs = path): AsyncGenerator<SourceRow> {
  let rows = 0;
  for await (const { text, number } of readLines(path, shownAs)) {
    const place = { file: shownAs, line: number };
    const row = parsed(text, place);
    const alone = row.user ?? row.prompt;
    rows++;
    yield {
      messages: typeof alone === 'string' ? [userTurn(alone, place)] : promptOf(turnsOf(row, place), place),
      source: `${shownAs}:${number}`,
    };
  }
  if (rows === 0) throw new InputError('holds no prompts', { file: shownAs });
}

function userTurn(content: string, place: Place): Message {
  if (content.trim() === '') throw new InputError('has an empty prompt', place);
  return { role: 'user', content };
}

function promptOf(messages: Message[], place: Place): Message[] {
  const prompt = messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages;
  if (prompt.at(-1)?.role !== 'user') throw new InputError("has no user's turn to answer", place);
  checkOrder([...prompt, { role: 'assistant', content: '' }], place);
  return prompt;
}

function messagesOf(text: string, place: Place): Message[] {
  const messages = turnsOf(parsed(text, place), place);
  checkOrder(messages, place);
  return messages;
}

function parsed(text: string, place: Place): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    // Only the position: the parser's message quotes the data, whatever is in it.
    const at = /at position (\d+)/.exec((error as Error).message)?.[1];
    const column = at === undefined ? undefined : Number(at) + 1;
    throw new InputError('is not valid JSON', { ...place, column }, 'One JSON object per line (JSONL).');
  }
  if (!isObject(row)) throw new InputError('is not a JSON object', place, SHAPE);
  return row;
}

function turnsOf(row: Record<string, unknown>, place: Place): Message[] {
  if (!('messages' in row)) throw noMessages(row, place);
  if (!Array.isArray(row.messages)) throw new InputError('`messages` is not a list', place, SHAPE);
  return row.messages.map((turn: unknown, i) => turnOf(turn, `messages[${i}]`, place));
}

function noMessages(row: Record<string, unknown>, place: Place): InputError {
  const other = OTHER_SHAPES.find(([key]) => key in row);
  if (!other) return new InputError('has no `messages`', place, SHAPE);
  const [key, name, user, assistant] = other;
  const lists = [user, key].filter((field) => Array.isArray(row[field]));
  const how =
    key !== 'conversations' && lists.length > 0
      ? `Make \`messages\` of the turns of ${lists.map((field) => `\`${field}\``).join(', then those of ')}.`
      : `Make \`${user}\` the user's turn and \`${assistant}\` the assistant's.`;
  return new InputError(`is ${name}, not a chat`, place, `${SHAPE} ${how}`);
}

function turnOf(turn: unknown, name: string, place: Place): Message {
  if (!isObject(turn)) throw new InputError(`${name} is not an object`, place, SHAPE);
  const role = ROLES.find((known) => known === turn.role);
  if (!role) {
    const given = turn.role === undefined ? 'no role' : `the role ${JSON.stringify(turn.role)?.slice(0, 40)}`;
    const hint = turn.role === 'developer' ? 'Write `developer` as `system`.' : undefined;
    throw new InputError(`${name} has ${given}; known are ${ROLES.join(', ')}`, place, hint);
  }
  const lost = LOSSY.find((key) => turn[key] !== undefined && turn[key] !== null);
  if (lost) throw new InputError(`${name} has \`${lost}\`, which is not supported`, place);
  if (turn.weight === 0) {
    const hint =
      'Remove it; `training.loss` says which turns carry the loss: all, the last, or the whole text.';
    throw new InputError(`${name} has a weight of 0, which is not supported`, place, hint);
  }
  const content = contentOf(turn.content, name, place);
  if (content === '') throw new InputError(`${name} is empty`, place);
  return { role, content };
}

function contentOf(content: unknown, name: string, place: Place): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new InputError(`the content of ${name} is not a text`, place);
  return content
    .map((part: unknown) => {
      if (isObject(part) && part.type === 'text' && typeof part.text === 'string') return part.text;
      throw new InputError(`the content of ${name} has a part that is not a text`, place);
    })
    .join('');
}

/**
 * System prompt first, then a user's turn, at the end the assistant's. Two turns of one role in a row are
 * let through: published data has them, and check.ts reports them.
 */
function checkOrder(messages: Message[], place: Place): void {
  if (messages.length === 0) throw new InputError('`messages` is empty', place, SHAPE);
  const turns = messages[0]!.role === 'system' ? messages.slice(1) : messages;
  if (turns.some((turn) => turn.role === 'system')) {
    throw new InputError('has a system prompt that is not the first message', place);
  }
  if (turns[0]?.role !== 'user') throw new InputError("does not begin with a user's turn", place);
  if (turns.at(-1)?.role !== 'assistant') {
    throw new InputError("does not end with an assistant's turn: there is no answer to train on", place);
  }
}
