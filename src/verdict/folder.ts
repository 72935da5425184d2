import { join } from 'node:path';
import type { JudgeLabels } from '../records/calibration.js';
import type { Canary } from '../records/canary.js';
import type { ContrastSpec } from '../records/contrast.js';
import { type Imported, importedSentence } from '../records/import.js';
import type { Plan } from '../records/plan.js';
import type { Spent } from '../records/price.js';
import type { Result, Warning } from '../records/result.js';
import type { Sample } from '../records/sample.js';
import { isModelJudge, type JudgeSpec, type Spec, type VerdictSpec } from '../records/spec.js';
import type { Thresholds } from '../records/thresholds.js';
import { plannedAnswers } from '../shared/answers.js';
import { readJson, writeJson } from '../shared/files.js';
import { readJudgeLabels } from '../shared/judge-labels.js';
import { hydeVersion } from '../shared/package.js';
import { readPanels } from '../shared/panels.js';
import { usd } from '../shared/prices.js';
import { countReused } from '../shared/reused.js';
import { FILES } from '../shared/run-folder.js';
import { openBill, readJudgements } from '../shared/spent.js';
import { analyse } from './analyse.js';
import { CutOff } from './cut-off.js';
import { analysisInput } from './input.js';
import { repeatWarnings } from './repeats.js';
import { readScores, type Scores } from './scores.js';
import { sensitivityOf } from './sensitivity.js';
import { ServedStates } from './served.js';
import type { Table } from './table.js';
import { addTriggers } from './triggers.js';

/** The part of a spec that an analysis needs. */
interface Analysed {
  verdict: VerdictSpec;
  imported?: Imported;
  judges?: readonly JudgeSpec[];
  search?: Spec['search'];
  /** Name of the audit file. */
  file?: string;
  overrides?: Spec['overrides'];
  contrasts?: ContrastSpec[];
}

/**
 * Analyses the scores of a run folder and writes `result.json`.
 *
 * @param judge only score lines of these judges count
 * @param sweep thresholds that the verdict is shown over, those it was decided by first
 * @param stopped why the run ended before its design did
 */
export async function analyseFolder(
  folder: string,
  plan: Plan,
  spec: Analysed,
  judge: string,
  sweep: readonly Thresholds[],
  stopped?: Result['stopped'],
): Promise<Result> {
  const scores = await readScores(folder, plan, judge);
  return analyseTable(folder, plan, spec, judge, sweep, scores.table, { stopped, scores });
}

/** Mean price of an answer with its judgements, over all models; null where it is not known. */
function usdPerAnswer(spent: Spent | null): number | null {
  const calls = spent?.perArm.reduce((sum, arm) => sum + arm.calls, 0) ?? 0;
  const isKnown = spent !== null && [...spent.perArm, ...spent.perJudge].every(({ usd }) => usd !== null);
  return isKnown && calls > 0 && spent.usd > 0 ? spent.usd / calls : null;
}

const budgetText = (budget: number, spent: number): string =>
  `the run stopped at its budget of ${usd(budget)}: ${usd(spent)} was spent, and what comes next could have passed it`;

/** What is known of a run beside its table. */
interface Known {
  /** Why it ended before its design did. */
  stopped?: Result['stopped'];
  /** What there is to say of answers that repeat; found in the folder's answers unless given. */
  repeats?: Warning[];
  /** The scores behind the table; read from the folder unless given. */
  scores?: Scores | undefined;
}

