import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import { renderComparison } from '../report/comparison.js';
import { plannedScores } from '../shared/answers.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { leanHeap } from '../shared/lean.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { type ComparedRun, compareRuns } from '../verdict/compare.js';
import { countedAnswers } from '../verdict/sequential.js';
import { tabulate } from '../verdict/table.js';
import { outputOf, printPainted } from './output.js';

/** Prints run folders side by side. */
export async function showComparison(dirs: string[], options: Record<string, unknown>): Promise<number> {
  if (dirs.length < 2)
    throw new InputError('there is nothing to compare with', undefined, 'name two run folders or more');
  leanHeap();
  const runs: ComparedRun[] = [];
  for (const dir of dirs) {
    const result = readRunFile<Result>(dir, FILES.result);
    const plan = readRunFile<Plan>(dir, FILES.plan);
    const table = countedAnswers(plan, await tabulate(plannedScores(dir, plan, result.judge ?? '')));
    runs.push({ folder: withoutHome(dir), result, table });
  }
  const comparison = compareRuns(runs);
  const output = outputOf(options);
  const legend =
    '\n\nrates in %, differences and effects in points with 95% intervals; * the effect is claimed';
  const width = process.stdout.isTTY ? output.width : Number.POSITIVE_INFINITY;
  printPainted(output, `${renderComparison(comparison, width)}${legend}`, comparison);
  return 0;
}
