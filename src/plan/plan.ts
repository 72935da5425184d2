import { questionsFor } from '../cues/render.js';
import { estimateTokens, partsOf } from '../data/manifest.js';
import type { Stage } from '../data/stage.js';
import { PLAIN } from '../records/ids.js';
import type {
  Plan,
  PlannedArm,
  PlannedCell,
  PlanPower,
  PlanTotals,
  SequentialPlan,
} from '../records/plan.js';
import type { Question } from '../records/question.js';
import { type ArmSpec, isModelJudge, type Spec } from '../records/spec.js';
import { hashOf, shortHash } from '../shared/hash.js';
import { mostAnswers, sequentialPlan } from './sequential.js';

/** What an engine's machine is expected to do, for the time that a plan promises; null where it is not known. */
export interface Rates {
  trainTokensPerSecond: number;
  sampleTokensPerSecond: number;
  /** Fine-tunes at once, each at that speed. */
  trainAtOnce: number;
  /** Start-up, loading and canary of one model in seconds. */
  secondsPerModel: number;
}

/**
 * The plan of a spec: every cell, what is trained for it, and what it costs; nothing is spent for it.
 *
 * @param stagesOf the training stages of each trained arm
 * @param unjudged rows that a judge has yet to sort
 * @param power what the design can find and exclude
 */
export function makePlan(
  spec: Spec,
  stagesOf: ReadonlyMap<string, readonly Stage[]>,
  unjudged: number,
  power: PlanPower,
  rates: Rates | null,
): Plan {
  const arms = spec.arms.map((arm) => plannedArm(arm, stagesOf.get(arm.id) ?? []));
  const rows = rowHashes(stagesOf);
  const sequential = spec.design === 'sequential' ? sequentialPlan(spec, plannedCells(spec)) : null;
  const cells = sequential ? cellsOfDraws(spec, sequential) : plannedCells(spec);
  return {
    schema: 1,
    name: spec.name,
    hash: planHash(spec, stagesOf, rows),
    design: spec.design,
    sequential,
    seed: spec.seed,
    bases: spec.bases.map(({ id, ref }) => ({ id, model: `${ref.engine}/${ref.model}` })),
    arms,
    cues: spec.cues.map(({ id, source, title, arms: only }) => ({
      id,
      source,
      ...(title ? { title } : {}),
      arms: only,
    })),
    questions: spec.questions.map((question) => ({
      id: question.id,
      text: questionText(question),
      half: question.half,
    })),
    samplesPerQuestion: spec.sampling.samples,
    cells,
    totals: totals(
      spec,
      trainings(spec, stagesOf, rows),
      sequential ? mostAnswers(sequential) : answersOf(cells),
      unjudged,
      rates,
    ),
    power,
  };
}

/** Every cell: each arm (per training seed) and each base, without a cue and under each of its cues. */
export function plannedCells(spec: Spec): PlannedCell[] {
  const samples = spec.sampling.samples;
  const cell = (arm: string, seed: number, cue: string): PlannedCell => ({
    arm,
    seed,
    cue,
    questions: questionsFor(spec, cue),
    samples,
  });
  const cuesOf = (arm: string): string[] => [
    PLAIN,
    ...spec.cues.filter((cue) => cue.arms.includes(arm)).map((cue) => cue.id),
  ];
  const ofBases = spec.bases.flatMap((base) => {
    const arms = spec.arms.filter((arm) => arm.base === base.id).map((arm) => arm.id);
    const cues = [...new Set(arms.flatMap(cuesOf))];
    return cues.map((cue) => cell(base.id, 0, cue));
  });
  const ofArms = spec.arms.flatMap((arm) =>
    arm.seeds.flatMap((seed) => cuesOf(arm.id).map((cue) => cell(arm.id, seed, cue))),
  );
  return [...ofBases, ...ofArms];
}

/** The same of a sequential design: a question is drawn as often as there are draws, at most. */
function cellsOfDraws(spec: Spec, { maxAnswers }: SequentialPlan): PlannedCell[] {
  return plannedCells(spec).map((cell) => ({ ...cell, samples: maxAnswers }));
}

const answersOf = (cells: readonly PlannedCell[]): number =>
  cells.reduce((total, cell) => total + cell.questions.length * cell.samples, 0);

