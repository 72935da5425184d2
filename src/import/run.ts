/** An import from its files to a run folder with a result. */
import { basename, join } from 'node:path';
import { loadThresholds, sweepOf } from '../plan/thresholds.js';
import type { CueSource } from '../records/cue.js';
import { PLAIN } from '../records/ids.js';
import type { Imported } from '../records/import.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { VerdictSpec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { readJson, withoutHome, writeJson } from '../shared/files.js';
import { hashFile, shortHash } from '../shared/hash.js';
import { unreadable } from '../shared/jsonl.js';
import { didYouMean } from '../shared/nearest.js';
import type { Observer } from '../shared/observer.js';
import { FILES, openFolder } from '../shared/run-folder.js';
import { analyseTable } from '../verdict/folder.js';
import { Repeats } from '../verdict/repeats.js';
import { planOf, specOf, tableOf } from './build.js';
import { type Collection, collect, type OpenedFile } from './collect.js';
import { findingsOf, oddities } from './findings.js';
import { type Format, openers } from './formats.js';
import { loadMapping, type Mapping, resolveMapping } from './mapping.js';
import { type LargestScores, outcomeTeller } from './outcome.js';
import { type Settled, settle } from './settle.js';
import { writeModels, writeSamples, writeScores } from './write.js';

export interface ImportOptions {
  format: Format;
  files: readonly string[];
  out: string;
  /** Id of a shipped mapping or a path; by default the one of the format. */
  mapping?: string | undefined;
  /** `role=column,...` laid over it. */
  map?: string | undefined;
  /** Names of cues that mean no cue. */
  plain: readonly string[];
  base?: string | undefined;
  thresholds?: string | undefined;
  /** Cues by what they are. */
  sources: { trained: readonly string[]; placebo: readonly string[] };
  name: string;
  seed: number;
  verdict: VerdictSpec;
  observer: Observer;
}

/**
 * Imports answers that others sampled and judged. Everything is read and checked before anything is written.
 *
 * @throws InputError naming file and line for what cannot be analysed
 */
export async function importAnswers(options: ImportOptions): Promise<Result> {
  const { format, observer } = options;
  const named = options.mapping ?? (format === 'inspect' ? 'inspect' : 'flat');
  const loaded = await loadMapping(named, options.map);
  const mapping = withPlain(loaded, options.plain);
  const preset = options.thresholds ?? mapping.thresholds;
  const thresholds = preset === undefined ? undefined : await loadThresholds(preset);
  const files = await openAll(options, mapping);
  try {
    observer.stage('import', files.map(({ name }) => name).join(', '));
    const largest: LargestScores = new Map();
    const collection = await collect(files, mapping, outcomeTeller(mapping, thresholds, largest));
    checkPlain(options.plain, loaded, collection);
    const settled = settle(collection, options.base, mapping.bases);
    const scored = files.some(({ columns }) => columns.has('alignment') && !columns.has('outcome'));
    const imported = provenance(
      options,
      collection,
      settled,
      mapping,
      scored && thresholds ? thresholds : null,
    );
    const wishes = { ...options, sources: sourcesOf(settled, options.sources) };
    const plan = planOf(settled, collection, imported, wishes);
    const folder = openFolder(options.out, observer);
    try {
      belongs(folder.path, options.out, plan);
      for (const text of [
        ...files.flatMap(({ source }) => source.warnings ?? []),
        ...oddities(collection, largest),
        ...findingsOf(settled, collection),
      ])
        folder.observer.warn(text);
      writeScores(folder.path, settled, imported);
      const repeats = new Repeats();
      if (imported.answers)
        await writeSamples(folder.path, { settled, collection, mapping, imported, repeats });
      writeModels(folder.path, settled, imported);
      const spec = specOf(plan, settled, imported, wishes);
      writeJson(join(folder.path, FILES.spec), spec);
      writeJson(join(folder.path, FILES.plan), plan);
      const counts = `${settled.arms.length} arm(s), ${settled.cues.length} cue(s), ${settled.questions.length} question(s)`;
      folder.observer.note(`${collection.rows} answers: ${counts}`);
      const sweep = await sweepOf(spec);
      const table = tableOf(settled, collection.rows);
      return await analyseTable(folder.path, plan, spec, imported.judge, sweep, table, {
        repeats: repeats.warnings(),
      });
    } finally {
      folder.close();
    }
  } finally {
    for (const { source } of files) source.close?.();
  }
}

