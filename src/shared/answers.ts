import { existsSync } from 'node:fs';
import { behaviourOf, outcomeOf, pack, STATES } from '../records/outcome.js';
import type { Plan } from '../records/plan.js';
import type { AnswerKey, Sample, Score } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { shortHash } from './hash.js';
import { readJournal, readJournalBatches } from './journal.js';
import { samplesFile, scoresFile } from './run-folder.js';

/** The part of a score line that numbers and reports are made of. */
export type PlannedScore = AnswerKey & Pick<Score, 'outcome' | 'behaviour' | 'by'>;

/** Hash of an answer: who judged it judged this one. */
export const hashOfAnswer = ({ request, index, answer, finish }: Sample): string =>
  shortHash([request, index, answer, finish]);

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
export async function* plannedScores(
  folder: string,
  plan: Plan,
  judge: string,
): AsyncGenerator<PlannedScore> {
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    yield* (await scoresOf(folder, cells, judge)).all();
  }
}

/** Answers with what became of them, model by model; one model's outcomes are in memory at a time. */
export async function* judgedAnswers(
  folder: string,
  plan: Plan,
  judge: string,
): AsyncGenerator<Sample & PlannedScore> {
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = cells[0] as Plan['cells'][number];
    // Imported outcomes may have no answers beside them.
    if (!existsSync(samplesFile(folder, arm, seed))) continue;
    const scores = await scoresOf(folder, cells, judge);
    for await (const batch of readJournalBatches<Sample>(samplesFile(folder, arm, seed))) {
      for (const sample of batch) {
        const score = scores.get(sample);
        if (score) yield { ...sample, ...score };
      }
    }
  }
}

/**
 * The recorded answers that are planned.
 *
 * @param every is told every recorded answer of the planned models on the way, those that are not planned too
 */
export async function* plannedAnswers(
  folder: string,
  plan: Plan,
  every: (sample: Sample) => void = () => {},
): AsyncGenerator<Sample> {
  for (const cells of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = cells[0] as Plan['cells'][number];
    const isPlanned = plannedOf(cells);
    for await (const batch of readJournalBatches<Sample>(samplesFile(folder, arm, seed))) {
      for (const sample of batch) {
        every(sample);
        if (isPlanned(sample)) yield sample;
      }
    }
  }
}

/** Is an answer of this model planned, given the model's cells? */
function plannedOf(cells: Plan['cells']): (answer: Pick<AnswerKey, 'cue' | 'question' | 'index'>) => boolean {
  const questions = new Map(cells.map((cell) => [cell.cue, new Set(cell.questions)]));
  const most = Math.max(...cells.map((cell) => cell.samples));
  return ({ cue, question, index }) => index < most && questions.get(cue)?.has(question) === true;
}

/** The score lines of one panel to the planned answers of a model, given its cells; some thousand lines at a time. */
export async function* plannedLines(
  folder: string,
  cells: Plan['cells'],
  judge: string,
): AsyncGenerator<Score[]> {
  const { arm, seed } = cells[0] as Plan['cells'][number];
  const isPlanned = plannedOf(cells);
  for await (const batch of readJournalBatches<Score>(scoresFile(folder, arm, seed))) {
    yield batch.filter((score) => score.judge === judge && isPlanned(score));
  }
}

/**
 * The scores of one model, one small number each: a model with a million answers must not cost gigabytes. Of an
 * answer that was judged again the later line counts.
 */
class ModelScores {
  private readonly judges: string[] = [];
  private readonly cells = new Map<string, Map<string, (number | undefined)[]>>();

  constructor(
    private readonly arm: string,
    private readonly seed: number,
  ) {}

  add({ cue, question, index, outcome, behaviour, by }: PlannedScore): void {
    let judge = this.judges.indexOf(by);
    if (judge < 0) judge = this.judges.push(by) - 1;
    const questions = this.cells.get(cue) ?? new Map<string, (number | undefined)[]>();
    this.cells.set(cue, questions);
    const answers = questions.get(question) ?? [];
    questions.set(question, answers);
    answers[index] = judge * STATES + pack(outcome, behaviour);
  }

  get({ cue, question, index }: AnswerKey): PlannedScore | undefined {
    const packed = this.cells.get(cue)?.get(question)?.[index];
    return packed === undefined ? undefined : this.unpack(cue, question, index, packed);
  }

  *all(): Generator<PlannedScore> {
    for (const [cue, questions] of this.cells) {
      for (const [question, answers] of questions) {
        for (const [index, packed] of answers.entries())
          if (packed !== undefined) yield this.unpack(cue, question, index, packed);
      }
    }
  }

  private unpack(cue: string, question: string, index: number, packed: number): PlannedScore {
    const state = packed % STATES;
    return {
      ...{ arm: this.arm, seed: this.seed, cue, question, index },
      outcome: outcomeOf(state),
      behaviour: behaviourOf(state),
      by: this.judges[Math.floor(packed / STATES)] as string,
    };
  }
}

async function scoresOf(folder: string, cells: Plan['cells'], judge: string): Promise<ModelScores> {
  const { arm, seed } = cells[0] as Plan['cells'][number];
  const scores = new ModelScores(arm, seed);
  for await (const lines of plannedLines(folder, cells, judge)) {
    for (const score of lines) scores.add(score);
  }
  return scores;
}
