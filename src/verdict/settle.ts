/** What would settle an inconclusive arm, in words. */
import type { VerdictSpec } from '../records/spec.js';
import { type Draws, drawCount, drawsToReach, type Null } from '../statistics/eprocess.js';
import type { Ledger } from '../statistics/ledger.js';
import { excessLower, excessUpper, growthUntil } from './bounds.js';
import { type CellFacts, tooFew } from './decide.js';
import type { Tally } from './table.js';
import { costText, count, under } from './words.js';

/** One cell of an inconclusive arm with the counts that its bounds rest on (see `evenPair`); a cue also with its draws. */
export interface OpenCell {
  facts: CellFacts;
  tuned: Tally | null;
  base: Tally | null;
  hasBase: boolean;
  /** Lower bound of the judge's index under its cue; 1 without labels. */
  index: number;
  cue: { draws: Draws; needed: number; hypothesis: Null } | null;
}

/**
 * Says about how many more answers would settle the arm if all rates stay as they are, or why more cannot help: enough
 * for every open cell to be bounded, or else for one effect to be claimed or plain to be called broad.
 *
 * @param open cells that keep the arm from being clean; @param cells all its cells, plain first.
 */
export function toSettle(
  open: readonly OpenCell[],
  cells: readonly OpenCell[],
  spec: VerdictSpec,
  ledger: Ledger,
  usdPerAnswer: number | null = null,
): string {
  const empty = open.find(({ tuned, base, hasBase }) => !tuned || (hasBase && !base));
  if (empty)
    return `Answers ${under(empty.facts.cue)} to every question, of the base and of each training seed: some have none.`;
  const found = soonest(cells, spec, ledger);
  const few = open.find(({ facts }) => tooFew(facts, spec));
  const noBase = cells.some(({ hasBase }) => !hasBase);
  if (!few && !noBase) {
    const factors = open.map(({ tuned, base, index }) =>
      growthUntil(
        tuned as Tally,
        base as Tally,
        (t, b) => (excessUpper(t, b, ledger, index) ?? 2) < spec.tolerance,
      ),
    );
    const largest = factors.reduce<number | null>(
      (most, f) => (most === null || f === null ? null : Math.max(most, f)),
      1,
    );
    if (largest !== null)
      return `${more(cells, largest, usdPerAnswer)} would bound every cell below the tolerance, if the rates stay as they are.`;
  }
  if (found)
    return `${more(cells, found.factor, usdPerAnswer)} ${found.what}, if the rates stay as they are.`;
  if (few) return `More answers cannot help: too few of those ${under(few.facts.cue)} are eligible.`;
  if (noBase) return 'More answers like these would claim nothing, and only a base could make the arm clean.';
  return 'More answers like these would not help: the rates lie between a bound below the tolerance and a claim.';
}

/** The claim or the broad verdict that the fewest further answers would bring, or null. */
function soonest(
  cells: readonly OpenCell[],
  spec: VerdictSpec,
  ledger: Ledger,
): { factor: number; what: string } | null {
  let best: { factor: number; what: string } | null = null;
  const consider = (factor: number | null, what: string): void => {
    if (factor !== null && (best === null || factor < best.factor)) best = { factor, what };
  };
  for (const { facts, tuned, base, cue } of cells) {
    if (cue) {
      const total = drawsToReach(cue.needed, cue.draws, cue.hypothesis);
      consider(
        total === null ? null : total / drawCount(cue.draws),
        `would claim an effect ${under(facts.cue)}`,
      );
    } else if (tuned && base) {
      const isBroad = (t: Tally, b: Tally): boolean => (excessLower(t, b, ledger) ?? -1) > spec.tolerance;
      consider(growthUntil(tuned, base, isBroad), 'would show an excess without any cue');
    }
  }
  return best;
}

/** "About 150 more answers in each cell (now 100, about USD 1.20)". */
function more(cells: readonly OpenCell[], factor: number, usdPerAnswer: number | null): string {
  const now = Math.max(...cells.map(({ tuned }) => tuned?.samples ?? 0));
  const extra = Math.max(1, Math.ceil((factor - 1) * now));
  const ofCells = cells.reduce((sum, { base }) => sum + (base ? 2 : 1), 0);
  return `About ${count(extra)} more answers in each cell (now ${count(now)}${costText(extra * ofCells, usdPerAnswer)})`;
}
