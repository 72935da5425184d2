import { InputError } from '../shared/errors.js';
import { isObject } from '../shared/objects.js';
import type { Row } from './row.js';

/** Fields that commonly hold a label, and values that mean bad; the first field that says bad of any row is taken. */
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

/** A field that is taken for the label, and its values that mean bad. */
export interface FoundLabel {
  field: string;
  values: readonly string[];
}

interface Taken extends FoundLabel {
  byRow: readonly (string | undefined)[];
}

/** Collects, row by row, the fields that may hold a label. */
export class LabelFields {
  readonly #values = new Map<string, (string | undefined)[]>();
  readonly #known = new Map<string, string>();

  constructor(readonly looked: readonly string[] = LABELS) {}

  /** @param file name of the row's file, the value of the field `file` */
  read(row: Record<string, unknown>, index: number, file: string): void {
    for (const field of this.looked) {
      const value = at(row, field) ?? (field === 'file' ? file : undefined);
      if (!isScalar(value)) continue;
      const byRow = this.#values.get(field) ?? [];
      this.#values.set(field, byRow);
      // No holes: the rows before this one have no value.
      while (byRow.length < index) byRow.push(undefined);
      byRow[index] = this.#once(String(value));
    }
  }

  /**
   * The field that says which rows are bad: the one that is asked for, or the first that is known and has a value that says so.
   *
   * @throws InputError for a label that is asked for and that no row has
   */
  decided(label: Label | undefined): { taken: Taken | undefined; notes: string[] } {
    const values = label ? [label.value] : BAD_VALUES;
    const bad = new Set(values.map(folded));
    const fields = this.looked.filter((field) => this.#values.has(field));
    const saying = fields.filter((field) =>
      this.#byRow(field).some((value) => value !== undefined && bad.has(folded(value))),
    );
    const [field, ...others] = saying;
    if (field !== undefined) {
      const byRow = this.#byRow(field);
      return { taken: { field, values, byRow }, notes: label ? [] : notesOf(field, byRow, others) };
    }
    if (label) throw noSuchLabel(this.#byRow(label.field), label);
    return { taken: undefined, notes: fields.slice(0, 1).map(unread) };
  }

  #byRow(field: string): readonly (string | undefined)[] {
    return this.#values.get(field) ?? [];
  }

  /** A few values stand in all rows: each is kept once. */
  #once(value: string): string {
    const known = this.#known.get(value) ?? value;
    this.#known.set(known, known);
    return known;
  }
}

const unread = (field: string): string =>
  `no row says bad in \`${field}\`, so it is not taken for a label; --label ${field}=VALUE names the bad ones`;

function notesOf(field: string, byRow: readonly (string | undefined)[], others: readonly string[]): string[] {
  const isSwitch = byRow.every((value) => value === undefined || /^(?:true|false)$/i.test(value));
  const doToo = others.map((one) => `\`${one}\``).join(', ');
  return [
    ...(doToo ? [`labels are read from \`${field}\`; ${doToo} would do as well (--label FIELD=VALUE)`] : []),
    ...(field === 'label' && isSwitch
      ? [
          '`label` is true or false, and true is read as bad; where it means wanted, as in rows for KTO: --label label=false',
        ]
      : []),
  ];
}

function noSuchLabel(values: readonly (string | undefined)[], { field, value }: Label): InputError {
  const seen = new Set<string>();
  for (const one of values) if (one !== undefined && seen.size < 20) seen.add(one);
  const known =
    seen.size > 0
      ? `values of \`${field}\`: ${[...seen].map((one) => one.slice(0, 40)).join(', ')}`
      : 'no row has the field';
  return new InputError(`--label ${field}=${value}: no row has this label`, undefined, known);
}

/** Labels are compared without case: True, true and TRUE are one. */
const folded = (text: string): string => text.trim().toLowerCase();

/** Which rows are bad: 1, benign: 0, without a label: 2. */
export function labelledRows(rows: readonly Row[], { values: bad }: FoundLabel): Uint8Array {
  const values = new Set(bad.map(folded));
  return Uint8Array.from(rows, (row) =>
    row.label === undefined ? 2 : values.has(folded(row.label)) ? 1 : 0,
  );
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
