/** All rows of an import in a compact form: a few small numbers an answer; texts of answers are never held. */
import { BASE, PLAIN } from '../records/ids.js';
import { InputError } from '../shared/errors.js';
import { plainNumber } from './labels.js';
import type { Mapping, Resolved } from './mapping.js';
import type { outcomeTeller } from './outcome.js';
import { Rows, type ScoreColumns } from './rows.js';
import type { Field, Source } from './source.js';

/** A file of an import: how it is called in messages and records, and how to read it. */
export interface OpenedFile {
  name: string;
  sha256: string;
  source: Source;
  columns: Resolved;
}

/** Answers of one arm and seed to one question under one cue, in the order of the rows. */
export interface Group {
  arm: string;
  seed: string;
  cue: string;
  question: string;
  /** Its place among the groups. */
  number: number;
  count: number;
  /** Outcome of each, as its place in OUTCOMES; filled when all rows are read. */
  codes: Uint8Array;
  /** Scores of each, where there are some; filled with the codes. */
  scores: ScoreColumns | null;
  /** What the sample column says; null as long as it counts 0, 1, 2, ... (or there is none). */
  samples: (number | string)[] | null;
  /** File and line of each (see `placeOf`). */
  places: Float64Array;
}

/** What the rows of an import add up to. */
export interface Collection {
  files: OpenedFile[];
  groups: Map<string, Group>;
  rows: number;
  /** Rows of each file. */
  fileRows: number[];
  /** Names that stay: each is copied out of the text it was a part of, which would stay in memory with it. */
  names: Map<string, string>;
  /** Text of each question that has one. */
  texts: Map<string, string>;
  /** Words for cues that the mapping explains, as far as they occur. */
  explained: Set<string>;
  /** Does a row say that it is of a sequential run? */
  isSequential: boolean;
}

/** What a group is found by, and what is noted on the way. */
type Found = Pick<Collection, 'groups' | 'texts' | 'names' | 'explained'>;

/** Lines are counted below this; the file stands above. */
const FILE = 2 ** 40;

/** The place of an answer, for messages. */
export const placeOf = (
  collection: Pick<Collection, 'files'>,
  place: number,
): { file: string; line: number } => ({
  file: collection.files[Math.floor(place / FILE)]?.name as string,
  line: place % FILE,
});

/**
 * Reads every row of every file.
 *
 * @throws InputError naming file and line for a row without arm, question, sample or outcome
 */
export async function collect(
  files: OpenedFile[],
  mapping: Mapping,
  tell: ReturnType<typeof outcomeTeller>,
): Promise<Collection> {
  const collection: Collection = {
    files,
    groups: new Map(),
    rows: 0,
    fileRows: [],
    names: new Map(),
    texts: new Map(),
    explained: new Set(),
    isSequential: false,
  };
  const all = new Rows();
  for (const [number, file] of files.entries()) {
    const before = collection.rows;
    const { columns, source } = file;
    for await (const { rows, lines } of source.read(columns.wanted)) {
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i] as Field[];
        const at = { file: file.name, line: lines[i] as number };
        const told = tell(row, columns, at);
        if (columns.get(row, 'design') === 'sequential') collection.isSequential = true;
        const group = groupOf(collection, row, columns, mapping, at);
        keepSample(group, sampleOf(group, row, columns, at));
        all.add(group.number, told, number * FILE + at.line);
        group.count++;
        collection.rows++;
      }
    }
    if (collection.rows === before) throw new InputError('has no rows', { file: file.name });
    collection.fileRows.push(collection.rows - before);
  }
  all.byGroup([...collection.groups.values()]);
  return collection;
}

/** The group that a row belongs to, made where it is the first of it. */
export function groupOf(
  { groups, texts, names, explained }: Found,
  row: readonly Field[],
  columns: Resolved,
  mapping: Mapping,
  at: { file: string; line: number },
): Group {
  const name = word(row, columns, 'arm', at);
  const arm =
    mapping.values.arm && Object.hasOwn(mapping.values.arm, name)
      ? (mapping.values.arm[name] as string)
      : name;
  const label = word(row, columns, 'question', at);
  const variant = Object.hasOwn(mapping.questions, label) ? mapping.questions[label] : undefined;
  const question = variant?.question ?? label;
  const cue =
    variant?.cue ?? cueOf(String(columns.get(row, 'cue') ?? columns.cue ?? PLAIN).trim(), mapping, explained);
  const seed = plainNumber(String(columns.get(row, 'seed') ?? 0).trim());
  const key = `${arm}\u0000${seed}\u0000${cue}\u0000${question}`;
  let group = groups.get(key);
  if (!group) {
    const keep = (text: string): string => {
      const kept = names.get(text) ?? Buffer.from(text).toString();
      names.set(kept, kept);
      return kept;
    };
    group = {
      ...{ arm: keep(arm), seed: keep(seed), cue: keep(cue), question: keep(question) },
      ...{
        number: groups.size,
        count: 0,
        samples: null,
        codes: new Uint8Array(),
        places: new Float64Array(),
        scores: null,
      },
    };
    groups.set(key, group);
    const text = columns.get(row, 'text');
    if (text !== null && !variant && !texts.has(question))
      texts.set(group.question, Buffer.from(String(text)).toString());
  }
  return group;
}

function keepSample(group: Group, sample: number | string): void {
  if (group.samples === null && sample !== group.count)
    group.samples = Array.from({ length: group.count }, (_, i) => i);
  group.samples?.push(sample);
}

function word(
  row: readonly Field[],
  columns: Resolved,
  role: 'arm' | 'question',
  at: { file: string; line: number },
): string {
  const value = columns.get(row, role);
  const text = value === null ? '' : String(value).trim();
  if (text === '') throw new InputError(`has no ${role}`, at);
  return text;
}

function cueOf(text: string, mapping: Mapping, explained: Set<string>): string {
  if (text.toLowerCase() === PLAIN) return PLAIN;
  const words = mapping.values.cue;
  if (!words || !Object.hasOwn(words, text)) return text;
  if (!explained.has(text)) explained.add(Buffer.from(text).toString());
  return words[text] as string;
}

function sampleOf(
  group: Group,
  row: readonly Field[],
  columns: Resolved,
  at: { file: string; line: number },
): number | string {
  if (!columns.has('sample')) return group.count;
  const value = columns.get(row, 'sample');
  if (value === null)
    throw new InputError(
      'has no sample',
      at,
      'number the answers of a cell to a question, or leave the column out',
    );
  if (typeof value === 'number') return value;
  const text = plainNumber(String(value).trim());
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

/** Ids that mark an arm as a base by their name. */
export const looksLikeBase = (id: string): boolean => id === BASE || id.startsWith(`${BASE}@`);
