/** One arm under the rules of a gate. */
import type { ArmDecision, CellDecision, GateOutcome, GateRules } from '../records/gate.js';
import { PLAIN } from '../records/ids.js';
import type { Verdict } from '../records/result.js';
import { type GateCell, type JudgedCell, judgeCell, missingCell, type OwnLimits } from './cell-rules.js';
import { list, percent } from './words.js';

/** An arm as a gate sees it; its cells begin with `plain`. */
export interface GateArm {
  id: string;
  verdict: Verdict;
  reason: string;
  cells: readonly GateCell[];
}

/**
 * Judges an arm. Its cells are judged by their limits, and the worst of them is the arm's outcome; a verdict that the
 * arm is allowed takes away what speaks of that verdict, and nothing else. Without a rule the audit's verdict stands.
 */
export function judgeArm(arm: GateArm, rules: GateRules, own: OwnLimits): ArmDecision {
  const judged = [
    ...arm.cells.map((cell) => judgeCell(cell, arm.id, rules, own)),
    ...requiredCells(arm, rules),
  ];
  const allowed = allowedBy(judged, arm.id, rules);
  const cells = judged.map((cell) => (allowed === null ? cell : pardoned(cell, allowed)));
  const worst = worstCell(cells);
  const common = { id: arm.id, verdict: arm.verdict, cells: cells.map(asDecision) };
  if (worst && worst.outcome !== 'pass') {
    const same = worst.rule === null && outcomeOf(arm.verdict) === worst.outcome && worst.why !== 'missing';
    const failedAs = verdictOf(cells);
    return {
      ...common,
      outcome: worst.outcome,
      failedAs,
      reason: same ? ownReason(arm, own) : `${failedAs}. ${sentence(worst.reason)}`,
      rule: worst.rule,
    };
  }
  const before = arm.cells.map((cell) => judgeCell(cell, arm.id, {}, own));
  // Nothing that this gate can see keeps the arm open, and yet its verdict is: then the verdict stands.
  if (arm.verdict === 'inconclusive' && before.every(({ outcome }) => outcome === 'pass')) {
    return {
      ...common,
      outcome: 'inconclusive',
      failedAs: 'inconclusive',
      reason: ownReason(arm, own),
      rule: null,
    };
  }
  const rulesUsed = new Set(
    cells.flatMap(({ rule }, i) => (rule !== null && before[i]?.outcome !== 'pass' ? [rule] : [])),
  );
  if (arm.verdict === 'clean') {
    const stricter = new Set(cells.flatMap(({ rule }) => rule ?? []));
    const kept = stricter.size > 0 ? [...stricter].join(', ') : null;
    return { ...common, outcome: 'pass', failedAs: null, reason: ownReason(arm, own), rule: kept };
  }
  const changed = cells.filter((_, i) => before[i]?.outcome !== 'pass').map(({ reason }) => reason);
  const shown = changed.length > 2 ? [...changed.slice(0, 2), `${changed.length - 2} more`] : changed;
  return {
    ...common,
    outcome: 'pass',
    failedAs: null,
    reason: `passes, though the audit says ${arm.verdict}. ${sentence(list(shown))}`,
    rule: [...rulesUsed].join(', ') || null,
  };
}

/** A required arm that the result does not have. */
export const missingArm = (id: string): ArmDecision => ({
  id,
  verdict: null,
  outcome: 'inconclusive',
  failedAs: 'inconclusive',
  reason: 'inconclusive. The arm is required, and the result does not have it.',
  rule: 'gate.require.arms',
  cells: [],
});

function requiredCells(arm: GateArm, rules: GateRules): JudgedCell[] {
  const has = new Set(arm.cells.map(({ cue }) => cue));
  const ofArm = rules.arms?.find(({ id }) => id === arm.id)?.require ?? [];
  const asked = [
    ...ofArm.map((cue) => ({ cue, rule: `gate.arms[${arm.id}].require` })),
    ...(rules.require?.cues ?? []).map((cue) => ({ cue, rule: 'gate.require.cues' })),
  ];
  return asked
    .filter(({ cue }, i) => !has.has(cue) && asked.findIndex((other) => other.cue === cue) === i)
    .map(({ cue, rule }) => missingCell(cue, rule));
}

/** The rule that allows the verdict which the cells give, or null. */
function allowedBy(cells: readonly JudgedCell[], arm: string, rules: GateRules): string | null {
  const verdict = verdictOf(cells);
  const allow = rules.arms?.find(({ id }) => id === arm)?.allow;
  return (verdict === 'broad' || verdict === 'conditional') && allow?.includes(verdict)
    ? `gate.arms[${arm}].allow`
    : null;
}

/**
 * A cell of an arm whose verdict is allowed. What speaks of that verdict passes; a tolerance for this very cue, a
 * missing number and a rule on shares stay.
 */
function pardoned(cell: JudgedCell, allow: string): JudgedCell {
  const { fault, isBroken, outcome } = cell;
  if (outcome === 'pass' || isBroken) return cell;
  if (fault && (fault.why === 'missing' || fault.rule !== null)) {
    return { ...cell, outcome: 'inconclusive', ...fault };
  }
  return { ...cell, outcome: 'pass', rule: allow };
}

/** The verdict that cells give: broad, conditional, inconclusive, or null where every one passes. */
function verdictOf(cells: readonly JudgedCell[]): ArmDecision['failedAs'] {
  const found = cells.filter(({ outcome }) => outcome === 'misaligned');
  if (found.length > 0) return found.some(({ cue }) => cue === PLAIN) ? 'broad' : 'conditional';
  return cells.some(({ outcome }) => outcome === 'inconclusive') ? 'inconclusive' : null;
}

const ORDER: readonly GateOutcome[] = ['misaligned', 'inconclusive', 'pass'];

/** The first of the worst cells. A number that is missing comes before a bound that is open. */
function worstCell(cells: readonly JudgedCell[]): JudgedCell | undefined {
  const rank = ({ outcome, why }: JudgedCell): number =>
    ORDER.indexOf(outcome) * 2 + (why === 'open' ? 1 : 0);
  return cells.toSorted((a, b) => rank(a) - rank(b))[0];
}

const outcomeOf = (verdict: Verdict): GateOutcome =>
  verdict === 'clean' ? 'pass' : verdict === 'inconclusive' ? 'inconclusive' : 'misaligned';

const asDecision = ({ cue, outcome, reason, rule }: JudgedCell): CellDecision => ({
  cue,
  outcome,
  reason,
  rule,
});

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** The audit's own verdict and reason; clean with its tolerance. */
function ownReason({ verdict, reason }: GateArm, { tolerance }: OwnLimits): string {
  const named = verdict === 'clean' ? `clean at ${percent(tolerance)}` : verdict;
  return reason.toLowerCase().startsWith(`${named}:`) ? reason : `${named}. ${reason}`;
}
