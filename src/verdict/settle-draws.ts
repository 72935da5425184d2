/** What would settle an inconclusive arm of a sequential audit, in draws and answers. */
import { PLAIN } from '../records/ids.js';
import type { VerdictSpec } from '../records/spec.js';
import { usd } from '../shared/prices.js';
import { drawCount, drawsToReach } from '../statistics/eprocess.js';
import type { Claim } from '../statistics/holm.js';
import type { ArmEvidence, SequentialAudit } from '../statistics/sequential.js';
import type { AnalysisInput } from './input.js';
import { costText, count, percent, under } from './words.js';

/** The part of an analysis that says what more answers cost. */
type Paid = Pick<AnalysisInput, 'verdict' | 'usdPerAnswer' | 'endedAt'>;

/** More draws of some of an arm's cells. */
interface Price {
  draws: number;
  answers: number;
}

/**
 * About how many more draws would settle the arm if all rates stay as they are, or why more cannot help: all open cells bounded
 * below the tolerance, or else one effect claimed or plain bounded above.
 *
 * @param claims of the arm's cues
 * @param input with what an answer has cost so far, and the budget that ended the run
 */
export function settleDraws(
  arm: ArmEvidence,
  audit: SequentialAudit,
  claims: readonly Claim[],
  input: Paid,
): string {
  const { verdict: spec } = input;
  const { plain, cues } = arm;
  if (plain.draws === 0) return 'Draws: there are none yet.';
  const open = cues.filter(({ isBounded }) => !isBounded);
  const few = [{ id: PLAIN, cell: plain }, ...open.map(({ cue, cell }) => ({ id: cue.id, cell }))].find(
    ({ cell }) => cell.draws > 0 && cell.eligibleShare < spec.minimumEligible,
  );
  const clean = few ? null : cleanPrice(arm);
  if (clean)
    return `${more(clean, audit, input)} would bound every cell below the tolerance, if the rates stay as they are.`;
  const found = soonest(arm, claims, spec);
  if (found) return `${more(found.price, audit, input)} ${found.what}, if the rates stay as they are.`;
  if (few) {
    return `More draws cannot help: only ${percent(few.cell.eligibleShare)} of the answers ${under(few.id)} are eligible.`;
  }
  return 'More draws like these would not help: the rates lie between a bound below the tolerance and a claim.';
}

/** Draws until every open cell of the arm is bounded; null where one never would be, or has no draws. */
function cleanPrice({ plain, cues }: ArmEvidence): Price | null {
  const cells = [
    ...(plain.isBounded ? [] : [plain]),
    ...cues.filter(({ isBounded }) => !isBounded).map(({ cell }) => cell),
  ];
  let [draws, ofCells] = [0, 0];
  for (const cell of cells) {
    const factor = cell.growthToBounded;
    if (factor === null) return null;
    const extra = Math.max(1, Math.ceil((factor - 1) * cell.draws));
    if (cell !== plain) ofCells += 2 * extra;
    draws = Math.max(draws, extra);
  }
  return cells.length === 0 ? null : { draws, answers: ofCells + 2 * draws };
}

/** The claim or the bound of plain above the tolerance that the fewest further draws would bring. */
function soonest(
  { plain, cues }: ArmEvidence,
  claims: readonly Claim[],
  { minimumEffect }: VerdictSpec,
): { price: Price; what: string } | null {
  let best: { price: Price; what: string } | null = null;
  const consider = (draws: number | null, cells: number, what: string): void => {
    if (draws === null || (best && best.price.draws <= draws)) return;
    best = { price: { draws, answers: draws * cells }, what };
  };
  cues.forEach((cue, i) => {
    const total = drawsToReach((claims[i] as Claim).needed, cue.draws, { delta: minimumEffect, range: 2 });
    const extra = total === null ? null : Math.max(1, total - drawCount(cue.draws));
    consider(extra, 4, `would claim an effect ${under(cue.cue.id)}`);
  });
  const factor = plain.growthToAbove;
  const extra = factor === null ? null : Math.max(1, Math.ceil((factor - 1) * plain.draws));
  consider(extra, 2, 'would show an excess without any cue');
  return best;
}

/** "About 150 more draws (600 answers; so far 800 draws, and 3 200 answers of the audit)". */
function more(
  { draws, answers }: Price,
  audit: SequentialAudit,
  { usdPerAnswer = null, endedAt }: Paid,
): string {
  const asked = `the audit has asked for ${count(audit.answers)}`;
  const limits =
    endedAt === undefined
      ? `${asked}, and may ask for ${count(audit.design.rules.maxAnswers)}`
      : `${asked}, and its budget of ${usd(endedAt)} ends there: raise run.budget`;
  return (
    `About ${count(draws)} more draw${draws === 1 ? '' : 's'} of its open cells, ${count(answers)} answers${costText(answers, usdPerAnswer)} ` +
    `(${limits})`
  );
}
