import { join } from 'node:path';
import type { Plan } from '../records/plan.js';
import type { Sample } from '../records/sample.js';
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

/** `reused.json`: the runs whose answers of a base were taken over into this folder. */
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

/** How many of the planned answers of the bases were taken over, of how many, and from where. */
export async function countReused(
  folder: string,
  plan: Plan,
): Promise<{ reused: number; answers: number; from: Origin[] }> {
  const from = readJson<Reused>(join(folder, FILES.reused))?.from ?? [];
  let [reused, answers] = [0, 0];
  for (const { id } of from.length > 0 ? plan.bases : []) {
    const cells = new Map(plan.cells.filter(({ arm }) => arm === id).map((cell) => [cell.cue, cell]));
    for await (const sample of readAnswers(folder, id, 0)) {
      const cell = cells.get(sample.cue);
      if (!cell?.questions.includes(sample.question) || sample.index >= cell.samples) continue;
      answers++;
      if (isReused(sample)) reused++;
    }
  }
  return { reused, answers, from };
}

const isReused = ({ meta }: Sample): boolean => meta?.reused !== undefined;