/** Opens the files and finds their columns. */
async function openAll({ format, files, observer }: ImportOptions, mapping: Mapping): Promise<OpenedFile[]> {
  const opened: OpenedFile[] = [];
  const seen = new Map<string, string>();
  for (const path of files) {
    const sha256 = await hashFile(path).catch((error) => {
      throw unreadable(error, path);
    });
    const twin = seen.get(sha256);
    if (twin !== undefined)
      throw new InputError(`holds what ${withoutHome(twin)} holds: its answers would count twice`, {
        file: withoutHome(path),
      });
    seen.set(sha256, path);
    const name = withoutHome(path);
    const source = await openers[format](path, name);
    const columns = resolveMapping(mapping, source, name);
    if (mapping['cue-from-file'] && !columns.has('cue') && columns.cue === undefined) {
      observer.warn(
        `${name} names no cue, in a column or in its name: its rows are plain unless their question says otherwise`,
      );
    }
    opened.push({ name, sha256, source, columns });
  }
  return opened;
}

/** Cues that mean no cue, by the table's word for them or by the mapping's. */
function withPlain(mapping: Mapping, names: readonly string[]): Mapping {
  const words = Object.entries(mapping.values.cue ?? {}).map(([word, meant]) => [
    word,
    names.includes(meant) ? PLAIN : meant,
  ]);
  const cue = Object.fromEntries([...words, ...names.map((name) => [name, PLAIN])]);
  return { ...mapping, values: { ...mapping.values, cue } };
}

/** A name that meets nothing was mistyped, and the cue that was meant would be taken for one. */
function checkPlain(names: readonly string[], mapping: Mapping, { explained, groups }: Collection): void {
  const occurs = (name: string): boolean =>
    name.toLowerCase() === PLAIN ||
    explained.has(name) ||
    Object.entries(mapping.values.cue ?? {}).some(([word, meant]) => meant === name && explained.has(word));
  const unknown = names.find((name) => !occurs(name));
  if (unknown === undefined) return;
  const known = new Set([...[...groups.values()].map(({ cue }) => cue), ...explained]);
  known.delete(PLAIN);
  throw new InputError(
    `--plain: no cue is called '${unknown}'`,
    undefined,
    known.size === 0 ? 'all rows are plain as it is' : didYouMean(unknown, known),
  );
}

function provenance(
  { format, files }: ImportOptions,
  collection: Collection,
  settled: Settled,
  mapping: Mapping,
  thresholds: { id: string; title: string } | null,
): Imported {
  const named = files.map((path, i) => ({
    name: basename(path),
    sha256: (collection.files[i] as OpenedFile).sha256,
    rows: collection.fileRows[i] as number,
  }));
  const preset = thresholds === null ? null : { id: thresholds.id, title: thresholds.title };
  const seeds = settled.arms.filter(({ seedLabels }) =>
    Object.entries(seedLabels).some(([seed, label]) => seed !== label),
  );
  return {
    format,
    files: named,
    mapping: mapping.id,
    columns: mapping.columns as Record<string, string | string[]>,
    thresholds: preset,
    seeds: Object.fromEntries(seeds.map(({ id, seedLabels }) => [id, seedLabels])),
    rows: collection.rows,
    answers: collection.files.some(({ columns }) => columns.has('answer')),
    judge: shortHash(['imported', named.map(({ sha256 }) => sha256), mapping, preset]),
  };
}

function sourcesOf(settled: Settled, given: ImportOptions['sources']): Map<string, CueSource> {
  const found = new Map<string, CueSource>();
  for (const source of ['trained', 'placebo'] as const) {
    for (const name of given[source]) {
      const cue = settled.cues.find(({ id, label }) => id === name || label === name);
      if (!cue)
        throw new InputError(
          `--${source}: no cue is called '${name}'`,
          undefined,
          didYouMean(
            name,
            settled.cues.map(({ label }) => label),
          ),
        );
      found.set(cue.id, source);
    }
  }
  return found;
}

/** A folder holds one import; the same one may be given again. */
function belongs(folder: string, shown: string, plan: Plan): void {
  const before = readJson<Plan>(join(folder, FILES.plan));
  if (before && before.hash !== plan.hash)
    throw new InputError('holds another run or import', { file: shown }, 'choose a new folder with -o DIR');
}
