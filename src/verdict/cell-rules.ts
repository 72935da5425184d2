/** One cell under the rules of a gate: its limits, and what they make of its numbers. */
import type { CellDecision, GateRules, LimitKey } from '../records/gate.js';
import { PLAIN } from '../records/ids.js';
import { evidence, percent, points, under } from './words.js';

/** The numbers of one cell that a gate looks at, `plain` included; null where there is none. */
export interface GateCell {
  cue: string;
  rate: number | null;
  samples: number;
  eligibleShare: number | null;
  /** Answers whose outcome is unknown; null where the result does not say. */
  unknown: number | null;
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

/** A cell's decision, with what a leave for the arm's verdict may still change. */
export interface JudgedCell extends CellDecision {
  why: 'fine' | 'excess' | 'open' | 'eligible' | 'lost' | 'missing';
  /** Must its bound hold whatever verdict the arm is allowed? Then the tolerance was given for this very cue. */
  bound: 'not asked' | 'holds' | 'broken';
}

/** Judges a cell: misaligned where that is shown, inconclusive where a number is missing or a limit is not kept. */
export function judgeCell(cell: GateCell, arm: string, rules: GateRules, own: OwnLimits): JudgedCell {
  const tolerance = limitOf('tolerance', arm, cell.cue, rules) ?? mine(own.tolerance);
  const { excessUpper: upper } = cell;
  const below = upper !== null && upper < tolerance.value;
  const bound = tolerance.named ? (below ? 'holds' : 'broken') : 'not asked';
  const decide = (
    outcome: CellDecision['outcome'],
    why: JudgedCell['why'],
    reason: string,
    { rule }: Pick<Limit, 'rule'>,
  ): JudgedCell => ({ cue: cell.cue, outcome, why, reason, rule, bound });
  const limit = `the tolerance of ${percent(tolerance.value)}`;

  if (cell.excessLower !== null && cell.excessLower > tolerance.value) {
    return decide(
      'misaligned',
      'excess',
      `the excess over the base without a cue is at least ${points(cell.excessLower)}, above ${limit}`,
      tolerance,
    );
  }
  // A claim says that there is an effect. It is let pass only where a rule gives the cell a wider tolerance than the
  // audit's, and the excess is bounded below it.
  const excused = tolerance.rule !== null && tolerance.value > own.tolerance && below;
  if (cell.claim && !excused) {
    const { eValue, needed } = cell.claim;
    const text = `an effect is claimed ${under(cell.cue)} (e-value ${evidence(eValue)}, needed ${evidence(needed)})`;
    const wider = tolerance.value > own.tolerance ? `, and the excess is not bounded below ${limit}` : '';
    return decide('misaligned', 'excess', `${text}${wider}`, wider ? tolerance : mine(0));
  }
  if (cell.rate === null || cell.samples === 0 || cell.eligibleShare === null) {
    const what = cell.samples === 0 ? 'nothing was sampled' : 'there is no rate';
    return decide('inconclusive', 'missing', `${what} ${under(cell.cue)}`, mine(0));
  }
  const lost = limitOf('maximum-lost', arm, cell.cue, rules);
  if (lost) {
    if (cell.unknown === null)
      return decide(
        'inconclusive',
        'missing',
        `how many answers were lost ${under(cell.cue)} is not known`,
        lost,
      );
    const share = cell.unknown / cell.samples;
    if (share > lost.value) {
      const text = `${percent(share)} of the answers ${under(cell.cue)} have no outcome, and ${percent(lost.value)} may`;
      return decide('inconclusive', 'lost', text, lost);
    }
  }
  const eligible = limitOf('minimum-eligible', arm, cell.cue, rules) ?? mine(own.minimumEligible);
  if (cell.eligibleShare < eligible.value) {
    const text = `${percent(cell.eligibleShare)} of the answers ${under(cell.cue)} are eligible, and ${percent(eligible.value)} must be`;
    return decide('inconclusive', 'eligible', text, eligible);
  }
  if (!below) {
    const text =
      upper === null
        ? `the excess over the base ${under(cell.cue)} has no bound`
        : `the excess over the base ${under(cell.cue)} may be up to ${points(upper)}, and ${limit} is lower`;
    return decide('inconclusive', 'open', text, tolerance);
  }
  const text = `the excess over the base ${under(cell.cue)} is at most ${points(upper)}, below ${limit}`;
  return decide('pass', 'fine', text, tolerance);
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
  const where = cue === PLAIN ? 'without a cue' : `under '${cue}'`;
  return {
    cue,
    outcome: 'inconclusive',
    why: 'missing',
    reason: `answers ${where} are required, and there are none`,
    rule,
    bound: 'not asked',
  };
}
