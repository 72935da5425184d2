/** An arm's part of the result. */
import { PLAIN } from '../records/ids.js';
import type { ArmResult, Cell, CueResult } from '../records/result.js';
import { drawCount } from '../statistics/eprocess.js';
import type { Claim } from '../statistics/holm.js';
import { seedInterval } from '../statistics/seed-interval.js';
import type { SequentialAudit } from '../statistics/sequential.js';
import type { ArmNumbers, CueNumbers } from './arm-numbers.js';
import { belowTolerance, excessLower, excessUpper, noBound } from './bounds.js';
import { cellOf, optionsOf } from './cell.js';
import { type CellFacts, type CueFacts, decide } from './decide.js';
import { differenceOf, effectTerms } from './effect.js';
import type { EvenPair } from './even.js';
import type { Shared } from './input.js';
import { evidenceOf } from './sequential.js';
import { type OpenCell, toSettle } from './settle.js';
import { settleDraws } from './settle-draws.js';
import type { Tally } from './table.js';
import { type CellTallies, meanOver, oneSeed } from './tallies.js';

/** Why there is no verdict on the table of a sequential run. */
const STOPPED =
  'The answers are of a sequential audit that stopped by a rule which the table does not hold: there are rates and effects, and no claim, no bound and no verdict.';

/** An arm's numbers and its verdict, given what the family of all arms and cues claims. */
export function armResult(numbers: ArmNumbers, claims: readonly Claim[], shared: Shared): ArmResult {
  const { arm, plain, plainBase, plainEven } = numbers;
  const { ledger, input } = shared;
  const { verdict: spec } = input;
  const evidence = evidenceOf(arm.id, shared);
  const plainOptions = optionsOf(PLAIN, ledger.tuned, shared);
  const plainCell = cellOf(plain, plainOptions);
  const plainBaseCell = plainBase === null ? null : cellOf(plainBase, optionsOf(PLAIN, ledger.base, shared));
  const { lower, upper } = evidence
    ? evidence.plainExcess
    : {
        lower: boundOf(plainEven, (t, b) => excessLower(t, b, ledger)),
        upper: boundOf(plainEven, (t, b) => excessUpper(t, b, ledger, indexOf(PLAIN, shared))),
      };
  const noExcess =
    upper === null ? noBound({ tuned: plain, base: plainBase, even: plainEven }, PLAIN, shared) : null;
  const cues = numbers.cues.map((cue, i) => cueResult(numbers, cue, claims[i] as Claim, shared));
  const facts = (
    cell: Cell,
    id: string,
    base: Cell | null,
    excess: Pick<CellFacts, 'excessUpper' | 'noBound'>,
  ): CellFacts => ({
    cue: id,
    rate: cell.rate,
    baseRate: base?.rate ?? null,
    eligibleShare: cell.eligibleShare,
    ...excess,
  });
  const plainFacts = facts(plainCell, PLAIN, plainBaseCell, { excessUpper: upper, noBound: noExcess });
  const cueFacts = cues.map(
    (cue): CueFacts => ({
      ...facts(cue, cue.id, cue.base, {
        excessUpper: cue.excessUpper,
        noBound: cue.excessReason ?? null,
      }),
      source: cue.source,
      effect: cue.effect.estimate,
      eValue: cue.effect.eValue,
      needed: cue.effect.needed,
      claimed: cue.effect.claimed,
    }),
  );
  const upperOfPlain = plainBase === null ? null : upper;
  const visible = evidence
    ? evidence.isPlainVisible
      ? false
      : null
    : plainEven.tuned && belowTolerance(plainEven.tuned, spec.tolerance, ledger, indexOf(PLAIN, shared));
  const excessBelow = upperOfPlain !== null && upperOfPlain < spec.tolerance ? true : null;
  const decision = decide(
    {
      base: arm.base,
      plain: plainFacts,
      cues: cueFacts,
      plainExcessLower: lower,
      plainBelow: visible === false ? false : plainBase === null ? visible : excessBelow,
      alphaOfArm: ledger.arm,
    },
    spec,
  );
  return {
    id: arm.id,
    ...(arm.title === undefined ? {} : { title: arm.title }),
    base: arm.base,
    verdict: decision.verdict,
    hidden: decision.hidden,
    reason: input.isStopped ? STOPPED : decision.reason,
    toSettle: input.isStopped
      ? 'Analyse the run in its own folder: its rules and draws are there.'
      : decision.verdict === 'inconclusive'
        ? evidence
          ? settleDraws(evidence.arm, shared.sequential as SequentialAudit, claims, input)
          : settleText(numbers, [plainFacts, ...cueFacts], decision.open, claims, shared)
        : null,
    seeds: arm.seeds.map((seed, i) => ({
      seed,
      plain: cellOf(oneSeed(plain, i), plainOptions),
      cues: numbers.cues.map(({ cue, tuned }) => ({
        id: cue.id,
        cell: cellOf(oneSeed(tuned, i), optionsOf(cue.id, ledger.tuned, shared)),
      })),
    })),
    plain: plainCell,
    plainBase: plainBaseCell,
    plainExcess: { lower, upper, ...(noExcess === null ? {} : { reason: noExcess }) },
    cues,
  };
}

