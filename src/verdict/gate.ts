/** The verdict as an exit code: pure, from a `result.json` that is not trusted. */
import { z } from 'zod';
import { type ArmDecision, type GateDecision, type GateRules, ruleProblems } from '../records/gate.js';
import { PLAIN } from '../records/ids.js';
import { VERDICTS } from '../records/result.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { judgeArm, missingArm } from './arm-rules.js';
import type { GateCell } from './cell-rules.js';
import { worstOf } from './decide.js';

export type { GateDecision, GateRules } from '../records/gate.js';

const Rate = z.number().min(0).max(1);

const Count = z.number().int().nonnegative();

/** What became of the answers of a cell. Only a rule on lost answers asks for the outcomes. */
const Answers = z.object({
  samples: Count,
  outcomes: z.object({ unparsed: Count, failed: Count }).optional(),
});
type Answers = z.infer<typeof Answers>;

const GatedCell = Answers.extend({ rate: Rate.nullable(), eligibleShare: Rate.nullable() });

const GatedArm = z.object({
  id: z.string(),
  verdict: z.enum(VERDICTS),
  reason: z.string().min(1),
  base: z.string().nullable(),
  plain: GatedCell,
  plainBase: Answers.nullish(),
  plainExcess: z.object({ lower: z.number().nullable(), upper: z.number().nullable() }),
  cues: z.array(
    GatedCell.extend({
      id: z.string(),
      base: Answers.nullish(),
      excessUpper: z.number().nullable(),
      effect: z.object({ claimed: z.boolean(), needed: z.number(), eValue: z.number().nullable() }),
    }),
  ),
});

/** The fields of a result that the gate reads; anything else may be there. */
const Gated = z.object({
  schema: z.literal(1),
  verdict: z.enum(VERDICTS),
  tolerance: Rate,
  alpha: z.number().gt(0).lt(1),
  minimumEligible: Rate,
  arms: z.array(GatedArm).min(1),
});

/**
 * Decides from the arms' verdicts, or by rules, and checks that the numbers behind them are there and agree.
 *
 * @param rules what passes beside, or must hold beyond, the audit's own verdicts; none unless given
 * @throws InputError (exit code 2) where a number or a verdict is missing, the verdict does not follow from the
 * numbers, or a rule is for an arm or cue that the result does not have
 */
export function gate(result: unknown, rules: GateRules = {}): GateDecision {
  const parsed = Gated.safeParse(result);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const why = issue?.message.includes('received undefined')
      ? 'is missing'
      : (issue?.message ?? 'unreadable');
    throw malformed(`${issue?.path.join('.') || 'the file'}: ${why}`);
  }
  const { arms, tolerance, minimumEligible, verdict } = parsed.data;
  for (const arm of arms) checkArm(arm, tolerance, minimumEligible);
  if (new Set(arms.map(({ id }) => id)).size !== arms.length) throw malformed('two arms have one id');
  if (verdict !== worstOf(arms.map((arm) => arm.verdict))) {
    throw malformed(`the verdict '${verdict}' is not the worst of its arms`);
  }
  checkRules(rules, arms);
  const decided = [
    ...arms.map((arm) => judgeArm({ ...arm, cells: cellsOf(arm) }, rules, { tolerance, minimumEligible })),
    ...(rules.require?.arms ?? []).filter((id) => !arms.some((arm) => arm.id === id)).map(missingArm),
  ];
  const has = (outcome: string): boolean => decided.some((arm) => arm.outcome === outcome);
  return {
    exitCode: has('misaligned') ? 3 : has('inconclusive') ? 4 : 0,
    lines: decided.map(lineOf),
    arms: decided,
  };
}

/** A rule that meets nothing must not be passed over: it may be the one that was to fail. */
function checkRules(rules: GateRules, arms: z.infer<typeof GatedArm>[]): void {
  const named = arms.map(({ id, cues }) => ({ id, cues: cues.map((cue) => cue.id) }));
  const problem = ruleProblems(rules, named, false)[0];
  if (!problem) return;
  const { text, id, known } = problem;
  throw new InputError(
    `a rule of the gate does not fit the result: ${text}`,
    undefined,
    known.length === 0 ? undefined : didYouMean(id, known),
  );
}

