/** From collected rows to cells with ids: what is a base of what, and the answers of each cell in the order of their samples. */
import { BASE, PLAIN } from '../records/ids.js';
import { OUTCOMES } from '../records/outcome.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { type Collection, type Group, looksLikeBase, placeOf } from './collect.js';
import { idsOf, seedsOf } from './labels.js';

/** One group of answers with ids; `order` are the positions of its rows by sample. */
export interface SettledGroup {
  group: Group;
  question: string;
  order: Uint32Array;
}

/** Answers of one arm (or base) and seed under one cue. */
export interface SettledCell {
  arm: string;
  seed: number;
  cue: string;
  groups: SettledGroup[];
}

export interface Settled {
  /** Id, and the table's name where it is another. */
  bases: { id: string; label: string }[];
  arms: {
    id: string;
    label: string;
    base: string | null;
    seeds: number[];
    seedLabels: Record<number, string>;
  }[];
  /** Without plain. */
  cues: { id: string; label: string; arms: string[] }[];
  questions: { id: string; label: string }[];
  cells: SettledCell[];
}

/**
 * Gives everything its id and puts the answers in order.
 *
 * @param base `--base`: an arm, or `arm=base,arm=base`; undefined: the arm called base, or the mapping's
 * @throws InputError for an arm without plain answers, a base that is not there, rows that are there twice
 */
export function settle(collection: Collection, base: string | undefined, known: readonly string[]): Settled {
  const groups = [...collection.groups.values()];
  const armIds = idsOf(groups.map(({ arm }) => arm));
  const cueIds = idsOf([PLAIN, ...groups.map(({ cue }) => cue)]);
  const questionIds = idsOf(groups.map(({ question }) => question));
  const baseOf = basesOf([...armIds.keys()], armIds, base, known);
  const isBase = new Set(
    [...baseOf].flatMap(([label, base]) => (base === undefined ? [label] : (base ?? []))),
  );
  const tuned = [...armIds.keys()].filter((label) => !isBase.has(label));
  if (tuned.length === 0)
    throw new InputError('there is no arm beside the base', { file: collection.files[0]?.name as string });
  if (isBase.size === 1 && tuned.some((label) => armIds.get(label) === BASE))
    throw new InputError(
      "an arm is called 'base', and --base names another",
      undefined,
      'rename one of them',
    );
  const byArm = Map.groupBy(groups, ({ arm }) => arm);
  const seedIds = new Map([...byArm].map(([arm, own]) => [arm, seedsOf(own.map(({ seed }) => seed))]));
  // With a single base its id is `base`, as in own runs.
  const idOf = (label: string): string =>
    isBase.size === 1 && isBase.has(label) ? BASE : (armIds.get(label) as string);
  const cells = cellsOf(collection, groups, (group) => ({
    arm: idOf(group.arm),
    seed: isBase.has(group.arm) ? 0 : (seedIds.get(group.arm)?.get(group.seed) as number),
    cue: cueIds.get(group.cue) as string,
    question: questionIds.get(group.question) as string,
  }));
  const asked = new Set(cells.map(({ arm, cue }) => `${arm}|${cue}`));
  const settled: Settled = {
    bases: [...isBase].map((label) => ({ id: idOf(label), label })),
    arms: tuned.map((label) => {
      const seeds = seedIds.get(label) as Map<string, number>;
      return {
        id: idOf(label),
        label,
        base: baseOf.get(label) == null ? null : idOf(baseOf.get(label) as string),
        seeds: [...seeds.values()].toSorted((a, b) => a - b),
        seedLabels: Object.fromEntries([...seeds].map(([name, seed]) => [seed, name])),
      };
    }),
    cues: [...cueIds]
      .filter(([, id]) => id !== PLAIN)
      .map(([label, id]) => ({
        id,
        label,
        arms: tuned.map(idOf).filter((arm) => asked.has(`${arm}|${id}`)),
      })),
    questions: [...questionIds].map(([label, id]) => ({ id, label })),
    cells,
  };
  for (const { id, label } of [...settled.arms, ...settled.bases]) needPlain(collection, settled, id, label);
  return settled;
}

