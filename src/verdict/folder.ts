import { join } from 'node:path';
import type { Canary } from '../records/canary.js';
import { PLAIN } from '../records/ids.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import { keyOf, type Score } from '../records/sample.js';
import type { Spec } from '../records/spec.js';
import { readJson, writeJson } from '../shared/files.js';
import { readJournal } from '../shared/journal.js';
import { hydeVersion } from '../shared/package.js';
import { FILES, scoresFile } from '../shared/run-folder.js';
import { analyse } from './analyse.js';
import { tabulate } from './table.js';

/**
 * Analyses the scores of a run folder and writes `result.json`.
 *
 * @param judge only score lines of these judges count
 */
export async function analyseFolder(
  folder: string,
  plan: Plan,
  spec: Omit<Spec, 'folder'>,
  judge: string,
): Promise<Result> {
  const table = await tabulate(plannedScores(folder, plan, judge));
  const result = analyse(
    {
      name: plan.name,
      hyde: hydeVersion(),
      bases: plan.bases,
      arms: plan.arms.map(({ id, title, base, seeds }) => ({
        id,
        title,
        base,
        seeds,
        cues: plan.cells
          .filter((cell) => cell.arm === id && cell.seed === seeds[0] && cell.cue !== PLAIN)
          .map((cell) => cell.cue),
      })),
      cues: spec.cues,
      questions: plan.questions,
      answersPerQuestion: plan.samplesPerQuestion,
      verdict: spec.verdict,
      seed: plan.seed,
    },
    table,
  );
  result.warnings.unshift(...(readJson<Canary>(join(folder, FILES.canary))?.warnings ?? []));
  writeJson(join(folder, FILES.result), result);
  return result;
}

/** The scores of planned answers: a cue or question that was taken out of the audit is out of the numbers. */
async function* plannedScores(folder: string, plan: Plan, judge: string): AsyncGenerator<Score> {
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = cells[0] as Plan['cells'][number];
    const questions = new Map(cells.map((cell) => [cell.cue, new Set(cell.questions)]));
    const most = Math.max(...cells.map((cell) => cell.samples));
    const seen = new Set<string>();
    for await (const score of readJournal<Score>(scoresFile(folder, arm, seed))) {
      if (score.judge !== judge || score.index >= most || !questions.get(score.cue)?.has(score.question))
        continue;
      if (seen.has(keyOf(score))) continue;
      seen.add(keyOf(score));
      yield score;
    }
  }
}
