import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../records/plan.js';
import type { Sample } from '../records/sample.js';
import type { StepRecord } from '../records/step.js';
import { plannedScores } from '../shared/answers.js';
import { readJournal } from '../shared/journal.js';
import { readPanels } from '../shared/panels.js';
import { FILES, samplesFile, scoresFile } from '../shared/run-folder.js';

type Kind = StepRecord['kind'];

/** The steps in the order of a run; `found` ends a search, and the audit's own rounds come after it. */
const ORDER: readonly Kind[] = [
  ...(['data', 'train', 'canary', 'candidates', 'found'] as const),
  ...(['pilot', 'sample', 'score', 'analyse', 'report'] as const),
];

/** The answers that a folder holds of those that its plan asks for. */
export interface Answers {
  answers: number;
  failed: number;
  /** Those of both that the present judges have judged; null where it is not written down whose outcomes there are. */
  judged: number | null;
}

/** Counts the answers that belong to the plan, and what the judges have said of them. */
export async function answersOf(dir: string, plan: Plan): Promise<Answers> {
  // Of imported answers only outcomes may be there.
  const file = existsSync(join(dir, 'samples')) ? samplesFile : scoresFile;
  let [answers, failed] = [0, 0];
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = cells[0] as Plan['cells'][number];
    const ofCue = new Map(
      cells.map(({ cue, questions, samples }) => [cue, { questions: new Set(questions), samples }]),
    );
    for await (const { cue, question, index, finish } of readJournal<Sample>(file(dir, arm, seed))) {
      const cell = ofCue.get(cue);
      if (!cell?.questions.has(question) || index >= cell.samples) continue;
      if (finish === 'failed') failed++;
      else answers++;
    }
  }
  return { answers, failed, judged: await judgedOf(dir, plan) };
}

async function judgedOf(dir: string, plan: Plan): Promise<number | null> {
  const main = readPanels(dir)?.panels.find(({ role }) => role === 'main');
  if (!main) return null;
  let judged = 0;
  for await (const _ of plannedScores(dir, plan, main.hash)) judged++;
  return judged;
}

/** How far the search of a run has come: its steps, in their order, and the answers that it has asked for. */
export async function searchedSteps(dir: string, plan: Plan): Promise<{ steps: Kind[]; answers: number }> {
  const recorded = new Set<Kind>();
  for await (const { kind } of readJournal<StepRecord>(join(dir, FILES.steps))) recorded.add(kind);
  let answers = 0;
  for (const { arm, seed } of plan.cells)
    for await (const _ of readJournal<Sample>(samplesFile(dir, arm, seed))) answers++;
  return { steps: [...recorded], answers };
}

/**
 * The steps that are done for the present plan. A step is recorded for the plan of its day: what stands behind the step that was
 * recorded last, behind answers or judgements that are missing, or behind a result that was removed, is to be done again.
 */
export async function doneSteps(
  dir: string,
  plan: Plan,
  { answers, failed, judged }: Answers,
): Promise<Kind[]> {
  const recorded = new Set<Kind>();
  let reached: Kind | undefined;
  for await (const { kind } of readJournal<StepRecord>(join(dir, FILES.steps))) {
    recorded.add(kind);
    reached = kind;
  }
  const isMissing: Partial<Record<Kind, boolean>> = {
    sample: !plan.sequential && answers + failed < plan.totals.answers,
    score: judged !== null && judged < answers + failed,
    analyse: !existsSync(join(dir, FILES.result)),
    report: !existsSync(join(dir, FILES.html)),
  };
  const upTo = reached === undefined ? 0 : ORDER.indexOf(reached) + 1;
  const first = ORDER.findIndex((kind) => isMissing[kind] === true);
  return ORDER.slice(0, first < 0 ? upTo : Math.min(first, upTo)).filter((kind) => recorded.has(kind));
}