/** The base of each arm: null where it has none, undefined of a base itself. */
function basesOf(
  labels: string[],
  ids: Map<string, string>,
  given: string | undefined,
  known: readonly string[],
): Map<string, string | null | undefined> {
  const find = (name: string): string => {
    const found = labels.find((label) => label === name || ids.get(label) === name);
    if (found === undefined)
      throw new InputError(`--base: no arm is called '${name}'`, undefined, didYouMean(name, labels));
    return found;
  };
  if (given?.includes('=')) {
    const pairs = given
      .split(',')
      .map((pair) => pair.split('=').map((name) => name.trim()) as [string, string]);
    const chosen = new Map(pairs.map(([arm, base]) => [find(arm), find(base ?? '')]));
    const bases = new Set(chosen.values());
    const both = [...chosen.keys()].find((arm) => bases.has(arm));
    if (both !== undefined) throw new InputError(`--base: '${both}' is both an arm and a base`);
    if (chosen.size < pairs.length) throw new InputError('--base: an arm is given two bases');
    return new Map(
      labels.map((label) => [label, bases.has(label) ? undefined : (chosen.get(label) ?? null)]),
    );
  }
  const likely = labels.filter((label) => looksLikeBase(ids.get(label) as string) || known.includes(label));
  if (given === undefined && likely.length > 1) {
    const hint = `say which: --base ${likely[0]}, or --base ARM=${likely[0]},ARM=${likely[1]}`;
    throw new InputError(`several arms may be the base: ${likely.join(', ')}`, undefined, hint);
  }
  const base = given === undefined ? (likely[0] ?? null) : find(given);
  return new Map(labels.map((label) => [label, label === base ? undefined : base]));
}

function cellsOf(
  collection: Collection,
  groups: Group[],
  nameOf: (group: Group) => { arm: string; seed: number; cue: string; question: string },
): SettledCell[] {
  const cells = new Map<string, SettledCell>();
  const merged = new Map<string, Group>();
  for (const group of groups) {
    const { arm, seed, cue, question } = nameOf(group);
    const key = `${arm}|${seed}|${cue}`;
    let cell = cells.get(key);
    if (!cell) {
      cell = { arm, seed, cue, groups: [] };
      cells.set(key, cell);
    }
    // A base has no training seeds: where the table gives it some, all are its answers.
    const twin = merged.get(`${key}|${question}`);
    if (twin)
      throw new InputError(
        `the base is there under two seeds ('${twin.seed}' and '${group.seed}')`,
        placeOf(collection, group.places[0] as number),
        'an untuned model has one: give all its rows the same seed, and number their samples on',
      );
    merged.set(`${key}|${question}`, group);
    cell.groups.push({ group, question, order: orderOf(group, collection) });
  }
  const by = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  for (const cell of cells.values()) cell.groups.sort((a, b) => by(a.question, b.question));
  return [...cells.values()].toSorted((a, b) => by(a.arm, b.arm) || a.seed - b.seed || by(a.cue, b.cue));
}

/** Positions of a group's rows by sample: numbers first, then words. */
function orderOf(group: Group, collection: Collection): Uint32Array {
  const { samples } = group;
  const order = Uint32Array.from({ length: group.count }, (_, i) => i);
  if (samples === null) return order;
  const compare = (i: number, j: number): number => {
    const [a, b] = [samples[i] as number | string, samples[j] as number | string];
    if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  };
  if (samples.some((_, i) => i > 0 && compare(i - 1, i) > 0)) order.sort((i, j) => compare(i, j) || i - j);
  for (let k = 1; k < order.length; k++) {
    const [i, j] = [order[k - 1] as number, order[k] as number];
    if (compare(i, j) === 0) throw twice(group, i, j, collection);
  }
  return order;
}

function twice(group: Group, i: number, j: number, collection: Collection): InputError {
  const first = placeOf(collection, group.places[i] as number);
  const [a, b] = [i, j].map((k) => OUTCOMES[group.codes[k] as number]);
  const where = `${first.file}:${first.line}`;
  const what =
    a === b
      ? `is the same answer as ${where} once more`
      : `contradicts ${where}: the same answer is '${b}' here and '${a}' there`;
  const { arm, seed, cue, question } = group;
  return new InputError(
    `${what} (arm ${arm}, seed ${seed}, cue ${cue}, question ${question}, sample ${group.samples?.[i] ?? i})`,
    placeOf(collection, group.places[j] as number),
    'remove one of them; where `sample` does not number the answers, map another column or none to it',
  );
}

function needPlain(collection: Collection, settled: Settled, id: string, label: string): void {
  const own = settled.cells.filter(({ arm }) => arm === id);
  if (own.some(({ cue }) => cue === PLAIN)) return;
  const cues = [...new Set(own.map(({ cue }) => settled.cues.find((c) => c.id === cue)?.label ?? cue))];
  const first = Math.min(
    ...own.flatMap(({ groups }) => groups.map(({ group }) => group.places[0] as number)),
  );
  throw new InputError(
    `arm '${label}' has no plain answers: only ${cues
      .slice(0, 5)
      .map((cue) => `'${cue}'`)
      .join(', ')}${cues.length > 5 ? ', ...' : ''}`,
    placeOf(collection, first),
    `without them no effect can be told; if one of these means no cue, say --plain NAME`,
  );
}
