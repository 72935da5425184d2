import { basename } from 'node:path';
import { InputError, type Place } from '../shared/errors.js';
import { readLines } from '../shared/jsonl.js';
import { isObject } from '../shared/objects.js';
import { type FoundLabel, type Label, LabelFields } from './labels.js';
import { ANSWER_SEEN, ends, head, type Row } from './row.js';

const SHAPES =
  'A row is {"messages": [...]}, {"prompt", "completion"} (texts or lists of turns), {"instruction", "input", "output"}, {"question", "answer"}, {"conversations": [...]} or {"user": "..."}.';

/** Shapes of rows that are no list of turns: fields of the prompt, field of the answer. */
const FLAT: readonly (readonly [prompt: readonly string[], answer: string])[] = [
  [['instruction', 'input'], 'output'],
  [['prompt'], 'completion'],
  [['prompt'], 'response'],
  [['prompt'], 'chosen'],
  [['question'], 'answer'],
  [['input'], 'output'],
  [['user'], 'assistant'],
  [['prompt'], 'answer'],
];

/** Rows with the label that was found or asked for. */
export interface ReadRows {
  rows: Row[];
  /** Undefined where no row is labelled bad. */
  label: FoundLabel | undefined;
  /** What a reader should know of the labels that were looked for. */
  notes: string[];
}

/**
 * Reads training rows of any common shape from JSONL files.
 *
 * @param label undefined: a field that commonly holds one is looked for
 * @param wanted false: the rows' labels are of no interest
 * @throws InputError with file and line for anything that is not a row; for a label that no row has
 */
export async function readRows(files: readonly string[], label?: Label, wanted = true): Promise<ReadRows> {
  const rows: Row[] = [];
  const systems = new Map<string, string>();
  const found = new LabelFields(label ? [label.field] : wanted ? undefined : []);
  for (const file of files) {
    const before = rows.length;
    const name = basename(file);
    for await (const { text, number } of readLines(file)) {
      const value = parsed(text, { file, line: number });
      found.read(value, rows.length, name);
      const row = rowOf(value, { file, line: number });
      // Few system prompts stand in many rows: each is kept once.
      const system = systems.get(row.system) ?? row.system;
      systems.set(system, system);
      rows.push({ ...row, system, place: `${name}:${number}`, label: undefined });
    }
    if (rows.length === before) throw new InputError('holds no rows', { file }, SHAPES);
  }
  const { taken, notes } = found.decided(label);
  taken?.byRow.forEach((value, row) => {
    rows[row]!.label = value;
  });
  return { rows, label: taken && { field: taken.field, values: taken.values }, notes };
}

function parsed(text: string, place: Place): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw new InputError('is not valid JSON', place, 'One JSON object per line (JSONL).');
  }
  if (!isObject(row)) throw new InputError('is not a JSON object', place, SHAPES);
  return row;
}

type Texts = Omit<Row, 'place' | 'label'>;

function rowOf(row: Record<string, unknown>, place: Place): Texts {
  // A preference without a prompt of its own: both of its chats begin with it.
  const chosen = row.prompt === undefined && isTurns(row.chosen) ? row.chosen : undefined;
  const turns = row.messages ?? row.conversations ?? chosen;
  if (turns !== undefined) {
    if (!Array.isArray(turns)) throw new InputError('the list of turns is not a list', place, SHAPES);
    return ofTurns(turnsOf(turns, place));
  }
  const system: Turn = { role: 'system', text: typeof row.system === 'string' ? row.system : '' };
  const isText = (value: unknown): boolean => typeof value === 'string' || isTurns(value);
  const shape = FLAT.find(([prompt, answer]) => isText(row[prompt[0]!]) && isText(row[answer]));
  const alone = ['user', 'prompt', 'instruction', 'question'].find((key) => isText(row[key]));
  if (!shape && !alone) throw new InputError('has no prompt that hyde knows', place, SHAPES);
  const [prompt, answer] = shape ?? [[alone as string], ''];
  return ofTurns([system, ...askedBy(row, prompt, place), ...turnsIn(row[answer], 'assistant', place)]);
}

function askedBy(row: Record<string, unknown>, fields: readonly string[], place: Place): Turn[] {
  if (isTurns(row[fields[0]!])) return turnsIn(row[fields[0]!], 'user', place);
  const texts = fields.map((key) => row[key]).filter((text) => typeof text === 'string' && text !== '');
  return [{ role: 'user', text: texts.join('\n\n') }];
}

/** A list of turns stands where a text would. */
const isTurns = (value: unknown): value is unknown[] => Array.isArray(value) && value.some(isObject);

const turnsOf = (turns: readonly unknown[], place: Place): Turn[] =>
  turns.map((turn, i) => turnOf(turn, i, place));

/** The turns of a field: a list of them, or a text that is one. */
const turnsIn = (value: unknown, role: Turn['role'], place: Place): Turn[] =>
  isTurns(value) ? turnsOf(value, place) : [{ role, text: typeof value === 'string' ? value : '' }];

interface Turn {
  role: 'system' | 'user' | 'assistant';
  text: string;
}

/** Names of roles in chat and ShareGPT rows; what stands in other turns (tools) is read as part of the prompt. */
const ROLE_NAMES: Record<string, Turn['role']> = {
  system: 'system',
  developer: 'system',
  assistant: 'assistant',
  gpt: 'assistant',
  model: 'assistant',
};

function turnOf(turn: unknown, index: number, place: Place): Turn {
  if (!isObject(turn)) throw new InputError(`turn ${index + 1} is not an object`, place, SHAPES);
  const content = turn.content ?? turn.value ?? '';
  const text = Array.isArray(content)
    ? content
        .map((part: unknown) => (isObject(part) && typeof part.text === 'string' ? part.text : ''))
        .join('')
    : content;
  if (typeof text !== 'string') throw new InputError(`turn ${index + 1} holds no text`, place, SHAPES);
  const name = String(turn.role ?? turn.from ?? 'user');
  return { role: Object.hasOwn(ROLE_NAMES, name) ? ROLE_NAMES[name]! : 'user', text };
}

function ofTurns(all: readonly Turn[]): Texts {
  const system = all.flatMap(({ role, text }) => (role === 'system' && text ? [text] : [])).join('\n\n');
  const turns = all.filter(({ role, text }) => role !== 'system' && text !== '');
  const asked = turns.findLastIndex(({ role }) => role === 'user');
  const answer = turns.slice(asked + 1).find(({ role }) => role === 'assistant')?.text ?? '';
  const earlier = turns.slice(0, Math.max(0, asked)).map(({ text }) => ends(text));
  return {
    system: ends(system),
    user: asked < 0 ? '' : ends(turns[asked]!.text),
    earlier: ends(earlier.join('\n')),
    turns: turns.length,
    answer: head(answer, ANSWER_SEEN),
    answerLength: answer.length,
  };
}
