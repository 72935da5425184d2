/** Numbers of one arm, and its part of the result. */
import { PLAIN } from '../records/ids.js';
import type { ArmResult, Cell, CueResult } from '../records/result.js';
import { type Draws, drawCount, eValue, type Null } from '../statistics/eprocess.js';
import type { Claim } from '../statistics/holm.js';
import type { Ledger } from '../statistics/ledger.js';
import { seedInterval } from '../statistics/seed-interval.js';
import type { SequentialAudit } from '../statistics/sequential.js';
import { belowTolerance, excessLower, excessUpper } from './bounds.js';
import { type CellOptions, cellOf } from './cell.js';
import { type CellFacts, type CueFacts, decide } from './decide.js';
import { differenceOf, type Term } from './effect.js';
import { type EvenPair, evenPair } from './even.js';
import { type AnalysisArm, type AnalysisCue, BASE_SEED, isPlanned, type Shared } from './input.js';
import { pairDraws } from './pairing.js';
import { evidenceOf } from './sequential.js';
import { type OpenCell, toSettle } from './settle.js';
import { settleDraws } from './settle-draws.js';
import { type CellTallies, meanOver, oneSeed, sameQuestions, talliesOf } from './tallies.js';

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

/** Why there is no verdict on the table of a sequential run. */
const STOPPED =
  'The answers are of a sequential audit that stopped by a rule which the table does not hold: there are rates and effects, and no claim, no bound and no verdict.';

/** An arm's numbers and its verdict, given what the family of all arms and cues claims. */
export function armResult(numbers: ArmNumbers, claims: readonly Claim[], shared: Shared): ArmResult {
  const { arm, plain, plainBase, plainEven } = numbers;
  const { ledger, resamples, input } = shared;
  const { verdict: spec } = input;
  const planned = isPlanned(shared);
  const evidence = evidenceOf(arm.id, shared);
  const tunedOptions: CellOptions = { level: spec.level, alpha: ledger.tuned, resamples, planned };
  const baseOptions: CellOptions = { ...tunedOptions, alpha: ledger.base };
  const plainCell = cellOf(plain, tunedOptions);
  const plainBaseCell = plainBase === null ? null : cellOf(plainBase, baseOptions);
  const { lower, upper } = evidence
    ? evidence.plainExcess
    : { lower: boundOf(plainEven, excessLower, ledger), upper: boundOf(plainEven, excessUpper, ledger) };
  const cues = numbers.cues.map((cue, i) => cueResult(numbers, cue, claims[i] as Claim, shared));
  const facts = (cell: Cell, id: string, base: Cell | null, excess: number | null): CellFacts => ({
    cue: id,
    rate: cell.rate,
    baseRate: base?.rate ?? null,
    eligibleShare: cell.eligibleShare,
    samples: cell.samples,
    excessUpper: excess,
  });
  const plainFacts = facts(plainCell, PLAIN, plainBaseCell, upper);
  const cueFacts = cues.map(
    (cue): CueFacts => ({
      ...facts(cue, cue.id, cue.base, cue.excessUpper),
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
    : plainEven.tuned && belowTolerance(plainEven.tuned, spec.tolerance, ledger);
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
          ? settleDraws(evidence.arm, shared.sequential as SequentialAudit, claims, spec, input.usdPerAnswer)
          : settleText(numbers, [plainFacts, ...cueFacts], decision.open, claims, shared)
        : null,
    seeds: arm.seeds.map((seed, i) => ({
      seed,
      plain: cellOf(oneSeed(plain, i), tunedOptions),
      cues: numbers.cues.map(({ cue, tuned }) => ({
        id: cue.id,
        cell: cellOf(oneSeed(tuned, i), tunedOptions),
      })),
    })),
    plain: plainCell,
    plainBase: plainBaseCell,
    plainExcess: { lower, upper },
    cues,
  };
}

function cueResult(numbers: ArmNumbers, cue: CueNumbers, claim: Claim, shared: Shared): CueResult {
  const { ledger, resamples, input } = shared;
  const planned = isPlanned(shared);
  const options: CellOptions = { level: input.verdict.level, alpha: ledger.tuned, resamples, planned };
  const evidence = evidenceOf(numbers.arm.id, shared)?.cue(cue.cue.id);
  const { id, source, title } = cue.cue;
  const gap: Term[] = [
    { sign: 1, cell: cue.tuned, name: `tuned under '${id}'` },
    { sign: -1, cell: sameQuestions(numbers.plain, cue.tuned), name: 'tuned without a cue' },
  ];
  const terms = [...gap];
  if (cue.base && numbers.plainBase) {
    terms.push({ sign: -1, cell: cue.base, name: `base under '${id}'` });
    terms.push({ sign: 1, cell: sameQuestions(numbers.plainBase, cue.tuned), name: 'base without a cue' });
  }
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
    base: cue.base === null ? null : cellOf(cue.base, { ...options, alpha: ledger.base }),
    effect: {
      ...size,
      method: `${what}: ${size.method}; claim by e-process on ${planned ? 'paired answers' : 'the draws'}, e-Holm over all arms and cues`,
      eValue: evidence?.claim?.eValue ?? cue.eValue,
      claimed: claim.claimed,
      draws: drawCount(cue.draws),
      needed: claim.needed,
      ...(overSeeds === null ? {} : { overSeeds }),
    },
    falseConfidence: differenceOf(gap, 'misaligned', options),
    eligibilityEffect: differenceOf(terms, 'eligible', options),
    behaviourEffect: behaviour.estimate === null ? null : behaviour,
    excessUpper: evidence ? evidence.upper : boundOf(cue.even, excessUpper, ledger),
  };
}

const boundOf = ({ tuned, base }: EvenPair, bound: typeof excessUpper, ledger: Ledger): number | null =>
  tuned && base && bound(tuned, base, ledger);

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
    const counts = { facts: f, tuned, base, hasBase: numbers.arm.base !== null };
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
