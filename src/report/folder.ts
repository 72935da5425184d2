import { closeSync, existsSync, openSync, readdirSync, renameSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { questionsFor, rendererOf } from '../cues/render.js';
import type { Canary } from '../records/canary.js';
import { PLAIN } from '../records/ids.js';
import type { ModelRecord } from '../records/model.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Spec } from '../records/spec.js';
import { judgedAnswers, plannedScores } from '../shared/answers.js';
import { InputError } from '../shared/errors.js';
import { readJson, writeAll, writeError, writeFileAtomic } from '../shared/files.js';
import { readJournal } from '../shared/journal.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { csvOf } from './csv.js';
import { chooseSamples, type Evidence } from './evidence.js';
import { figuresOf } from './figures/figure.js';
import { figuresSvg } from './figures/file.js';
import { figuresCsv } from './figures/table.js';
import { writeHtml } from './html.js';
import { renderMarkdown } from './markdown.js';

/** Writes `report.html`, `report.md` and `answers.csv` of a run folder from its result and records. */
export async function reportFolder(folder: string): Promise<void> {
  const result = readRunFile<Result>(folder, FILES.result);
  const plan = readRunFile<Plan>(folder, FILES.plan);
  const judge = result.judge ?? '';
  writeHtml(result, await evidenceOf(folder, result, plan, judge), join(folder, FILES.html));
  writeFileAtomic(join(folder, FILES.markdown), renderMarkdown(result));
  await writeStream(join(folder, FILES.csv), csvOf(plannedScores(folder, plan, judge), plan.design));
}

async function evidenceOf(folder: string, result: Result, plan: Plan, judge: string): Promise<Evidence> {
  const spec = readRunFile<Spec>(folder, FILES.spec);
  const render = rendererOf(spec);
  const models = new Map<string, ModelRecord>();
  for await (const model of readJournal<ModelRecord>(join(folder, FILES.models))) {
    models.set(`${model.arm}.${model.seed}`, model);
  }
  return {
    generatedBy: `hyde ${result.hyde}`,
    command: commandOf(spec, plan),
    ...(await chooseSamples(judgedAnswers(folder, plan, judge))),
    // What was sent for imported answers is not known.
    prompts: (spec.imported ? [] : [PLAIN, ...spec.cues.map(({ id }) => id)]).flatMap((cue) =>
      questionsFor(spec, cue).map((question) => ({ cue, question, messages: render(cue, question) })),
    ),
    models: [...models.values()].map(({ arm, seed, engine, base, identity, training, stages }) => ({
      ...{ arm, seed, engine, base, identity, training, stages },
    })),
    datasets: datasetsOf(folder),
    canary: readJson<Canary>(join(folder, FILES.canary))?.models ?? [],
    figures: result.arms.length > 1 ? figuresOf(result, spec.arms) : [],
  };
}

/** The run again, from the folder that the audit file stood in. */
function commandOf(spec: Spec, plan: Plan): string {
  if (spec.imported) {
    const { format, files } = spec.imported;
    return `hyde import ${format} ${files.map(({ name }) => name).join(' ')}`;
  }
  const { seed, limit, mini } = spec.overrides;
  const flags = [
    mini ? ' --mini' : '',
    seed === undefined ? '' : ` --seed ${plan.seed}`,
    limit === undefined ? '' : ` --limit ${limit}`,
  ];
  return `hyde run ${spec.file}${flags.join('')}`;
}

function datasetsOf(folder: string): Evidence['datasets'] {
  const datasets = join(folder, 'datasets');
  if (!existsSync(datasets)) return [];
  const manifests = readdirSync(datasets).filter((name) => name.endsWith('.manifest.json'));
  return manifests.toSorted().map((name) => {
    const { arm, stage, rows, parts, sha256 } = readRunFile<Evidence['datasets'][number]>(datasets, name);
    return { arm, stage, rows, parts, sha256 };
  });
}

/**
 * Writes the figures of a run folder's result: a picture, or its numbers.
 *
 * @param to ends in `.svg` or `.csv`
 */
export function writeFigures(folder: string, to: string): void {
  const kind = extname(to).toLowerCase();
  if (kind !== '.svg' && kind !== '.csv') {
    throw new InputError(`a figure is written as .svg or .csv, and not as '${basename(to)}'`);
  }
  const result = readRunFile<Result>(folder, FILES.result);
  const figures = figuresOf(result, readRunFile<Spec>(folder, FILES.spec).arms);
  writeFileAtomic(to, kind === '.svg' ? figuresSvg(result.name, figures) : figuresCsv(figures));
}

/** The flat table of a run folder's result, in pieces. */
export function csvOfFolder(folder: string): AsyncGenerator<string> {
  const { judge } = readRunFile<Result>(folder, FILES.result);
  const plan = readRunFile<Plan>(folder, FILES.plan);
  return csvOf(plannedScores(folder, plan, judge ?? ''), plan.design);
}

/** Writes pieces under another name first, so that a reader never sees half a file. */
export async function writeStream(path: string, pieces: AsyncIterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for await (const piece of pieces) writeAll(file, Buffer.from(piece));
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    throw writeError(error, path);
  }
}
