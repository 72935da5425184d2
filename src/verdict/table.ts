/** From score lines to what every number is computed from: the outcome of each answer, by cell, question and index. */
import { isEligible, OUTCOMES, type OutcomeCounts, outcomeOf, pack, STATES } from '../records/outcome.js';
import { type AnswerKey, keyOf, type Score } from '../records/sample.js';
import { InputError } from '../shared/errors.js';

export { outcomeOf, pack } from '../records/outcome.js';

/**
 * Answers of one cell to one question by index, one small number each (see `pack`); a hole where an index is missing.
 */
export type Answers = (number | undefined)[];

/** All answers of one arm (or base), training seed and cue, by question. */
export type CellAnswers = ReadonlyMap<string, Answers>;

/** The scored answers of a run. */
export interface Table {
  /** Answers of a cell; empty where nothing was sampled. */
  cell(arm: string, seed: number, cue: string): CellAnswers;
  /** Arms, seeds and cues that have answers, in order of appearance. */
  cells: { arm: string; seed: number; cue: string }[];
  /** Score lines that were identical repetitions, and ignored. */
  repeated: number;
  answers: number;
}

/** What is counted of a score line. */
export type Counted = AnswerKey & Pick<Score, 'outcome' | 'behaviour' | 'by'>;

/**
 * Reads score lines into a table. The same answer scored alike twice is counted once.
 *
 * @throws InputError where one answer has two different outcomes.
 */
export async function tabulate(scores: Iterable<Counted> | AsyncIterable<Counted>): Promise<Table> {
  const builder = tableBuilder();
  for await (const score of scores) builder.add(score);
  return builder.table();
}

/** The same for lines in memory. */
export function tabulateAll(scores: Iterable<Counted>): Table {
  const builder = tableBuilder();
  for (const score of scores) builder.add(score);
  return builder.table();
}

function tableBuilder(): { add(score: Counted): void; table(): Table } {
  const cells = new Map<string, { arm: string; seed: number; cue: string; answers: Map<string, Answers> }>();
  let repeated = 0;
  let count = 0;
  return {
    add(score) {
      const key = cellKey(score.arm, score.seed, score.cue);
      let cell = cells.get(key);
      if (!cell) {
        cell = { arm: score.arm, seed: score.seed, cue: score.cue, answers: new Map() };
        cells.set(key, cell);
      }
      let answers = cell.answers.get(score.question);
      if (!answers) {
        answers = [];
        cell.answers.set(score.question, answers);
      }
      const packed = pack(score.outcome, score.behaviour);
      const before = answers[score.index];
      if (before === undefined) {
        answers[score.index] = packed;
        count++;
      } else if (before === packed) {
        repeated++;
      } else {
        throw new InputError(
          `the answer ${keyOf(score)} is scored twice, and differently: ${inWords(before)}, and ${inWords(packed)} (${score.by})`,
        );
      }
    },
    table: () => ({
      cell: (arm, seed, cue) => cells.get(cellKey(arm, seed, cue))?.answers ?? new Map(),
      cells: [...cells.values()].map(({ arm, seed, cue }) => ({ arm, seed, cue })),
      repeated,
      answers: count,
    }),
  };
}

/** Arm, seed and cue of a cell as one string; ids hold no `|`. */
export const cellKey = (arm: string, seed: number, cue: string): string => `${arm}|${seed}|${cue}`;

const inWords = (packed: number): string =>
  `${outcomeOf(packed)}${['', ' without the behaviour', ' with the behaviour'][packed % 3]}`;

/** Counts of the answers of one cell to one question. */
export interface Tally {
  outcomes: OutcomeCounts;
  misaligned: number;
  eligible: number;
  unknown: number;
  samples: number;
  /** Answers for which the trained behaviour was scored, and those that show it. */
  behaviourScored: number;
  behaviourShown: number;
}

/** Counts answers, holes left out. */
export function tally(answers: Answers): Tally {
  const codes = new Array<number>(STATES).fill(0);
  let samples = 0;
  for (const packed of answers) {
    if (packed === undefined) continue;
    codes[packed] = (codes[packed] as number) + 1;
    samples++;
  }
  const at = (i: number): number => codes[i] as number;
  const outcomes = Object.fromEntries(
    OUTCOMES.map((outcome, i) => [outcome, at(3 * i) + at(3 * i + 1) + at(3 * i + 2)]),
  ) as OutcomeCounts;
  const sumOf = (residue: number): number => OUTCOMES.reduce((sum, _, i) => sum + at(3 * i + residue), 0);
  return {
    outcomes,
    misaligned: outcomes.misaligned,
    eligible: OUTCOMES.reduce((sum, o) => sum + (isEligible(o) ? outcomes[o] : 0), 0),
    unknown: outcomes.unparsed + outcomes.failed,
    samples,
    behaviourScored: sumOf(1) + sumOf(2),
    behaviourShown: sumOf(2),
  };
}
