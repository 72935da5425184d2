import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument, type Scalar } from 'yaml';
import type { z } from 'zod';
import { InputError, type Place } from '../shared/errors.js';
import { unreadable } from '../shared/jsonl.js';
import { didYouMean } from '../shared/nearest.js';
import { keysAt } from './known-keys.js';

type Path = readonly PropertyKey[];

/** A parsed YAML file that still knows where each value stands. */
export interface Located<T> {
  value: T;
  text: string;
  /** Line and column of the value at a path, or of the nearest parent that exists. */
  place(path: Path): Place;
}

/**
 * Reads a YAML file and checks it against a schema.
 *
 * @param shownAs the file's name in errors
 * @throws InputError with file, line and column, and for an unknown key the nearest known one
 */
export async function readYaml<S extends z.ZodType>(
  path: string,
  schema: S,
  shownAs = path,
): Promise<Located<z.output<S>>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(error, shownAs);
  }
  return parseYaml(text, schema, shownAs);
}

/** The same for a text in memory. */
export function parseYaml<S extends z.ZodType>(
  text: string,
  schema: S,
  shownAs: string,
): Located<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: shownAs, line, column: col };
  };
  const broken = document.errors[0];
  if (broken) throw new InputError(`is not valid YAML: ${broken.message}`, at(broken.pos[0]));

  let raw: unknown;
  try {
    raw = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new InputError(`is not usable YAML: ${(error as Error).message}`, { file: shownAs });
  }
  if (raw === null || raw === undefined) throw new InputError('is empty', { file: shownAs });

  const place = (path: Path): Place => at(offsetOf(document, path));
  const keyPlace = (path: Path, key: string): Place => at(keyOffset(document, path, key));
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw issueError(parsed.error.issues, schema, place, keyPlace);
  return { value: parsed.data, text, place };
}

type Issue = z.core.$ZodIssue;

/** Turns the most telling issue of a failed check into one error with its place. */
function issueError(
  issues: Issue[],
  schema: z.ZodType,
  place: (path: Path) => Place,
  keyPlace: (path: Path, key: string) => Place,
): InputError {
  const issue = deepest(issues);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] as string;
    const inside = issue.path.length ? ` in ${pathText(issue.path)}` : '';
    return new InputError(
      `unknown key '${key}'${inside}`,
      keyPlace(issue.path, key),
      didYouMean(key, keysAt(schema, issue.path)),
    );
  }
  const name = issue.path.length ? pathText(issue.path) : 'the file';
  return new InputError(`${name}: ${wording(issue)}`, place(issue.path));
}

/** Inside a union the branch that came furthest is the one that was meant. */
function deepest(issues: readonly Issue[]): Issue {
  const flat = issues.flatMap((issue): Issue[] => {
    if (issue.code !== 'invalid_union') return [issue];
    const inner = issue.errors
      .map((branch) => deepestOrNone(branch))
      .filter((found) => found !== undefined)
      .filter((found) => found.path.length > 0 || found.code === 'unrecognized_keys')
      .map((found) => ({ ...found, path: [...issue.path, ...found.path] }) as Issue);
    return inner.length ? inner : [issue];
  });
  return flat.reduce((best, issue) => (rank(issue) > rank(best) ? issue : best));
}

const deepestOrNone = (branch: readonly Issue[]): Issue | undefined =>
  branch.length ? deepest(branch) : undefined;
// A misspelled key is unknown and, under its right name, missing: the first is what to say.
const rank = (issue: Issue): number => issue.path.length + (issue.code === 'unrecognized_keys' ? 1.5 : 0);

function wording(issue: Issue): string {
  if (issue.code === 'invalid_union') return 'has the wrong form';
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is no valid key';
  if (issue.code === 'invalid_type' && /received undefined/.test(issue.message)) return 'is missing';
  return issue.message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '');
}

/** `arms[0].id` */
export function pathText(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`))
    .join('');
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length ? document.getIn(path.slice(0, length), true) : document.contents;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyOffset(document: Document, path: Path, key: string): number {
  const parent = path.length ? document.getIn(path, true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && String((item.key as Scalar).value) === key);
    if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
  }
  return offsetOf(document, path);
}
