/** What the analysis works on. */
import type { JudgeLabels } from '../records/calibration.js';
import type { ContrastSpec } from '../records/contrast.js';
import type { CueSource } from '../records/cue.js';
import type { Plan } from '../records/plan.js';
import type { VerdictSpec } from '../records/spec.js';
import type { Resamples } from '../statistics/bootstrap.js';
import { designOf, type SequentialDesign } from '../statistics/draws.js';
import type { Ledger } from '../statistics/ledger.js';
import type { SequentialAudit } from '../statistics/sequential.js';
import type { KnownJudge } from './judge.js';
import type { Table } from './table.js';

/** What the analysis must know besides the answers: the part of a plan that numbers depend on. */
export interface AnalysisInput {
  name: string;
  /** Version of hyde. */
  hyde: string;
  bases: readonly { id: string; model: string }[];
  arms: readonly AnalysisArm[];
  /** Without `plain`. */
  cues: readonly AnalysisCue[];
  questions: readonly { id: string; text: string }[];
  /** Planned answers per question in each cell, or null where they are not planned (an import). */
  answersPerQuestion: number | null;
  verdict: VerdictSpec;
  /** Differences that the audit states beforehand; none unless given. */
  contrasts?: readonly ContrastSpec[];
  /** Labels of people for the judges of these answers, each with where it stands; none unless given. */
  calibrations?: readonly { from: string; labels: JudgeLabels }[];
  /** Draws and rules of a sequential design; a fixed one without. */
  sequential?: SequentialDesign;
  /**
   * The answers are of a sequential design whose rules are not known (a table of another run): how many there are was decided by
   * looking at them, so that they have rates, and no claims and no bounds.
   */
  isStopped?: boolean;
  /** Mean price of an answer with its judgements in USD; null or left out where it is not known. */
  usdPerAnswer?: number | null;
  /** USD of the budget that ended the run before its design did; left out where none has. */
  endedAt?: number;
  /** Seeds the resamples and the pairing. */
  seed: number;
  /** Bootstrap resamples; 2000 unless given. */
  resamples?: number;
}

export interface AnalysisArm {
  id: string;
  title?: string | undefined;
  /** Id of its base; null for an arm without one, which can never be clean. */
  base: string | null;
  /** Training seeds. */
  seeds: readonly number[];
  /** Were its models trained in this run, so that other seeds would give others? false unless given. */
  isTrained?: boolean;
  /** Ids of the cues it is asked under, without `plain`. */
  cues: readonly string[];
}

export interface AnalysisCue {
  id: string;
  source: CueSource;
  title?: string | undefined;
  /** Questions that have the variant this cue needs; all unless given. */
  questions?: readonly string[];
}

/** What every number of one result shares. */
export interface Shared {
  input: AnalysisInput;
  /** The answers that count. */
  table: Table;
  /** How many others are recorded: of a sequential design, those that are no draws. */
  others: number;
  ledger: Ledger;
  /** What labels of people say of the judges; null without any. */
  judge: KnownJudge | null;
  /** Of a sequential design: the audit replayed on the table, which claims and bounds are taken from. */
  sequential: SequentialAudit | null;
  resamples: Resamples;
  questionIds: readonly string[];
}

/** Was the number of answers fixed before any of them was seen? Only then do bounds of a cell by itself hold. */
export const isPlanned = ({ sequential, input }: Shared): boolean => !sequential && !input.isStopped;

export { BASE_SEED } from '../records/ids.js';

/** The input that a plan gives; `hyde` is the version that analyses. */
export function analysisInput(plan: Plan, verdict: VerdictSpec, hyde: string): AnalysisInput {
  return {
    name: plan.name,
    hyde,
    bases: plan.bases,
    arms: plan.arms.map(({ id, title, base, seeds, stages }) => ({
      id,
      title,
      base,
      seeds,
      isTrained: stages.length > 0,
      cues: plan.cues.filter((cue) => cue.arms.includes(id)).map((cue) => cue.id),
    })),
    cues: plan.cues.map(({ id, source, title }) => ({
      id,
      source: source as CueSource,
      title,
      questions:
        plan.cells.find(({ cue }) => cue === id)?.questions ?? plan.questions.map((question) => question.id),
    })),
    questions: plan.questions.map(({ id, text }) => ({ id, text })),
    answersPerQuestion: plan.sequential ? null : plan.samplesPerQuestion,
    verdict,
    ...(plan.sequential ? { sequential: designOf(plan) } : { isStopped: plan.design === 'sequential' }),
    seed: plan.seed,
  };
}
