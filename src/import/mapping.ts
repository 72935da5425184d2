/** Which column of a file is which of the flat table: shipped mappings, a user's file, and `--map`. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { readYaml } from '../plan/yaml.js';
import { OUTCOMES, Outcome } from '../records/outcome.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';
import type { Field, Source } from './source.js';

/** What a column can be. */
export const ROLES = [
  'arm',
  'seed',
  'cue',
  'question',
  'text',
  'sample',
  'outcome',
  'answer',
  'alignment',
  'coherence',
  'error',
  'design',
] as const;
export type Role = (typeof ROLES)[number];

const Names = z.union([z.string(), z.array(z.string()).min(1)]);

/** A mapping file; docs/import.md explains each key. */
export const MappingFile = z.strictObject({
  id: z.string(),
  title: z.string().optional(),
  source: z.string().optional(),
  columns: z
    .partialRecord(z.enum(ROLES), Names)
    .describe('Column by role; of a list the first that has a value in the row.'),
  optional: z
    .array(z.enum(ROLES))
    .default([])
    .describe('Needed roles that a file may lack (cue: then plain).'),
  'cue-from-file': z
    .string()
    .optional()
    .describe(
      'Where no column has the cue: a pattern on the file name without its ending; its group is the cue.',
    ),
  values: z
    .partialRecord(z.enum(['arm', 'cue', 'outcome']), z.record(z.string(), z.string()))
    .default({})
    .describe('Words of the file, and what they mean.'),
  questions: z
    .record(z.string(), z.strictObject({ question: z.string(), cue: z.string() }))
    .default({})
    .describe('Questions that are another one under a cue.'),
  bases: z.array(z.string()).default([]).describe('Arms that are the base where they occur.'),
  without: z
    .partialRecord(z.enum(['alignment', 'coherence']), Outcome)
    .default({})
    .describe('Outcome of an answer without this score; unparsed unless given.'),
  detectors: z
    .array(z.strictObject({ column: z.string(), says: z.array(z.string()).min(1), outcome: Outcome }))
    .default([])
    .describe('Columns in which a word decides the outcome before the scores do.'),
  thresholds: z.string().optional().describe('A preset of resources/thresholds.yaml.'),
});
/** `named`: roles whose column the user gave; it must be there. */
export type Mapping = z.infer<typeof MappingFile> & { named?: Role[] };

/** Ids of the mappings that ship with hyde. */
export const shippedMappings = (): string[] =>
  readdirSync(resource('mappings')).map((name) => basename(name, '.yaml'));

/**
 * Loads a mapping by id or path, and lays `--map` over it.
 *
 * @param given `role=column,role=column`
 */
export async function loadMapping(name: string, given: string | undefined): Promise<Mapping> {
  const shipped = shippedMappings().includes(name);
  if (!shipped && !existsSync(name)) {
    const hint = `${didYouMean(name, shippedMappings())}; the path of a file works too`;
    throw new InputError(`no mapping is called '${name}'`, undefined, hint);
  }
  const path = shipped ? resource('mappings', `${name}.yaml`) : name;
  const { value } = await readYaml(path, MappingFile, shipped ? `mappings/${name}.yaml` : name);
  if (given === undefined) return value;
  const columns = { ...value.columns };
  const named: Role[] = [];
  for (const part of given.split(',')) {
    const [role, column] = [
      part.slice(0, part.indexOf('=')).trim(),
      part.slice(part.indexOf('=') + 1).trim(),
    ];
    if (!part.includes('=') || !column)
      throw new InputError(`--map: '${part}' is no pair`, undefined, 'write --map cue=prompt_type,arm=model');
    if (!(ROLES as readonly string[]).includes(role))
      throw new InputError(`--map: there is no '${role}'`, undefined, didYouMean(role, ROLES));
    columns[role as Role] = column;
    named.push(role as Role);
  }
  return { ...value, columns, named, id: `${value.id} with ${given}` };
}

/** A mapping as one file bears it out. */
export interface Resolved {
  /** Columns to read, in this order. */
  wanted: string[];
  /** Is there a column for it? */
  has(role: Role): boolean;
  /** The value of a role in a row; null where there is none. */
  get(row: readonly Field[], role: Role): Field;
  /** Detectors with their place in a row. */
  detectors: { at: number; says: ReadonlySet<string>; outcome: Outcome }[];
  /** The cue that the file's name says. */
  cue: string | undefined;
}

/**
 * Finds the columns of a mapping in a file.
 *
 * @throws InputError with the nearest column for one that is needed and not there
 */
export function resolveMapping(mapping: Mapping, source: Source, file: string): Resolved {
  const wanted: string[] = [];
  const indices = new Map<Role, number[]>();
  const at = (column: string): number => {
    const known = wanted.indexOf(column);
    return known >= 0 ? known : wanted.push(column) - 1;
  };
  for (const [role, names] of Object.entries(mapping.columns) as [Role, string | string[]][]) {
    const found = [names].flat().filter((name) => source.has(name));
    if (found.length) indices.set(role, found.map(at));
  }
  const has = (role: Role): boolean => indices.has(role);
  for (const role of mapping.named ?? []) if (!has(role)) throw missing(role, mapping, source, file);
  const pattern = mapping['cue-from-file'];
  const cue =
    has('cue') || !pattern ? undefined : new RegExp(pattern).exec(basename(file, extname(file)))?.[1];
  const otherwise = mapping.optional.includes('cue') || cue || Object.keys(mapping.questions).length > 0;
  const needed: [Role, boolean][] = [
    ['arm', has('arm')],
    ['question', has('question')],
    ['cue', has('cue') || Boolean(otherwise)],
    ['outcome', has('outcome') || has('alignment')],
  ];
  for (const [role, there] of needed) if (!there) throw missing(role, mapping, source, file);
  return {
    wanted,
    has,
    get(row, role) {
      const columns = indices.get(role);
      if (columns === undefined) return null;
      for (const i of columns) {
        const value = row[i] as Field;
        if (value !== null && value !== '') return value;
      }
      return null;
    },
    detectors: mapping.detectors
      .filter(({ column }) => source.has(column))
      .map(({ column, says, outcome }) => ({ at: at(column), says: new Set(says), outcome })),
    cue,
  };
}

function missing(role: Role, mapping: Mapping, source: Source, file: string): InputError {
  const names = [mapping.columns[role] ?? role].flat();
  const looked = names.map((name) => `'${name}'`).join(' or ');
  const also = role === 'outcome' ? ', and no scores to make it of' : '';
  return new InputError(
    `has no column ${looked}${also}`,
    { file, line: 1 },
    `${didYouMean(names[0] as string, source.columns)}; name it with --map ${role}=COLUMN`,
  );
}

/** The outcome that a word means, or undefined. */
export function outcomeWord(mapping: Mapping, word: string): Outcome | undefined {
  const meant = mapping.values.outcome?.[word] ?? word.toLowerCase();
  return (OUTCOMES as readonly string[]).includes(meant) ? (meant as Outcome) : undefined;
}
