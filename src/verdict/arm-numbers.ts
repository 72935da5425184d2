/** Counts and evidence of one arm. */
import { PLAIN } from '../records/ids.js';
import { type Draws, drawCount, eValue, type Null } from '../statistics/eprocess.js';
import { type EvenPair, evenPair } from './even.js';
import { type AnalysisArm, type AnalysisCue, BASE_SEED, type Shared } from './input.js';
import { pairDraws } from './pairing.js';
import { evidenceOf } from './sequential.js';
import { type CellTallies, talliesOf } from './tallies.js';

/** Counts and evidence of an arm, before the family of all arms and cues has decided what is claimed. */
export interface ArmNumbers {
  arm: AnalysisArm;
  plain: CellTallies;
  plainBase: CellTallies | null;
  /** What the bounds of a fixed design rest on. */
  plainEven: EvenPair;
  cues: CueNumbers[];
}

/** Counts and evidence of one cue. */
export interface CueNumbers {
  cue: AnalysisCue;
  tuned: CellTallies;
  base: CellTallies | null;
  even: EvenPair;
  draws: Draws;
  hypothesis: Null;
  /** Null where no draw could be made. */
  eValue: number | null;
}

/** Counts the cells of an arm and weighs the evidence under each of its cues. */
export function armNumbers(arm: AnalysisArm, shared: Shared): ArmNumbers {
  const { input, table, questionIds } = shared;
  const evidence = evidenceOf(arm.id, shared);
  const tuned = (cue: string) => talliesOf(table, { arm: arm.id, seeds: arm.seeds, cue }, questionIds);
  const ofBase = (cue: string) =>
    arm.base === null ? null : talliesOf(table, { arm: arm.base, seeds: [BASE_SEED], cue }, questionIds);
  const even = (cue: string): EvenPair =>
    evidence || input.isStopped
      ? { tuned: null, base: null }
      : evenPair(table, arm, cue, questionIds, input.seed);
  const hypothesis: Null = { delta: input.verdict.minimumEffect, range: arm.base === null ? 1 : 2 };
  const cues = input.cues.filter(({ id }) => arm.cues.includes(id));
  return {
    arm,
    plain: tuned(PLAIN),
    plainBase: ofBase(PLAIN),
    plainEven: even(PLAIN),
    cues: cues.map((cue) => {
      // A seed of which a cell is empty cannot be paired; it is left out here, and a warning names it.
      const answered = arm.seeds
        .map((seed) => ({ cued: table.cell(arm.id, seed, cue.id), plain: table.cell(arm.id, seed, PLAIN) }))
        .filter(({ cued, plain }) => cued.size > 0 && plain.size > 0);
      const base =
        arm.base === null
          ? null
          : { cued: table.cell(arm.base, BASE_SEED, cue.id), plain: table.cell(arm.base, BASE_SEED, PLAIN) };
      const name = [input.seed, arm.id, cue.id];
      const draws = evidence
        ? evidence.cue(cue.id).draws
        : answered.length === 0 || input.isStopped
          ? { scale: 1, counts: new Map<number, number>() }
          : pairDraws({ tuned: answered, base }, questionIds, name);
      return {
        cue,
        tuned: tuned(cue.id),
        base: ofBase(cue.id),
        even: even(cue.id),
        draws,
        hypothesis,
        eValue: drawCount(draws) === 0 ? null : eValue(draws, hypothesis),
      };
    }),
  };
}
