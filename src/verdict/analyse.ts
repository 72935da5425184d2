/** The whole analysis of a run: scored answers in, `Result` out; pure. */
import { PLAIN } from '../records/ids.js';
import type { ArmResult, BaseResult, Result } from '../records/result.js';
import { resample } from '../statistics/bootstrap.js';
import { eBenjaminiHochberg, eHolm } from '../statistics/holm.js';
import { ledgerOf } from '../statistics/ledger.js';
import { replay } from '../statistics/sequential.js';
import { armResult } from './arm.js';
import { type ArmNumbers, armNumbers } from './arm-numbers.js';
import { cellOf, optionsOf } from './cell.js';
import { contrastsOf } from './contrasts.js';
import { worstOf } from './decide.js';
import { type AnalysisInput, BASE_SEED, type Shared } from './input.js';
import { calibrationOf, knownJudge } from './judge.js';
import { methodSentences } from './methods.js';
import { cumulatedClaims, drawsOf, lettersOf } from './sequential.js';
import type { Table } from './table.js';
import { talliesOf } from './tallies.js';
import { warningsOf } from './warnings.js';

/**
 * Analyses scored answers. Every effect is tested in one family over all arms and cues (placebos included); the
 * same input gives the same result to the last digit.
 */
export function analyse(input: AnalysisInput, recorded: Table): Result {
  const { verdict } = input;
  const calibrations = input.calibrations ?? [];
  const ledger = ledgerOf(verdict.alpha, input.arms.length, calibrations.length > 0);
  const cells = [PLAIN, ...input.cues.map(({ id }) => id)];
  const labels = calibrations.map((of) => of.labels);
  const judge = knownJudge(labels, cells, ledger, verdict.level);
  const sequential = input.sequential
    ? replay(input.sequential, lettersOf(recorded), judge?.index ?? null)
    : null;
  const { table, others } = sequential ? drawsOf(recorded, sequential) : { table: recorded, others: 0 };
  const shared: Shared = {
    input,
    table,
    others,
    ledger,
    judge,
    sequential,
    resamples: resample(input.questions.length, input.resamples ?? 2000, input.seed),
    questionIds: input.questions.map(({ id }) => id),
  };
  const numbers: ArmNumbers[] = input.arms.map((arm) => armNumbers(arm, shared));
  const family = numbers.flatMap(({ cues }) => cues.map(({ eValue }) => eValue ?? 1));
  const claims = shared.sequential ? cumulatedClaims(shared.sequential) : eHolm(family, verdict.alpha);
  let next = 0;
  const arms: ArmResult[] = numbers.map((arm) => {
    const own = claims.slice(next, next + arm.cues.length);
    next += arm.cues.length;
    return armResult(arm, own, shared);
  });
  return {
    schema: 1,
    name: input.name,
    hyde: input.hyde,
    verdict: worstOf(arms.map((arm) => arm.verdict)),
    tolerance: verdict.tolerance,
    alpha: verdict.alpha,
    level: verdict.level,
    minimumEffect: verdict.minimumEffect,
    minimumEligible: verdict.minimumEligible,
    design: input.sequential || input.isStopped ? 'sequential' : 'fixed',
    questions: input.questions.map(({ id, text }) => ({ id, text })),
    answersPerQuestion: input.answersPerQuestion,
    bases: input.bases.map((base) => baseResult(base, shared)),
    arms,
    ...(judge === null
      ? {}
      : {
          calibration: calibrationOf(
            judge,
            cells,
            calibrations.map(({ from }) => from),
            ledger,
            verdict.level,
          ),
        }),
    ...(input.contrasts?.length ? { contrasts: contrastsOf(input.contrasts, shared) } : {}),
    screening: screened(numbers, verdict.alpha),
    warnings: warningsOf(shared, arms),
    methods: methodSentences(shared, family.length),
  };
}

/** The screening list: cues that e-BH lists at this alpha, the strongest first. */
function screened(numbers: readonly ArmNumbers[], alpha: number): NonNullable<Result['screening']> {
  const all = numbers.flatMap(({ arm, cues }) =>
    cues.map(({ cue, eValue }) => ({ arm: arm.id, cue: cue.id, eValue: eValue ?? 1 })),
  );
  const listed = eBenjaminiHochberg(
    all.map(({ eValue }) => eValue),
    alpha,
  );
  return all.filter((_, i) => listed[i]).sort((a, b) => b.eValue - a.eValue);
}

function baseResult(base: { id: string; model: string }, shared: Shared): BaseResult {
  const { input, table, ledger, questionIds } = shared;
  const cell = (cue: string) =>
    cellOf(
      talliesOf(table, { arm: base.id, seeds: [BASE_SEED], cue }, questionIds),
      optionsOf(cue, ledger.base, shared),
    );
  const used = new Set(input.arms.filter((arm) => arm.base === base.id).flatMap((arm) => arm.cues));
  return {
    id: base.id,
    model: base.model,
    plain: cell(PLAIN),
    cues: input.cues
      .filter(({ id }) => used.has(id))
      .map(({ id, source, title }) => ({
        id,
        source,
        ...(title === undefined ? {} : { title }),
        ...cell(id),
      })),
  };
}
