/** What becomes of the verdict when the same answers are judged otherwise. Nothing here decides anything. */
import type { Plan } from '../records/plan.js';
import type { Result, Sensitivity, SensitivityRow } from '../records/result.js';
import { type Thresholds, thresholdsTitle } from '../records/thresholds.js';
import { plannedScores } from '../shared/answers.js';
import { readPanels } from '../shared/panels.js';
import { analyse } from './analyse.js';
import type { AnalysisInput } from './input.js';
import { readScores, type Scores } from './scores.js';
import { type Table, tabulate } from './table.js';

/** Verdicts rest on counts alone; the intervals of a sensitivity table are not shown. */
const RESAMPLES = 20;

/** What other outcomes are analysed with: labels of people are of the judges that decided, and say nothing of others. */
const asJudged = (input: AnalysisInput): AnalysisInput => ({
  ...input,
  calibrations: [],
  resamples: RESAMPLES,
});

/** What the table is made for: the run, and what was decided. */
export interface Decided {
  folder: string;
  plan: Plan;
  input: AnalysisInput;
  /** Hash of the judges that decided. */
  judge: string;
  result: Result;
  table: Table;
  /** The scores behind the table; read from the folder unless given. */
  scores?: Scores | undefined;
}

/**
 * The verdict over a sweep of thresholds (the chosen ones first), and by each other panel that judged every answer.
 *
 * @returns undefined where there are neither scores nor other judges
 */
export async function sensitivityOf(
  decided: Decided,
  sweep: readonly Thresholds[],
): Promise<Sensitivity | undefined> {
  const thresholds = await overThresholds(decided, sweep);
  const judges = await overJudges(decided);
  if (thresholds.length < 2 && judges.length < 2) return undefined;
  return {
    ...(thresholds.length < 2 ? {} : { thresholds }),
    ...(judges.length < 2 ? {} : { judges }),
  };
}

async function overThresholds(
  { folder, plan, input, judge, result, scores: given }: Decided,
  sweep: readonly Thresholds[],
): Promise<SensitivityRow[]> {
  const [chosen, ...others] = sweep;
  if (!chosen) return [];
  const scores = given ?? (await readScores(folder, plan, judge));
  if (!scores.hasAlignment) return [];
  // Where coherence was not measured, thresholds that differ in it alone are the same.
  const effect = ({ 'coherence-above': coherence, ...rest }: Thresholds): string =>
    thresholdsTitle(
      scores.hasCoherence && coherence !== undefined ? { ...rest, 'coherence-above': coherence } : rest,
    );
  const effects = sweep.map(effect);
  const distinct = others.filter((_one, i) => effects.indexOf(effects[i + 1] as string) === i + 1);
  return [
    rowOf(chosen, result),
    ...distinct.map((one) => rowOf(one, analyse(asJudged(input), scores.tableAt(one)))),
  ];
}

async function overJudges({ folder, plan, input, judge, result, table }: Decided): Promise<SensitivityRow[]> {
  const panels = readPanels(folder)?.panels ?? [];
  const main = panels.find(({ hash }) => hash === judge);
  const rows = [rowOf({ id: judge, title: main?.title ?? 'as judged before' }, result)];
  for (const { hash, title } of panels.filter((panel) => panel.hash !== judge)) {
    const other = await tabulate(plannedScores(folder, plan, hash));
    // Judges that saw only a part of the answers are no comparison.
    if (other.answers !== table.answers) continue;
    rows.push(rowOf({ id: hash, title }, analyse(asJudged(input), other)));
  }
  return rows;
}

const rowOf = ({ id, title }: { id: string; title: string }, { arms }: Result): SensitivityRow => ({
  id,
  title,
  arms: arms.map((arm) => ({
    id: arm.id,
    verdict: arm.verdict,
    plainRate: arm.plain.rate,
    cues: arm.cues.map((cue) => ({ id: cue.id, rate: cue.rate })),
  })),
});
