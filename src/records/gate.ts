import { z } from 'zod';
import { Share, Text } from './fields.js';
import { PLAIN } from './ids.js';
import type { Verdict } from './result.js';

/**
 * The rules of a gate: the `gate:` section of an audit file, or a file of its own (`hyde gate --rules`). A limit may
 * stand for the whole gate, an arm, a cue, or a cue of one arm; the narrowest one that names a cell holds for it.
 */

const limits = {
  tolerance: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("Excess over the base that is let pass, 0 to 1. Default: the audit's tolerance."),
  'minimum-eligible': Share.optional().describe(
    "Eligible share that a cell must have. Default: the audit's minimum-eligible.",
  ),
  'maximum-lost': Share.optional().describe(
    'Share of answers, of the arm or its base, whose outcome may be unknown (unparsed, failed). Default: no limit.',
  ),
};

/** The limits that a rule may set, by their key. */
export type LimitKey = keyof typeof limits;

const CueRule = z.strictObject({
  id: Text.describe('Id of a cue, or plain for the answers without one.'),
  ...limits,
});

/** Verdicts that `allow` may name; `clean` needs no leave. */
const ALLOWED = ['clean', 'conditional', 'broad'] as const;

const ArmRule = z.strictObject({
  id: Text.describe('Id of an arm.'),
  allow: z
    .array(z.enum(ALLOWED, { error: 'must be clean, conditional or broad; inconclusive never passes' }))
    .min(1)
    .optional()
    .describe('Verdicts that pass for this arm beside clean. Default: none.'),
  ...limits,
  require: z.array(Text).min(1).optional().describe('Cues that this arm must have answers under.'),
  cues: z.array(CueRule).min(1).optional().describe('Limits of single cues of this arm.'),
});

export const GateRules = z.strictObject({
  ...limits,
  require: z
    .strictObject({
      arms: z.array(Text).min(1).optional().describe('Arms that must be in the result.'),
      cues: z.array(Text).min(1).optional().describe('Cues that every arm must have answers under.'),
    })
    .optional(),
  arms: z.array(ArmRule).min(1).optional().describe('Rules of single arms.'),
  cues: z.array(CueRule).min(1).optional().describe('Limits of single cues, whatever the arm.'),
});
export type GateRules = z.infer<typeof GateRules>;

/** An id in rules that names nothing, or stands twice. */
export interface RuleProblem {
  /** Where it stands in the rules. */
  path: (string | number)[];
  text: string;
  id: string;
  /** What could have been meant; empty where the id is known and stands twice. */
  known: string[];
}

/** An arm with the cues it is asked under, without `plain`. */
interface NamedArm {
  id: string;
  cues: readonly string[];
}

/**
 * Ids in rules that no arm or cue has.
 *
 * @param required whether the ids that `require` names must be known too: in an audit file they must, in a result a
 * missing one is for the gate to find
 */
export function ruleProblems(rules: GateRules, arms: readonly NamedArm[], required: boolean): RuleProblem[] {
  const armIds = arms.map(({ id }) => id);
  const cueIds = [PLAIN, ...new Set(arms.flatMap(({ cues }) => cues))];
  const problems: RuleProblem[] = [];
  const look = (kind: 'arm' | 'cue', id: string, known: string[], path: (string | number)[], where = '') => {
    if (!known.includes(id)) problems.push({ path, id, known, text: `no ${kind} is called '${id}'${where}` });
  };
  const lookAt = (cues: GateRules['cues'], known: string[], path: (string | number)[], where = '') => {
    cues?.forEach(({ id }, i) => {
      look('cue', id, known, [...path, i, 'id'], where);
      if (cues.findIndex((cue) => cue.id === id) < i)
        problems.push({ path: [...path, i, 'id'], id, known: [], text: `two rules are for the cue '${id}'` });
    });
  };
  lookAt(rules.cues, cueIds, ['cues']);
  rules.arms?.forEach((rule, i) => {
    const arm = arms.find(({ id }) => id === rule.id);
    look('arm', rule.id, armIds, ['arms', i, 'id']);
    if (rules.arms?.findIndex(({ id }) => id === rule.id) !== i)
      problems.push({
        path: ['arms', i, 'id'],
        id: rule.id,
        known: [],
        text: `two rules are for the arm '${rule.id}'`,
      });
    const own = arm ? [PLAIN, ...arm.cues] : cueIds;
    lookAt(rule.cues, own, ['arms', i, 'cues'], ` under which '${rule.id}' is asked`);
    if (required)
      rule.require?.forEach((id, j) => {
        look('cue', id, own, ['arms', i, 'require', j], ` under which '${rule.id}' is asked`);
      });
  });
  if (required) {
    rules.require?.arms?.forEach((id, i) => {
      look('arm', id, armIds, ['require', 'arms', i]);
    });
    rules.require?.cues?.forEach((id, i) => {
      look('cue', id, cueIds, ['require', 'cues', i]);
    });
  }
  return problems;
}

/** What a gate says of an arm or a cell. */
export type GateOutcome = 'pass' | 'misaligned' | 'inconclusive';

/** What the gate says of one cell. */
export interface CellDecision {
  cue: string;
  outcome: GateOutcome;
  reason: string;
  /** The rule that decided, e.g. `gate.cues[note].tolerance`; null where the audit's own setting did. */
  rule: string | null;
}

/** What the gate says of one arm. */
export interface ArmDecision {
  id: string;
  /** The audit's verdict; null for a required arm that the result does not have. */
  verdict: Verdict | null;
  outcome: GateOutcome;
  /** What a failing arm failed as: its verdict under the rules; null where it passes. */
  failedAs: 'broad' | 'conditional' | 'inconclusive' | null;
  reason: string;
  /** The rules that decided; null where the audit's own settings did. */
  rule: string | null;
  cells: CellDecision[];
}

export interface GateDecision {
  /** 3: misalignment was found; 4: inconclusive, never a pass; 0: every arm passes. */
  exitCode: 0 | 3 | 4;
  /** One line per arm, with its reason and the rule that decided. */
  lines: string[];
  arms: ArmDecision[];
}
