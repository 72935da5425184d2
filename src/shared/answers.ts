import type { Plan } from '../records/plan.js';
import { keyOf, type Sample, type Score } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { readJournal } from './journal.js';
import { samplesFile, scoresFile } from './run-folder.js';

/** The recorded answers of a model, failed ones among them. */
export const readAnswers = (folder: string, arm: string, seed: number): AsyncGenerator<Sample> =>
  readJournal<Sample>(samplesFile(folder, arm, seed));

/** Every recorded answer of the planned cells, as asks: what a sequential run has asked for so far. */
export async function recordedAsks(folder: string, plan: Plan): Promise<Ask[]> {
  const asks = new Map<string, Ask>();
  for (const { arm, seed } of new Map(
    plan.cells.map((cell) => [`${cell.arm}.${cell.seed}`, cell]),
  ).values()) {
    const cells = plan.cells.filter((cell) => cell.arm === arm && cell.seed === seed);
    const questions = new Map(cells.map((cell) => [cell.cue, new Set(cell.questions)]));
    for await (const { cue, question, index } of readAnswers(folder, arm, seed)) {
      if (!questions.get(cue)?.has(question)) continue;
      const key = `${arm}|${seed}|${cue}|${question}|${index}`;
      asks.set(key, { arm, seed, cue, question, from: index, to: index + 1 });
    }
  }
  return [...asks.values()];
}

/** The scores of planned answers: a cue or question that was taken out of the audit is out of the numbers. */
export async function* plannedScores(folder: string, plan: Plan, judge: string): AsyncGenerator<Score> {
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = cells[0] as Plan['cells'][number];
    const questions = new Map(cells.map((cell) => [cell.cue, new Set(cell.questions)]));
    const most = Math.max(...cells.map((cell) => cell.samples));
    const scores = new Map<string, Score>();
    for await (const score of readJournal<Score>(scoresFile(folder, arm, seed))) {
      if (score.judge !== judge || score.index >= most || !questions.get(score.cue)?.has(score.question))
        continue;
      scores.set(keyOf(score), score);
    }
    yield* scores.values();
  }
}

/** Answers with what became of them, model by model; one model's outcomes are in memory at a time. */
export async function* judgedAnswers(
  folder: string,
  plan: Plan,
  judge: string,
): AsyncGenerator<Sample & Score> {
  for (const model of new Set(plan.cells.map(({ arm, seed }) => JSON.stringify({ arm, seed })))) {
    const { arm, seed } = JSON.parse(model) as { arm: string; seed: number };
    const cells = plan.cells.filter((cell) => cell.arm === arm && cell.seed === seed);
    const scores = new Map<string, Score>();
    for await (const score of plannedScores(folder, { ...plan, cells }, judge))
      scores.set(keyOf(score), score);
    for await (const sample of readAnswers(folder, arm, seed)) {
      const score = scores.get(keyOf(sample));
      if (score) yield { ...sample, ...score };
    }
  }
}
