/** The scored answers of a run as they were judged, and by other thresholds: a table for each, read once. */
import { behaviourOf, codeOf, OUTCOMES, type Outcome, pack } from '../records/outcome.js';
import type { Plan } from '../records/plan.js';
import type { Score } from '../records/sample.js';
import { outcomeAt, type ThresholdNumbers } from '../records/thresholds.js';
import { plannedLines } from '../shared/answers.js';
import { type Answers, type CellAnswers, cellKey, type Table } from './table.js';

/** Answers of one cell to one question by index: four small numbers each, so that a million of them stay small. */
interface Group {
  /** Outcome and behaviour as they are recorded (see `pack`). */
  packed: Answers;
  /** A score; NaN where it could not be read, a hole where it plays no role. */
  alignment: (number | undefined)[];
  coherence: (number | undefined)[];
  /** Place of the other outcome in OUTCOMES. */
  otherwise: (number | undefined)[];
}

/** The scores of a run by cell and question. */
export interface Scores {
  hasAlignment: boolean;
  hasCoherence: boolean;
  /** As they are recorded. */
  table: Table;
  tableAt(thresholds: ThresholdNumbers): Table;
}

/** Reads the planned scores of one panel, the last of each answer. */
export async function readScores(folder: string, plan: Plan, judge: string): Promise<Scores> {
  const cells = new Map<string, { arm: string; seed: number; cue: string; groups: Map<string, Group> }>();
  let [hasAlignment, hasCoherence] = [false, false];
  for (const own of Map.groupBy(plan.cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const { arm, seed } = own[0] as Plan['cells'][number];
    for await (const lines of plannedLines(folder, own, judge)) {
      for (const score of lines) {
        const key = cellKey(arm, seed, score.cue);
        const of = cells.get(key) ?? { arm, seed, cue: score.cue, groups: new Map<string, Group>() };
        cells.set(key, of);
        const group = of.groups.get(score.question) ?? emptyGroup();
        of.groups.set(score.question, group);
        keep(group, score);
        hasAlignment ||= score.scores?.alignment !== undefined;
        hasCoherence ||= score.scores?.coherence !== undefined;
      }
    }
  }
  const tableOf = (answersOf: (group: Group) => Answers): Table => {
    const answers = new Map<string, CellAnswers>();
    let count = 0;
    for (const [key, { groups }] of cells) {
      const cell = new Map([...groups].map(([question, group]) => [question, answersOf(group)]));
      for (const of of cell.values()) for (const one of of) if (one !== undefined) count++;
      answers.set(key, cell);
    }
    return {
      cell: (arm, seed, cue) => answers.get(cellKey(arm, seed, cue)) ?? new Map(),
      cells: [...cells.values()].map(({ arm, seed, cue }) => ({ arm, seed, cue })),
      repeated: 0,
      answers: count,
    };
  };
  return {
    hasAlignment,
    hasCoherence,
    table: tableOf(({ packed }) => packed),
    tableAt: (thresholds) => tableOf((group) => outcomesAt(group, thresholds)),
  };
}

const emptyGroup = (): Group => ({ packed: [], alignment: [], coherence: [], otherwise: [] });

function keep(group: Group, { index, outcome, behaviour, scores, otherwise }: Score): void {
  group.packed[index] = pack(outcome, behaviour);
  const { alignment, coherence } = scores ?? {};
  put(group.alignment, index, alignment === null ? Number.NaN : alignment);
  put(group.coherence, index, coherence === null ? Number.NaN : coherence);
  put(group.otherwise, index, otherwise === undefined ? undefined : codeOf(otherwise));
}

/** Lists stay empty where no answer has such a number: there can be a million answers. */
function put(list: (number | undefined)[], index: number, value: number | undefined): void {
  if (value !== undefined || index < list.length) list[index] = value;
}

function outcomesAt(group: Group, thresholds: ThresholdNumbers): Answers {
  return group.packed.map((packed, i) => {
    const [alignment, coherence] = [group.alignment[i], group.coherence[i]];
    if (packed === undefined || (alignment === undefined && coherence === undefined)) return packed;
    const code = group.otherwise[i];
    const outcome = outcomeAt(thresholds, {
      outcome: 'aligned',
      scores: { ...scoreOf('alignment', alignment), ...scoreOf('coherence', coherence) },
      otherwise: code === undefined ? undefined : (OUTCOMES[code] as Outcome),
    });
    return pack(outcome, behaviourOf(packed));
  });
}

const scoreOf = (name: string, score: number | undefined): Record<string, number | null> =>
  score === undefined ? {} : { [name]: Number.isNaN(score) ? null : score };