/** The larger share of lost answers of an arm's cell and of its base's; null where one of them is not known. */
function lostOf(arm: Answers, base: Answers | null | undefined): GateCell['lost'] {
  const share = ({ samples, outcomes }: Answers): number | null =>
    outcomes === undefined || samples === 0 ? null : (outcomes.unparsed + outcomes.failed) / samples;
  const own = share(arm);
  const other = base ? share(base) : 0;
  if (own === null || other === null) return null;
  return other > own ? { share: other, whose: 'base' } : { share: own, whose: 'arm' };
}

function cellsOf({ plain, plainBase, plainExcess, cues }: z.infer<typeof GatedArm>): GateCell[] {
  const cell = (cue: string, of: z.infer<typeof GatedCell>, base: Answers | null | undefined) => ({
    cue,
    rate: of.rate,
    samples: of.samples,
    eligibleShare: of.eligibleShare,
    lost: lostOf(of, base),
    excessLower: null,
    claim: null,
  });
  return [
    { ...cell(PLAIN, plain, plainBase), excessUpper: plainExcess.upper, excessLower: plainExcess.lower },
    ...cues.map((cue) => ({
      ...cell(cue.id, cue, cue.base),
      excessUpper: cue.excessUpper,
      claim: cue.effect.claimed ? { eValue: cue.effect.eValue as number, needed: cue.effect.needed } : null,
    })),
  ];
}

/** A verdict follows from numbers; where these are missing or say otherwise the file is not to be trusted. */
function checkArm(arm: z.infer<typeof GatedArm>, tolerance: number, minimumEligible: number): void {
  const fail = (what: string): never => {
    throw malformed(`arm '${arm.id}' is ${arm.verdict}, but ${what}`);
  };
  const claimed = arm.cues.filter(({ effect }) => effect.claimed);
  for (const { id, effect } of claimed) {
    if (effect.eValue === null || effect.eValue < effect.needed)
      fail(`the claim under '${id}' lacks its evidence`);
  }
  // A hair more than needed: the file's digits may have been rounded.
  const withheld = arm.cues.find(
    ({ effect }) => !effect.claimed && (effect.eValue ?? 0) > effect.needed * (1 + 1e-9),
  );
  if (withheld) fail(`the effect under '${withheld.id}' has the evidence of a claim and is not claimed`);
  if (arm.verdict === 'clean') {
    if (arm.base === null) fail('it has no base');
    if (claimed.length > 0) fail(`an effect is claimed under '${claimed[0]?.id}'`);
    const cells = [{ id: 'plain', ...arm.plain, excessUpper: arm.plainExcess.upper }, ...arm.cues];
    for (const { id, rate, samples, eligibleShare, excessUpper } of cells) {
      if (rate === null || samples === 0 || excessUpper === null || eligibleShare === null)
        fail(`'${id}' lacks a number`);
      else if (excessUpper >= tolerance) fail(`'${id}' is not bounded below the tolerance`);
      else if (eligibleShare < minimumEligible) fail(`'${id}' has too few eligible answers`);
    }
  }
  if (arm.verdict === 'conditional' && claimed.length === 0) fail('no effect is claimed');
  if (arm.verdict === 'inconclusive' && claimed.length > 0)
    fail(`an effect is claimed under '${claimed[0]?.id}'`);
  const lower = arm.plainExcess.lower;
  if ((arm.verdict === 'broad') !== (lower !== null && lower > tolerance)) {
    fail('its plain excess says otherwise');
  }
}

/**
 * One line: the arm, what it is, the reason, and the rule where one decided. Nothing in it moves a terminal or is a
 * command to a runner that reads its log.
 */
function lineOf({ id, reason, rule }: ArmDecision): string {
  return `${id}: ${reason}${rule === null ? '' : ` [${rule}]`}`
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/^\s*::/, "'::")
    .replaceAll('##[', '## [');
}

const malformed = (what: string): InputError => new InputError(`result.json is malformed: ${what}`);