function cueResult(numbers: ArmNumbers, cue: CueNumbers, claim: Claim, shared: Shared): CueResult {
  const { ledger, resamples, input } = shared;
  const { id, source, title } = cue.cue;
  const options = optionsOf(id, ledger.tuned, shared);
  const evidence = evidenceOf(numbers.arm.id, shared)?.cue(id);
  const upper = evidence
    ? evidence.upper
    : boundOf(cue.even, (t, b) => excessUpper(t, b, ledger, indexOf(id, shared)));
  const base = cue.base && numbers.plainBase && { cued: cue.base, plain: numbers.plainBase };
  const terms = effectTerms(id, cue.tuned, numbers.plain, base);
  const gap = terms.slice(0, 2);
  const size = differenceOf(terms, 'misaligned', options);
  const what = cue.base ? 'difference in differences' : 'pair effect (tuned cued - tuned plain; no base)';
  const behaviour = differenceOf(terms, 'behaviour', options);
  const overSeeds = seedInterval(
    terms.map(({ sign, cell }) => ({
      sign,
      bySeed: seedsOf(cell).map((seed) => meanOver(seed, 'misaligned')),
    })),
    numbers.arm.seeds.length,
    resamples,
    input.verdict.level,
  );
  return {
    ...cellOf(cue.tuned, options),
    id,
    source,
    ...(title === undefined ? {} : { title }),
    base: cue.base === null ? null : cellOf(cue.base, optionsOf(id, ledger.base, shared)),
    effect: {
      ...size,
      method: `${what}: ${size.method}; claim by e-process on ${options.planned ? 'paired answers' : 'the draws'}, e-Holm over all arms and cues`,
      eValue: evidence?.claim?.eValue ?? cue.eValue,
      claimed: claim.claimed,
      draws: drawCount(cue.draws),
      needed: claim.needed,
      ...(overSeeds === null ? {} : { overSeeds }),
    },
    falseConfidence: differenceOf(gap, 'misaligned', options),
    eligibilityEffect: differenceOf(terms, 'eligible', options),
    behaviourEffect: behaviour.estimate === null ? null : behaviour,
    excessUpper: upper,
    ...(upper === null ? { excessReason: noBound(cue, id, shared) } : {}),
  };
}

const boundOf = (
  { tuned, base }: EvenPair,
  bound: (tuned: Tally, base: Tally) => number | null,
): number | null => tuned && base && bound(tuned, base);

/** Lower bound of the judge's index under a cue; 1 without labels of people. */
const indexOf = (cue: string, { judge }: Shared): number => (judge === null ? 1 : (judge.index[cue] ?? 0));

function settleText(
  numbers: ArmNumbers,
  facts: readonly CellFacts[],
  open: readonly CellFacts[],
  claims: readonly Claim[],
  shared: Shared,
): string {
  const cells = facts.map((f, i): OpenCell => {
    const cue = numbers.cues[i - 1];
    const { tuned, base } = cue?.even ?? numbers.plainEven;
    const index = indexOf(f.cue, shared);
    const counts = { facts: f, tuned, base, hasBase: numbers.arm.base !== null, index };
    if (!cue) return { ...counts, cue: null };
    const { draws, hypothesis } = cue;
    return { ...counts, cue: { draws, needed: (claims[i - 1] as Claim).needed, hypothesis } };
  });
  const stillOpen = cells.filter(({ facts: f }) => open.includes(f));
  return toSettle(stillOpen, cells, shared.input.verdict, shared.ledger, shared.input.usdPerAnswer);
}

/** The cell of each training seed. */
const seedsOf = (cell: CellTallies): CellTallies[] =>
  Array.from({ length: Math.max(...cell.rows.map((row) => row.length)) }, (_, i) => oneSeed(cell, i));
