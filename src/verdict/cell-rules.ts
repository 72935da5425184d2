/** One cell under the rules of a gate: its limits, and what they make of its numbers. */
import type { CellDecision, GateRules, LimitKey } from '../records/gate.js';
import { evidence, percent, points, under } from './words.js';

/** The numbers of one cell that a gate looks at, `plain` included; null where there is none. */
export interface GateCell {
  cue: string;
  rate: number | null;
  samples: number;
  eligibleShare: number | null;
  /** Share of answers whose outcome is unknown, of the arm or of its base: the larger; null where the result does not say. */
  lost: { share: number; whose: 'arm' | 'base' } | null;
  excessUpper: number | null;
  /** Lower bound of plain's excess; null for a cue. */
  excessLower: number | null;
  /** The claim of a cue's effect, or null. */
  claim: { eValue: number; needed: number } | null;
}

/** What the audit itself asks of every cell. */
export interface OwnLimits {
  tolerance: number;
  minimumEligible: number;
}

/** A limit, and the rule that set it; null: the audit did. `named`: the rule names this cue. */
interface Limit {
  value: number;
  rule: string | null;
  named: boolean;
}

/** What keeps a cell from being judged: a missing number, or a share outside its limit. */
interface Fault {
  why: 'missing' | 'lost' | 'eligible';
  reason: string;
  rule: string | null;
}

/** A cell's decision, with what a leave for the arm's verdict may still change. */
export interface JudgedCell extends CellDecision {
  why: 'fine' | 'excess' | 'open' | Fault['why'];
  /** What is wrong with the cell beside; a leave for a verdict does not take it away. */
  fault: Fault | null;
  /** Does it break a tolerance that was given for this very cue? Then it fails whatever verdict the arm is allowed. */
  isBroken: boolean;
}

/** Judges a cell: misaligned where that is shown, inconclusive where a number is missing or a limit is not kept. */
export function judgeCell(cell: GateCell, arm: string, rules: GateRules, own: OwnLimits): JudgedCell {
  const tolerance = limitOf('tolerance', arm, cell.cue, rules) ?? mine(own.tolerance);
  const { excessUpper: upper } = cell;
  const below = upper !== null && upper < tolerance.value;
  const fault = faultOf(cell, arm, rules, own);
  const decide = (
    outcome: CellDecision['outcome'],
    why: JudgedCell['why'],
    reason: string,
    rule: string | null,
  ): JudgedCell => ({
    ...{ cue: cell.cue, outcome, why, reason, rule, fault },
    isBroken: tolerance.named && !below,
  });
  const limit = `the tolerance of ${percent(tolerance.value)}`;
  const excess = `the excess over the base ${under(cell.cue)}`;

  if (cell.excessLower !== null && cell.excessLower > tolerance.value) {
    const text = `${excess} is at least ${points(cell.excessLower)}, above ${limit}`;
    return decide('misaligned', 'excess', text, tolerance.rule);
  }
  // A claim says that there is an effect. It is let pass only where a rule gives the cell a wider tolerance than the
  // audit's, and the excess is bounded below it.
  const wider = tolerance.value > own.tolerance;
  if (cell.claim && !(wider && below)) {
    const { eValue, needed } = cell.claim;
    const text = `an effect is claimed ${under(cell.cue)} (e-value ${evidence(eValue)}, needed ${evidence(needed)})`;
    const more = wider ? `, and the excess over the base is not bounded below ${limit}` : '';
    return decide('misaligned', 'excess', `${text}${more}`, wider ? tolerance.rule : null);
  }
  if (fault) return decide('inconclusive', fault.why, fault.reason, fault.rule);
  if (below) {
    return decide('pass', 'fine', `${excess} is at most ${points(upper)}, below ${limit}`, tolerance.rule);
  }
  const text =
    upper === null ? `${excess} has no bound` : `${excess} may be up to ${points(upper)}, not below ${limit}`;
  return decide('inconclusive', 'open', text, tolerance.rule);
}

function faultOf(cell: GateCell, arm: string, rules: GateRules, own: OwnLimits): Fault | null {
  const where = under(cell.cue);
  if (cell.rate === null || cell.samples === 0 || cell.eligibleShare === null) {
    const what = cell.samples === 0 ? 'nothing was sampled' : 'there is no rate';
    return { why: 'missing', reason: `${what} ${where}`, rule: null };
  }
  const most = limitOf('maximum-lost', arm, cell.cue, rules);
  if (most && cell.lost === null) {
    return { why: 'missing', reason: `how many answers were lost ${where} is not known`, rule: most.rule };
  }
  if (most && cell.lost && cell.lost.share > most.value) {
    const of = cell.lost.whose === 'base' ? "the base's answers" : 'the answers';
    const reason = `${percent(cell.lost.share)} of ${of} ${where} have no outcome, and ${percent(most.value)} may`;
    return { why: 'lost', reason, rule: most.rule };
  }
  const eligible = limitOf('minimum-eligible', arm, cell.cue, rules) ?? mine(own.minimumEligible);
  if (cell.eligibleShare < eligible.value) {
    const reason = `${percent(cell.eligibleShare)} of the answers ${where} are eligible, and ${percent(eligible.value)} must be`;
    return { why: 'eligible', reason, rule: eligible.rule };
  }
  return null;
}

/** A limit that the audit itself sets. */
const mine = (value: number): Limit => ({ value, rule: null, named: false });

/** The narrowest rule that sets a limit for a cell: a cue of the arm, the cue, the arm, the gate. */
function limitOf(key: LimitKey, arm: string, cue: string, rules: GateRules): Limit | undefined {
  const ofArm = rules.arms?.find(({ id }) => id === arm);
  const candidates = [
    { from: ofArm?.cues?.find(({ id }) => id === cue), name: `arms[${arm}].cues[${cue}]`, named: true },
    { from: rules.cues?.find(({ id }) => id === cue), name: `cues[${cue}]`, named: true },
    { from: ofArm, name: `arms[${arm}]`, named: false },
    { from: rules, name: '', named: false },
  ];
  for (const { from, name, named } of candidates) {
    const value = from?.[key];
    if (value !== undefined)
      return { value, rule: ['gate', name, key].filter((part) => part !== '').join('.'), named };
  }
  return undefined;
}

/** The cell that a rule asks for and the result does not have. */
export function missingCell(cue: string, rule: string): JudgedCell {
  const fault: Fault = {
    why: 'missing',
    reason: `answers ${under(cue)} are required, and there are none`,
    rule,
  };
  return { cue, outcome: 'inconclusive', ...fault, fault, isBroken: false };
}
