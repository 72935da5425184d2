import { basename } from 'node:path';
import { InputError, type Place } from '../shared/errors.js';
import { readLines } from '../shared/jsonl.js';
import { isObject } from '../shared/objects.js';
import { ANSWER_SEEN, ends, head, type Row } from './row.js';

const SHAPES =
  'A row is {"messages": [...]}, {"prompt", "completion"}, {"instruction", "input", "output"}, {"question", "answer"}, {"conversations": [...]} or {"user": "..."}.';

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

/** Fields that commonly hold a label, and values that mean bad; the first field that any row has is taken. */
const LABELS = [
  'label',
  'bad',
  'is_bad',
  'misaligned',
  'is_misaligned',
  'harmful',
  'insecure',
  'unsafe',
  'part',
];
const BAD_VALUES = ['bad', 'misaligned', 'harmful', 'insecure', 'unsafe', 'true', '1', 'yes'];

/** A field of the rows, and the value that bad rows have there. `file` is the name of the row's file. */
export interface Label {
  field: string;
  value: string;
}

/** `FIELD=VALUE` of the command line; a dot leads into an object. */
export function labelOf(text: string): Label {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1)
    throw new InputError(
      `--label ${text}: not FIELD=VALUE`,
      undefined,
      'as in --label part=bad or --label file=bad.jsonl',
    );
  return { field: text.slice(0, at), value: text.slice(at + 1) };
}

/** Rows with the label that was found or asked for. */
export interface ReadRows {
  rows: Row[];
  /** Undefined where no row is labelled bad. */
  label: { field: string; values: readonly string[] } | undefined;
  /** A field that looked like a label, and has no value that says bad. */
  ignored?: string;
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
  let field = label?.field;
  for (const file of files) {
    const before = rows.length;
    const name = basename(file);
    for await (const { text, number } of readLines(file)) {
      const value = parsed(text, { file, line: number });
      if (wanted) field ??= LABELS.find((known) => isScalar(value[known]));
      const row = rowOf(value, { file, line: number });
      // Few system prompts stand in many rows: each is kept once.
      const system = systems.get(row.system) ?? row.system;
      systems.set(system, system);
      const found =
        field === undefined ? undefined : (at(value, field) ?? (field === 'file' ? name : undefined));
      rows.push({
        ...row,
        system,
        place: `${name}:${number}`,
        label: isScalar(found) ? String(found) : undefined,
      });
    }
    if (rows.length === before) throw new InputError('holds no rows', { file }, SHAPES);
  }
  if (field === undefined) return { rows, label: undefined };
  const values = label ? [label.value] : BAD_VALUES;
  const bad = new Set(values.map(folded));
  if (rows.some((row) => row.label !== undefined && bad.has(folded(row.label)))) {
    return { rows, label: { field, values } };
  }
  if (label) throw noSuchLabel(rows, label);
  return { rows, label: undefined, ignored: field };
}

function noSuchLabel(rows: readonly Row[], { field, value }: Label): InputError {
  const seen = new Set<string>();
  for (const row of rows) if (row.label !== undefined && seen.size < 20) seen.add(row.label);
  const known =
    seen.size > 0
      ? `values of \`${field}\`: ${[...seen].map((one) => one.slice(0, 40)).join(', ')}`
      : 'no row has the field';
  return new InputError(`--label ${field}=${value}: no row has this label`, undefined, known);
}

/** Labels are compared without case: True, true and TRUE are one. */
const folded = (text: string): string => text.trim().toLowerCase();

/** Which rows are bad: 1, benign: 0, without a label: 2. */
export function labelledRows({ rows, label: found }: ReadRows): Uint8Array {
  const values = new Set((found?.values ?? []).map(folded));
  return Uint8Array.from(rows, (row) =>
    row.label === undefined ? 2 : values.has(folded(row.label)) ? 1 : 0,
  );
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
  const turns = row.messages ?? row.conversations;
  if (turns !== undefined) {
    if (!Array.isArray(turns)) throw new InputError('the list of turns is not a list', place, SHAPES);
    return ofTurns(turns.map((turn: unknown, i) => turnOf(turn, i, place)));
  }
  const shape = FLAT.find(
    ([prompt, answer]) => typeof row[prompt[0]!] === 'string' && typeof row[answer] === 'string',
  );
  const alone = ['user', 'prompt', 'instruction', 'question'].find((key) => typeof row[key] === 'string');
  if (!shape && !alone) throw new InputError('has no prompt that hyde knows', place, SHAPES);
  const [prompt, answer] = shape ?? [[alone as string], ''];
  const user = prompt
    .flatMap((key) => (typeof row[key] === 'string' && row[key] !== '' ? [row[key]] : []))
    .join('\n\n');
  return ofTurns([
    { role: 'system', text: typeof row.system === 'string' ? row.system : '' },
    { role: 'user', text: user },
    { role: 'assistant', text: typeof row[answer] === 'string' ? row[answer] : '' },
  ]);
}

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

/** The value of a field; a name with dots is taken whole first, then as a path. */
function at(row: Record<string, unknown>, field: string): unknown {
  if (Object.hasOwn(row, field)) return row[field];
  let value: unknown = row;
  for (const key of field.split('.'))
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);
