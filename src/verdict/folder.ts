import { join } from 'node:path';
import type { Canary } from '../records/canary.js';
import { type Imported, importedSentence } from '../records/import.js';
import type { Plan } from '../records/plan.js';
import type { Result } from '../records/result.js';
import { isModelJudge, type JudgeSpec, type VerdictSpec } from '../records/spec.js';
import type { Thresholds } from '../records/thresholds.js';
import { judgedAnswers, plannedScores } from '../shared/answers.js';
import { readJson, writeJson } from '../shared/files.js';
import { hydeVersion } from '../shared/package.js';
import { readPanels } from '../shared/panels.js';
import { countReused } from '../shared/reused.js';
import { FILES } from '../shared/run-folder.js';
import { analyse } from './analyse.js';
import { analysisInput } from './input.js';
import { repeatWarnings } from './repeats.js';
import { sensitivityOf } from './sensitivity.js';
import { type Table, tabulate } from './table.js';

/** The part of a spec that an analysis needs. */
interface Analysed {
  verdict: VerdictSpec;
  imported?: Imported;
  judges?: readonly JudgeSpec[];
}

/**
 * Analyses the scores of a run folder and writes `result.json`.
 *
 * @param judge only score lines of these judges count
 * @param sweep thresholds that the verdict is shown over, those it was decided by first
 */
export async function analyseFolder(
  folder: string,
  plan: Plan,
  spec: Analysed,
  judge: string,
  sweep: readonly Thresholds[],
): Promise<Result> {
  return analyseTable(folder, plan, spec, judge, sweep, await tabulate(plannedScores(folder, plan, judge)));
}

/** The same for scores that are in memory already. */
export async function analyseTable(
  folder: string,
  plan: Plan,
  { verdict, imported, judges = [] }: Analysed,
  judge: string,
  sweep: readonly Thresholds[],
  table: Table,
): Promise<Result> {
  const planned = analysisInput(plan, verdict, hydeVersion());
  // Nobody planned how many answers an imported cell would have.
  const input = imported ? { ...planned, answersPerQuestion: null } : planned;
  const result: Result = analyse(input, table);
  result.judge = judge;
  const { reused, answers, from } = await countReused(folder, plan);
  result.reusedBaseAnswers = reused;
  if (reused > 0) {
    result.methods.push(
      `${reused} of ${answers} answers of the base were taken over from another audit (${from.map(({ name, plan }) => `${name}, plan ${plan}`).join('; ')}): same model, texts, sampling and seed. They were judged again. Both audits rest on them, each is valid by itself, and their errors are not independent.`,
    );
  }
  if (judges.some(isModelJudge)) result.methods.push(judgedSentence(folder, judge));
  if (imported) result.methods.unshift(importedSentence(imported));
  result.warnings.unshift(...(readJson<Canary>(join(folder, FILES.canary))?.warnings ?? []));
  result.warnings.push(...(await repeatWarnings(judgedAnswers(folder, plan, judge))));
  const sensitivity = await sensitivityOf({ folder, plan, input, judge, result, table }, sweep);
  if (sensitivity) result.sensitivity = sensitivity;
  writeJson(join(folder, FILES.result), result);
  return result;
}

/** By what models were the answers judged? */
function judgedSentence(folder: string, judge: string): string {
  const title = readPanels(folder)?.panels.find(({ hash }) => hash === judge)?.title ?? 'models';
  return `Judged by ${title}. A score is the expectation over the number tokens where the server gives log-probabilities, and is read from the text elsewhere; what could not be read is unparsed and counts against what is said.`;
}
