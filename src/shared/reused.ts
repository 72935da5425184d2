import { join } from 'node:path';
import type { Plan } from '../records/plan.js';
import { readAnswers } from './answers.js';
import { readJson, writeJson } from './files.js';
import { FILES } from './run-folder.js';

/** The run that an answer was first given in, as it stands under `meta.reused` of the answer's line. */
export interface Origin {
  /** `hash` of its plan. */
  plan: string;
  /** Name of its audit. */
  name: string;
}

/** `reused.json`: the runs whose answers were taken over into this folder. */
interface Reused {
  schema: 1;
  from: Origin[];
}

/** Notes where answers come from; called before the first of them is written, so that none is ever overlooked. */
export function noteOrigin(folder: string, origin: Origin): void {
  const path = join(folder, FILES.reused);
  const from = readJson<Reused>(path)?.from ?? [];
  if (from.some(({ plan, name }) => plan === origin.plan && name === origin.name)) return;
  const reused: Reused = { schema: 1, from: [...from, origin] };
  writeJson(path, reused);
}

/** How many of the planned answers were taken over, of how many, and from where; of all models and of the bases. */
export async function countReused(folder: string, plan: Plan): Promise<ReusedCount> {
  const from = readJson<Reused>(join(folder, FILES.reused))?.from ?? [];
  const count = { reused: 0, answers: 0, ofBases: 0, from };
  if (from.length === 0) return count;
  const bases = new Set(plan.bases.map(({ id }) => id));
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = cells[0] as Plan['cells'][number];
    const byCue = new Map(cells.map((cell) => [cell.cue, { ...cell, questions: new Set(cell.questions) }]));
    for await (const { cue, question, index, meta } of readAnswers(folder, arm, seed)) {
      const cell = byCue.get(cue);
      if (!cell?.questions.has(question) || index >= cell.samples) continue;
      count.answers++;
      if (meta?.reused === undefined) continue;
      count.reused++;
      if (bases.has(arm)) count.ofBases++;
    }
  }
  return count;
}

/** See `countReused`. */
interface ReusedCount {
  reused: number;
  answers: number;
  ofBases: number;
  from: Origin[];
}