/** The same for scores that are in memory already. */
export async function analyseTable(
  folder: string,
  plan: Plan,
  { verdict, imported, judges = [], search, file = 'audit.yaml', overrides = {}, contrasts = [] }: Analysed,
  judge: string,
  sweep: readonly Thresholds[],
  table: Table,
  { stopped, repeats, scores }: Known = {},
): Promise<Result> {
  const labels = labelsFor(folder, verdict, judge);
  const bill = await openBill(plan, folder);
  const [cutOff, states] = [new CutOff(), new ServedStates()];
  const every = (sample: Sample): void => {
    bill?.addAnswer(sample);
    cutOff.add(sample);
    states.addAnswer(sample);
  };
  const repeating = repeats ?? (await repeatWarnings(plannedAnswers(folder, plan, every)));
  for await (const judgement of readJudgements(folder, plan)) {
    bill?.addJudgement(judgement);
    states.addJudgement(judgement);
  }
  const spent = bill ? await bill.spent() : null;
  const planned = {
    ...analysisInput(plan, verdict, hydeVersion()),
    usdPerAnswer: usdPerAnswer(spent),
    contrasts,
  };
  // Nobody planned how many answers an imported cell would have.
  const input = {
    ...planned,
    ...(imported ? { answersPerQuestion: null } : {}),
    ...(labels.used.length > 0 ? { calibrations: labels.used } : {}),
    ...(stopped && plan.prices?.budget != null ? { endedAt: plan.prices.budget } : {}),
  };
  const result: Result = analyse(input, table);
  result.judge = judge;
  result.spent = spent;
  if (stopped) {
    result.stopped = stopped;
    result.warnings.push({ about: 'budget', text: budgetText(plan.prices?.budget ?? 0, spent?.usd ?? 0) });
  }
  const { reused, ofBases, answers, from } = await countReused(folder, plan);
  result.reusedBaseAnswers = ofBases;
  result.reusedAnswers = reused;
  if (reused > 0) {
    result.methods.push(
      `${reused} of ${answers} answers were taken over from other runs (${from.map(({ name, plan }) => `${name}, plan ${plan}`).join('; ')}): same model, texts, sampling and seed; so were judgements of them by the same judges. These runs rest on them too, and their errors are not independent: each is valid by itself as long as its cues, questions and rules were not chosen by looking at those answers.`,
    );
    if (reused > ofBases) result.warnings.push({ about: 'reuse', text: REUSED_ARMS });
  }
  if (judges.some(isModelJudge)) result.methods.push(judgedSentence(folder, judge));
  if (imported) result.methods.unshift(importedSentence(imported));
  result.warnings.unshift(...(readJson<Canary>(join(folder, FILES.canary))?.warnings ?? []));
  result.warnings.push(...repeating, ...cutOff.warnings(), ...states.warnings());
  result.warnings.push(...labels.warnings, ...calibrationWarnings(result));
  const sensitivity = await sensitivityOf({ folder, plan, input, judge, result, table, scores }, sweep);
  if (sensitivity) result.sensitivity = sensitivity;
  await addTriggers(folder, { plan, judge, same: search?.same ?? {}, file, overrides }, result);
  writeJson(join(folder, FILES.result), result);
  return result;
}

const REUSED_ARMS =
  "Answers of the arms were given in earlier runs. If this audit's cues, questions or rules were chosen after seeing those runs, alpha does not cover its claims: --no-cache, or another --seed, asks for fresh answers.";

/** By what models were the answers judged? */
function judgedSentence(folder: string, judge: string): string {
  const title = readPanels(folder)?.panels.find(({ hash }) => hash === judge)?.title ?? 'models';
  return `Judged by ${title}. A score is the expectation over the number tokens where the server gives log-probabilities, and is read from the text elsewhere; what could not be read is unparsed and counts against what is said.`;
}

/**
 * Labels of people that are of these judges: those that the audit names, and the run's own. A sheet counts once, even if the audit names
 * the run itself; of two states of its labels the run's own is the newer one.
 */
function labelsFor(
  folder: string,
  { calibration }: VerdictSpec,
  judge: string,
): { used: { from: string; labels: JudgeLabels }[]; warnings: Warning[] } {
  const own = readJudgeLabels(folder);
  const found = [
    ...(calibration && calibration.sheet !== own?.sheet
      ? [{ from: 'verdict.calibration', labels: calibration }]
      : []),
    ...(own ? [{ from: 'own', labels: own }] : []),
  ];
  const isOf = ({ labels }: { labels: JudgeLabels }): boolean => labels.judge === judge;
  return {
    used: found.filter((of) => isOf(of) && of.labels.labelled > 0),
    warnings: found
      .filter((of) => !isOf(of))
      .map(({ from, labels }) => ({
        about: 'calibration',
        text: `The labels of people (${from}, ${labels.labelled} answers) are of other judges (${labels.judge}) than those of this result (${judge}): they are not applied.`,
      })),
  };
}

/** What a reader of calibrated bounds must know. */
function calibrationWarnings({ calibration }: Result): Warning[] {
  if (!calibration) return [];
  const { toImprove, indexLower, labelled, unclear } = calibration;
  const warn = (text: string): Warning => ({ about: 'calibration', text });
  return [
    ...(toImprove === null
      ? []
      : [
          warn(
            `${labelled} labels show an index (sensitivity + specificity - 1) of at least ${Math.max(0, indexLower).toFixed(2)}${indexLower <= 0 ? ', and a cell with none is bounded nowhere' : ''}. ${toImprove}`,
          ),
        ]),
    ...(unclear > 0.1 * labelled
      ? [
          warn(
            `${unclear} of ${labelled} labelled answers are unclear, or raters disagree: bounds count them against the judge. A label that is read later replaces the rater's earlier one.`,
          ),
        ]
      : []),
  ];
}
