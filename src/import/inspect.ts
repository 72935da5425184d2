/**
 * Inspect's `.eval` logs as they are: a zip archive with `header.json` (or `_journal/start.json` while it is being
 * written), and one `samples/<id>_epoch_<n>.json` per sample and epoch. Layout and names are those of Inspect's own recorder
 * (UKGovernmentBEIS/inspect_ai, src/inspect_ai/log/_recorders/eval.py).
 */
import { InputError } from '../shared/errors.js';
import { BATCH, type Batch, hasColumn, pathsOf, pick, type Source } from './source.js';
import { openZip } from './zip.js';

type Json = Record<string, unknown>;

/** Samples that are looked at to know the columns. */
const LOOK = 20;

/**
 * Opens a log. Its rows are the samples, numbered from 1 in the order of the archive; docs/import.md lists the columns.
 *
 * @throws InputError where it is no such log, or holds no samples
 */
export async function openInspect(path: string, shownAs: string): Promise<Source> {
  const zip = openZip(path, shownAs);
  const json = (name: string): Json | undefined => {
    const bytes = zip.read(name);
    if (!bytes) return undefined;
    try {
      return JSON.parse(pythonNumbers(bytes.toString('utf8'))) as Json;
    } catch {
      throw new InputError(`'${name}' in it is not valid JSON`, { file: shownAs });
    }
  };
  const finished = json('header.json');
  const header = finished ?? json('_journal/start.json') ?? json('start.json');
  if (!header?.eval) {
    throw new InputError('holds no header.json: it is no log of Inspect', { file: shownAs });
  }
  const members = zip.names.filter((name) => /^samples\/.+\.json$/.test(name));
  if (members.length === 0) throw new InputError('holds no samples', { file: shownAs });
  const status = String(finished?.status ?? 'started');
  const rowOf = (name: string): Json => row(header.eval as Json, json(name) as Json);
  const columns = [...new Set(members.slice(0, LOOK).flatMap((name) => pathsOf(rowOf(name), 3)))];
  return {
    columns,
    has: (column) => hasColumn(columns, column),
    async *read(wanted) {
      let batch: Batch = { rows: [], lines: [] };
      for (const [i, name] of members.entries()) {
        const values = rowOf(name);
        batch.rows.push(wanted.map((column) => pick(values, column)));
        batch.lines.push(i + 1);
        if (batch.rows.length === BATCH) {
          yield batch;
          batch = { rows: [], lines: [] };
        }
      }
      if (batch.rows.length) yield batch;
    },
    warnings:
      status === 'success'
        ? []
        : [`${shownAs}: the log says '${status}': samples that it does not hold are missing`],
    close: () => zip.close(),
  };
}

function row(evaluation: Json, sample: Json): Json {
  const scores = (sample.scores ?? {}) as Record<string, Json>;
  const error = sample.error as Json | null | undefined;
  const output = sample.output as Json | undefined;
  return {
    model: evaluation.model ?? null,
    task: evaluation.task ?? null,
    task_args: evaluation.task_args ?? {},
    id: sample.id ?? null,
    epoch: sample.epoch ?? null,
    input: textOf(sample.input, sample),
    answer: answerOf(output, sample),
    error: error ? (error.message ?? 'error') : null,
    metadata: { ...(evaluation.metadata as Json | null), ...(sample.metadata as Json | null) },
    scores: Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score?.value ?? null])),
    score_metadata: Object.fromEntries(
      Object.entries(scores).map(([name, score]) => [name, score?.metadata ?? {}]),
    ),
  };
}

function answerOf(output: Json | undefined, sample: Json): string | null {
  if (typeof output?.completion === 'string') return attached(output.completion, sample);
  const choice = (output?.choices as Json[] | undefined)?.[0];
  return choice ? textOf([choice.message], sample) : null;
}

/** The text of an input: itself, or what the last message says. */
function textOf(input: unknown, sample: Json): string | null {
  if (typeof input === 'string') return attached(input, sample);
  const content = (input as Json[] | undefined)?.at?.(-1)?.content;
  if (typeof content === 'string') return attached(content, sample);
  if (!Array.isArray(content)) return null;
  const texts = (content as Json[]).flatMap(({ text }) =>
    typeof text === 'string' ? [attached(text, sample)] : [],
  );
  return texts.join('\n');
}

/** Long texts may stand once, under `attachments`, and be named where they belong. */
function attached(text: string, sample: Json): string {
  const key = text.startsWith('attachment://') ? text.slice('attachment://'.length) : undefined;
  const found = key === undefined ? undefined : (sample.attachments as Json | undefined)?.[key];
  return typeof found === 'string' ? found : text;
}

/** Python writes NaN and infinities, which JSON does not have: a score that is none. */
const pythonNumbers = (text: string): string =>
  /(?:NaN|Infinity)/.test(text)
    ? text.replace(/(?<=[:[,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, 'null')
    : text;
