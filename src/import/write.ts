/** The records of an imported run: scores from memory, answers from a second reading of the files. */
import { closeSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Imported } from '../records/import.js';
import type { ModelRecord } from '../records/model.js';
import { OUTCOMES } from '../records/outcome.js';
import { writeAll, writeError, writeFileAtomic } from '../shared/files.js';
import { shortHash } from '../shared/hash.js';
import { FILES, samplesFile, scoresFile } from '../shared/run-folder.js';
import type { Repeatable, Repeats } from '../verdict/repeats.js';
import { type Collection, type Group, groupOf } from './collect.js';
import type { Mapping } from './mapping.js';
import { ABSENT } from './rows.js';
import type { Settled, SettledCell } from './settle.js';

/** Text is handed to the disk in pieces of about this many characters. */
const CHUNK = 1 << 16;

/** A file that is written under another name until it is whole. */
class Writer {
  private text = '';
  /** Used again and again: fresh ones would lie about until the collector comes by. */
  private bytes = Buffer.alloc(0);
  private readonly temporary: string;
  private readonly file: number;

  constructor(private readonly path: string) {
    this.temporary = `${path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.file = openSync(this.temporary, 'w');
    } catch (error) {
      throw writeError(error, path);
    }
  }

  line(text: string): void {
    this.text += text;
    this.text += '\n';
    if (this.text.length > CHUNK) this.flush();
  }

  private flush(): void {
    try {
      const most = this.text.length * 3;
      if (this.bytes.length < most) this.bytes = Buffer.alloc(most);
      writeAll(this.file, this.bytes.subarray(0, this.bytes.write(this.text)));
    } catch (error) {
      throw writeError(error, this.path);
    }
    this.text = '';
  }

  /** @param keep false leaves what stood there before */
  close(keep: boolean): void {
    if (keep) this.flush();
    closeSync(this.file);
    if (keep) renameSync(this.temporary, this.path);
  }
}

/** Writes one file of scores per arm and seed, in the order of cue, question and index. */
export function writeScores(folder: string, settled: Settled, imported: Imported): void {
  for (const cells of models(settled).values()) {
    const { arm, seed } = cells[0] as SettledCell;
    const out = new Writer(scoresFile(folder, arm, seed));
    const end = `"behaviour":null,"by":"${imported.format}","judge":"${imported.judge}","sample":"imported"}`;
    for (const { cue, groups } of cells) {
      for (const { question, order, group } of groups) {
        const begin = `${JSON.stringify({ arm, seed, cue, question }).slice(0, -1)},"index":`;
        for (const [index, i] of order.entries())
          out.line(
            `${begin}${index},"outcome":"${OUTCOMES[group.codes[i] as number]}",${scoresText(group, i)}${end}`,
          );
      }
    }
    out.close(true);
  }
}

/** The scores of an answer as a score line has them. */
function scoresText({ scores }: Group, i: number): string {
  if (!scores) return '';
  const of = (['alignment', 'coherence'] as const).filter((measure) => scores[measure][i] !== ABSENT);
  if (of.length === 0) return '';
  // JSON writes NaN, a score that could not be read, as null.
  const numbers = Object.fromEntries(of.map((measure) => [measure, scores[measure][i]]));
  const otherwise = OUTCOMES[scores.otherwise[i] as number];
  const rest = otherwise === 'aligned' ? '' : `"otherwise":"${otherwise}",`;
  return `"scores":${JSON.stringify(numbers)},${rest}`;
}

/** What a second reading of the files needs of the first. */
export interface FirstReading {
  settled: Settled;
  collection: Collection;
  mapping: Mapping;
  imported: Imported;
  /** Is told every answer, so that no third reading is needed to find those that repeat. */
  repeats: Repeats;
}

/** One group of answers on its way into a file. */
interface Target {
  key: Omit<Repeatable, 'answer'>;
  begin: string;
  end: string;
  /** Index of each of its rows. */
  indices: Uint32Array;
  next: number;
  out: Writer;
}

/** Reads the files again and writes the texts of the answers, one file per arm and seed, in the order of the rows. */
export async function writeSamples(
  folder: string,
  { settled, collection, mapping, imported, repeats }: FirstReading,
): Promise<void> {
  const known = new Map<Group, Target>();
  const writers: Writer[] = [];
  for (const cells of models(settled).values()) {
    const { arm, seed } = cells[0] as SettledCell;
    const out = new Writer(samplesFile(folder, arm, seed));
    writers.push(out);
    const model = identityOf(imported, arm, seed);
    for (const { cue, groups } of cells) {
      for (const { question, order, group } of groups) {
        const indices = new Uint32Array(order.length);
        for (const [index, i] of order.entries()) indices[i] = index;
        const begin = `${JSON.stringify({ arm, seed, cue, question }).slice(0, -1)},"index":`;
        const end = `"tokens":null,"request":"${shortHash([model, cue, question])}","model":"${model}"}`;
        known.set(group, { key: { arm, cue, question }, begin, end, indices, next: 0, out });
      }
    }
  }
  let whole = false;
  try {
    for (const { columns, source, name } of collection.files) {
      for await (const { rows, lines } of source.read(columns.wanted)) {
        for (const [i, row] of rows.entries()) {
          const group = groupOf(collection, row, columns, mapping, { file: name, line: lines[i] as number });
          const target = known.get(group);
          if (!target) continue;
          const at = target.next++;
          const failed = OUTCOMES[group.codes[at] as number] === 'failed';
          const text = String(columns.get(row, 'answer') ?? '');
          repeats.add({ ...target.key, answer: text });
          const answer = JSON.stringify(text);
          const ended = failed ? '"finish":"failed","reason":"imported as failed"' : '"finish":"stop"';
          target.out.line(`${target.begin}${target.indices[at]},"answer":${answer},${ended},${target.end}`);
        }
      }
    }
    whole = true;
  } finally {
    for (const writer of writers) writer.close(whole);
  }
}

/** Writes a line per model: what is known of it is its name. */
export function writeModels(folder: string, settled: Settled, imported: Imported): void {
  const labels = new Map([...settled.bases, ...settled.arms].map(({ id, label }) => [id, label]));
  const records = [...models(settled).values()].map((cells): ModelRecord => {
    const { arm, seed } = cells[0] as SettledCell;
    const base = imported.seeds[arm]?.[seed] ?? (labels.get(arm) as string);
    const identity = identityOf(imported, arm, seed);
    return { arm, seed, engine: 'imported', base, adapter: null, identity, training: null, stages: [] };
  });
  writeFileAtomic(
    join(folder, FILES.models),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
}

const identityOf = ({ files }: Imported, arm: string, seed: number): string =>
  shortHash([files.map(({ sha256 }) => sha256), arm, seed]);

const models = ({ cells }: Settled): Map<string, SettledCell[]> =>
  Map.groupBy(cells, ({ arm, seed }) => `${arm}.${seed}`);
