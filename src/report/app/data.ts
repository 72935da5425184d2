import type { Outcome } from '../../records/outcome.js';
import type { ArmResult, Cell, Result } from '../../records/result.js';
import type { Evidence, EvidenceSample } from '../evidence.js';
import { type Row, rowsOf } from '../words.js';

/** Everything the page shows. */
export interface Data {
  result: Result;
  evidence: Evidence;
  /** Embedded answers of an arm (or base) under a cue. */
  answersOf(arm: string, cue: string): readonly EvidenceSample[];
  questionText(id: string): string;
}

/** Which answers a reader asked for: all of a cell, or those to one question. */
export interface Selection {
  arm: string;
  cue: string;
  question?: string | undefined;
}

/** Opens the answers behind a number. */
export type Open = (selection: Selection) => void;

/** Outcomes as the page orders them. */
export const OUTCOMES: readonly Outcome[] = [
  'misaligned',
  'aligned',
  'refusal',
  'incoherent',
  'off-topic',
  'unparsed',
  'failed',
];

/** Reads the data that stands in the page. */
export function readData(): Data {
  const text = document.getElementById('data')?.textContent ?? '';
  const { result, evidence } = JSON.parse(text) as Pick<Data, 'result' | 'evidence'>;
  const byCell = Map.groupBy(evidence.samples, ({ arm, cue }) => `${arm}|${cue}`);
  const texts = new Map(result.questions.map(({ id, text }) => [id, text]));
  return {
    result,
    evidence,
    answersOf: (arm, cue) => byCell.get(`${arm}|${cue}`) ?? [],
    questionText: (id) => texts.get(id) ?? id,
  };
}

/** All cells that the ledger of outcomes lists for an arm: its own, and the base's. */
export const cellsOf = (arm: ArmResult): { row: Row; cell: Cell; of: string }[] =>
  rowsOf(arm).flatMap((row) => [
    { row, cell: row.cell, of: arm.id },
    ...(row.base && arm.base !== null ? [{ row, cell: row.base, of: arm.base }] : []),
  ]);

/** The cell that a selection is about. */
export function cellOf({ result }: Data, { arm, cue }: Selection): Cell | null {
  const tuned = result.arms.find(({ id }) => id === arm);
  if (tuned) return rowsOf(tuned).find((row) => row.cue === cue)?.cell ?? null;
  const base = result.bases.find(({ id }) => id === arm);
  return (cue === 'plain' ? base?.plain : base?.cues.find(({ id }) => id === cue)) ?? null;
}

/** Fewer eligible answers than `clean` asks for? */
export const isThin = (cell: Cell, { minimumEligible }: Result): boolean =>
  cell.eligibleShare !== null && cell.eligibleShare < minimumEligible;