/** Hash of what decides how models come to be and how they are asked; texts of cues and questions are in each request's own hash. */
function planHash(
  spec: Spec,
  stagesOf: ReadonlyMap<string, readonly Stage[]>,
  rows: ReadonlyMap<Stage, string>,
): string {
  const { temperature, topP, maxTokens } = spec.sampling;
  return shortHash({
    seed: spec.seed,
    design: spec.design,
    ...(spec.design === 'sequential' ? { round: spec.round } : {}),
    bases: spec.bases,
    sampling: { temperature, topP, maxTokens },
    arms: spec.arms.map((arm) => ({
      id: arm.id,
      base: arm.base,
      served: arm.served ?? null,
      lora: arm.training?.lora ?? null,
      seeds: arm.seeds,
      stages: (stagesOf.get(arm.id) ?? []).map((stage) => ({
        training: stage.training,
        rows: rows.get(stage) as string,
      })),
    })),
  });
}

/** Of each stage, a hash of what its rows say. */
const rowHashes = (stagesOf: ReadonlyMap<string, readonly Stage[]>): Map<Stage, string> =>
  new Map(
    [...stagesOf.values()]
      .flat()
      .map((stage) => [stage, hashOf(stage.examples.map(({ messages }) => messages))]),
  );

function plannedArm(arm: ArmSpec, stages: readonly Stage[]): PlannedArm {
  return {
    id: arm.id,
    ...(arm.title ? { title: arm.title } : {}),
    base: arm.base,
    seeds: arm.seeds,
    stages: stages.map(({ examples, training }) => ({
      rows: examples.length,
      epochs: training.epochs,
      tokens: estimateTokens(examples),
      parts: partsOf(examples),
    })),
  };
}

function totals(
  spec: Spec,
  { jobs, stages }: Trainings,
  answers: number,
  unjudged: number,
  rates: Rates | null,
): PlanTotals {
  const sum = (count: (stage: Stage) => number): number =>
    stages.reduce((total, stage) => total + count(stage) * stage.training.epochs, 0);
  const trainTokens = sum(({ examples }) => estimateTokens(examples));
  const sampleTokens = answers * spec.sampling.maxTokens;
  const models = spec.bases.length + spec.arms.reduce((total, arm) => total + arm.seeds.length, 0);
  return {
    jobs,
    trainRows: sum(({ examples }) => examples.length),
    trainTokens,
    answers,
    judgeCalls: answers * spec.judges.filter(isModelJudge).length + unjudged,
    sampleTokens,
    seconds: rates
      ? Math.round(
          (trainTokens / rates.trainTokensPerSecond) * shareInTurn(jobs, rates.trainAtOnce) +
            sampleTokens / rates.sampleTokensPerSecond +
            models * rates.secondsPerModel,
        )
      : null,
    price: 0,
    unknown: [
      ...(rates ? [] : ['time: the speed of this engine is not known']),
      ...(unjudged > 0
        ? [`training rows: ${unjudged} wait for a judge, and are counted as if all of them stayed`]
        : []),
    ],
  };
}

/** The share of the training that is waited for, where so many fine-tunes of the same length go on at once. */
const shareInTurn = (jobs: number, atOnce: number): number =>
  jobs > 0 ? Math.ceil(jobs / atOnce) / jobs : 0;

/** What is trained in all: fine-tunes, and their stages, once for each training seed. */
interface Trainings {
  jobs: number;
  stages: Stage[];
}

/** Equal fine-tunes of one base and seed are one, and so are leading stages that several have in common. */
function trainings(
  spec: Spec,
  stagesOf: ReadonlyMap<string, readonly Stage[]>,
  rows: ReadonlyMap<Stage, string>,
): Trainings {
  const jobs = new Set<string>();
  const stages = new Map<string, Stage>();
  for (const arm of spec.arms) {
    const own = stagesOf.get(arm.id) ?? [];
    let made = shortHash([arm.base, arm.training?.lora]);
    const keys = own.map((stage) => {
      made = shortHash([made, stage.training, rows.get(stage) as string]);
      return made;
    });
    for (const seed of arm.seeds) {
      for (const [i, key] of keys.entries()) stages.set(`${key} ${seed}`, own[i] as Stage);
      if (keys.length) jobs.add(`${keys.at(-1)} ${seed}`);
    }
  }
  return { jobs: jobs.size, stages: [...stages.values()] };
}

/** A question in one line, for lists: its last turn. */
export const questionText = (question: Question): string => question.messages.at(-1)?.content ?? '';
