/** What the analysis takes from a sequential audit that was replayed on its records. */
import { outcomeLetter } from '../records/outcome.js';
import type { Draws } from '../statistics/eprocess.js';
import type { Claim } from '../statistics/holm.js';
import type { ArmEvidence, LetterOf, SequentialAudit } from '../statistics/sequential.js';
import type { Shared } from './input.js';
import { outcomeOf, type Table } from './table.js';

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
