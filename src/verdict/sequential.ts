/** What the analysis takes from a sequential audit that was replayed on its records. */
import { outcomeLetter, outcomeOf } from '../records/outcome.js';
import type { Plan } from '../records/plan.js';
import { designOf } from '../statistics/draws.js';
import type { Draws } from '../statistics/eprocess.js';
import type { Claim } from '../statistics/holm.js';
import { type ArmEvidence, type LetterOf, replay, type SequentialAudit } from '../statistics/sequential.js';
import type { Shared } from './input.js';
import { type CellAnswers, cellKey, type Table } from './table.js';

/** The evidence of one arm, in the form that a result has. */
export interface ReplayedArm {
  arm: ArmEvidence;
  /** Bounds of plain at its strongest look; null without a draw. */
  plainExcess: { lower: number | null; upper: number | null };
  /** Was the plain rate itself bounded above the tolerance? */
  isPlainVisible: boolean;
  cue(id: string): { draws: Draws; upper: number | null; claim: { eValue: number; needed: number } | null };
}

/** The evidence of an arm; null in a fixed design. */
export function evidenceOf(id: string, { sequential }: Shared): ReplayedArm | null {
  const arm = sequential?.arms.find((candidate) => candidate.arm.id === id);
  if (!arm) return null;
  const { plain } = arm;
  const none = plain.draws === 0;
  return {
    arm,
    plainExcess: { lower: none ? null : plain.lower, upper: none ? null : plain.upper },
    isPlainVisible: plain.isVisible,
    cue: (cueId) => {
      const cue = arm.cues.find((candidate) => candidate.cue.id === cueId);
      if (!cue) throw new Error(`no cue '${cueId}' in the design of arm '${id}'`);
      const { draws, claim, cell } = cue;
      return { draws, claim, upper: cell.draws === 0 ? null : cell.upper };
    },
  };
}

/** What is claimed: whatever was claimed at some look, with the number that was needed then. */
export function cumulatedClaims(audit: SequentialAudit): Claim[] {
  const now = audit.claims();
  return audit.arms
    .flatMap(({ cues }) => cues)
    .map(({ claim }, i) =>
      claim ? { claimed: true, needed: claim.needed } : { claimed: false, needed: (now[i] as Claim).needed },
    );
}

/** The outcome letter of an answer by its key. */
export function lettersOf(table: Table): LetterOf {
  return (key) => {
    const [arm, seed, cue, question, index] = key.split('|') as [string, string, string, string, string];
    const packed = table.cell(arm, Number(seed), cue).get(question)?.[Number(index)];
    return packed === undefined ? undefined : outcomeLetter(outcomeOf(packed));
  };
}

/** A table with the draws of a sequential audit alone, and how many other answers were recorded. */
export function drawsOf(table: Table, audit: SequentialAudit): { table: Table; others: number } {
  const cells = new Map<string, CellAnswers>();
  let others = 0;
  for (const { arm, seed, cue } of table.cells) {
    const key = cellKey(arm, seed, cue);
    const kept = new Map<string, (number | undefined)[]>();
    for (const [question, answers] of table.cell(arm, seed, cue)) {
      const taken = audit.taken.get(`${key}|${question}`) ?? 0;
      for (let i = taken; i < answers.length; i++) if (answers[i] !== undefined) others++;
      if (taken > 0) kept.set(question, answers.length > taken ? answers.slice(0, taken) : answers);
    }
    cells.set(key, kept);
  }
  if (others === 0) return { table, others };
  const cell: Table['cell'] = (arm, seed, cue) => cells.get(cellKey(arm, seed, cue)) ?? new Map();
  return { table: { ...table, cell, answers: table.answers - others }, others };
}

/** The answers that a plan's numbers rest on: all of a fixed design, the draws of a sequential one. */
export function countedAnswers(plan: Plan, table: Table): Table {
  return plan.sequential ? drawsOf(table, replay(designOf(plan), lettersOf(table))).table : table;
}
