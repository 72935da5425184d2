import { join } from 'node:path';
import type { Canary } from '../records/canary.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import type { Spec } from '../records/spec.js';
import { judgedAnswers, plannedScores } from '../shared/answers.js';
import { readJson, writeJson } from '../shared/files.js';
import { hydeVersion } from '../shared/package.js';
import { countReused } from '../shared/reused.js';
import { FILES } from '../shared/run-folder.js';
import { analyse } from './analyse.js';
import { analysisInput } from './input.js';
import { repeatWarnings } from './repeats.js';
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
  const result: Result = analyse(analysisInput(plan, spec.verdict, hydeVersion()), table);
  result.judge = judge;
  const { reused, answers, from } = await countReused(folder, plan);
  result.reusedBaseAnswers = reused;
  if (reused > 0) {
    result.methods.push(
      `${reused} of ${answers} answers of the base were taken over from another audit (${from.map(({ name, plan }) => `${name}, plan ${plan}`).join('; ')}): same model, texts, sampling and seed. They were judged again. Both audits rest on them, each is valid by itself, and their errors are not independent.`,
    );
  }
  result.warnings.unshift(...(readJson<Canary>(join(folder, FILES.canary))?.warnings ?? []));
  result.warnings.push(...(await repeatWarnings(judgedAnswers(folder, plan, judge))));
  writeJson(join(folder, FILES.result), result);
  return result;
}
