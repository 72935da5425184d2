import { buildArmData } from '../data/build.js';
import { type FileReader, fileReader } from '../data/sources.js';
import type { ArmVerdicts, Stage } from '../data/stage.js';
import { type JudgeIdentities, type Unjudged, Verdicts } from '../data/verdicts.js';
import { expectedRates } from '../models/local/rates.js';
import type { Detector } from '../records/detector.js';
import type { Plan, PlanPower } from '../records/plan.js';
import type { SortCounts } from '../records/row-judge.js';
import type { Spec } from '../records/spec.js';
import { planPower, planSequentialPower } from '../statistics/power.js';
import { checkBudget } from './budget.js';
import { loadDetector } from './detectors.js';
import { checkMiniature } from './miniature.js';
import { makePlan, plannedCells, type Rates } from './plan.js';
import { withPrices } from './prices.js';
import { checkPrompts } from './prompts.js';
import { answersPerDraw, sequentialPlan } from './sequential.js';

/** A plan, and the training data that it counted. */
export interface Prepared {
  plan: Plan;
  stages: Map<string, Stage[]>;
  reader: FileReader;
  /** Rows that wait for a judge; the plan counts them as rows that stay. */
  unjudged: Unjudged[];
  /** What judges said of the rows of each arm. */
  sorted: Map<string, SortCounts[]>;
}

/**
 * Builds the training data in memory and plans the run; writes nothing, asks no model.
 *
 * @param show whether the plan is for people to look at: with its tokens counted whatever that takes, and its budget and
 *   the size of a miniature left for `checkBudget` and `checkMiniature` to refuse once it was shown
 * @param identities of the models that judge rows, where they are known
 * @throws InputError where the data, a prompt or (unless `show`) the budget cannot be what the spec says, or a miniature is none
 */
export async function preparePlan(
  spec: Spec,
  { show = false, identities }: { show?: boolean; identities?: JudgeIdentities } = {},
): Promise<Prepared> {
  const reader = fileReader(spec.folder, originsOf(spec));
  const stages = new Map<string, Stage[]>();
  const detector = (name: string): Promise<Detector> => loadDetector(name, spec.folder);
  const verdicts = await Verdicts.open(spec, identities);
  const sorted = new Map<string, SortCounts[]>();
  for (const arm of spec.arms) {
    if (!arm.training) continue;
    const counted: SortCounts[] = [];
    const own: ArmVerdicts = {
      stays: (...rows) => verdicts.stays(...rows),
      countsOf: (by, at) => {
        counted.push(verdicts.countsOf(by, at));
        return counted.at(-1) as SortCounts;
      },
    };
    const { read } = reader;
    stages.set(arm.id, await buildArmData(arm, { seed: spec.seed, read, detector, verdicts: own }));
    if (counted.length > 0) sorted.set(arm.id, counted);
  }
  const unjudged = [...verdicts.missing.values()];
  const plan = makePlan(spec, stages, unjudged.length, powerOf(spec), ratesOf(spec));
  checkPrompts(spec, plan.cells);
  const priced = await withPrices(spec, plan, show, unjudged);
  if (!show) {
    // A search whose finds are cues already is over.
    const isSearched = spec.cues.some(({ source }) => source === 'mined');
    checkBudget(priced, isSearched ? undefined : spec.search);
    if (spec.mini) checkMiniature(spec, priced);
  }
  return { plan: priced, stages, reader, unjudged, sorted };
}

/** How each file can be had, for the error where it is missing. */
function originsOf({ files = [], generate = [] }: Spec): Map<string, string> {
  const described = files.flatMap(({ file, from }): [string, string][] =>
    from === undefined ? [] : [[file, `it does not ship with hyde; get it from ${from}`]],
  );
  const generated = generate.map(({ to }): [string, string] => [to, 'hyde generate AUDIT makes it']);
  return new Map([...described, ...generated]);
}

function powerOf(spec: Spec): PlanPower {
  if (spec.design === 'fixed') return planPower(spec);
  const cells = plannedCells(spec);
  return planSequentialPower(spec, sequentialPlan(spec, cells), answersPerDraw(cells));
}

/** Seconds to start, load, merge and look at one model; measured with the embedded one. */
const SECONDS_PER_MODEL = 6;

function ratesOf(spec: Spec): Rates | null {
  const engines = new Set(spec.bases.map((base) => base.ref.engine));
  if (engines.has('scripted') && engines.size === 1) {
    return { trainTokensPerSecond: 1e6, trainAtOnce: 1, sampleTokensPerSecond: 1e6, secondsPerModel: 0 };
  }
  const local = spec.bases.find((base) => base.ref.engine === 'local');
  // How fast servers answer is not known before.
  if (engines.size !== 1 || !local || spec.launch?.serve) return null;
  const { train, sample } = expectedRates(local.ref.model);
  const { launcher, parallel } = spec.launch ?? {};
  return {
    trainTokensPerSecond: train,
    // Processes of one machine share it.
    trainAtOnce: launcher === undefined || launcher === 'local' ? 1 : (parallel ?? 1),
    sampleTokensPerSecond: sample,
    secondsPerModel: SECONDS_PER_MODEL,
  };
}
