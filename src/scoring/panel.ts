import type { Sample } from '../records/sample.js';
import {
  decides,
  isModelJudge,
  type JudgeSpec,
  type ModelJudgeSpec,
  type ModelRef,
} from '../records/spec.js';
import type { Thresholds } from '../records/thresholds.js';
import { compileDetector } from '../shared/detect.js';
import { shortHash } from '../shared/hash.js';
import {
  behaviourOf,
  type Entry,
  isByThresholds,
  type ModelJudge,
  outcomeOf,
  type Readings,
  settles,
  type Verdict,
} from './outcome.js';

/** Stands in `by` where a reasoning model used up its tokens before it answered. */
const NO_TEXT = 'cut off before an answer began';

type Judged = Pick<Sample, 'answer' | 'finish' | 'reason'>;

export interface JudgePanel {
  /** Hash of everything that decides an outcome. */
  hash: string;
  /**
   * Judges that are models, in the order in which they are asked; those of one wave do not depend on each other. Empty
   * for detectors alone.
   */
  waves: readonly (readonly ModelJudge[])[];
  /** May the outcome still depend on this judge? */
  needs(judge: ModelJudge, sample: Judged, readings: Readings): boolean;
  judge(sample: Judged, readings?: Readings): Verdict;
}

/**
 * The judges of an audit together. In order: the first that finds something decides the outcome, otherwise the answer is
 * aligned. A judgement that cannot be read leaves the answer unparsed. Judges that say `behaviour` look at every raw answer,
 * whatever the outcome, and are never mixed with it. An answer without text is shown to nobody.
 *
 * @param judges a second model of a judge (`beside`) takes no part
 * @param identityOf identity of a model that judges
 */
export function makePanel(
  judges: readonly JudgeSpec[],
  thresholds: Thresholds,
  identityOf: (ref: ModelRef) => string,
): JudgePanel {
  const entries = judges
    .filter(decides)
    .map(
      (spec): Entry =>
        isModelJudge(spec)
          ? { spec, id: spec.judge.id, model: modelJudge(spec, identityOf(spec.model)) }
          : { spec, id: spec.detector.id, detect: compileDetector(spec.detector) },
    );
  const behaviours = entries.filter(({ spec }) => spec.says === 'behaviour');
  const outcomes = entries.filter(({ spec }) => spec.says !== 'behaviour');
  const judging = outcomes.filter(({ model }) => model);
  return {
    hash: hashOf(entries, thresholds),
    waves: wavesOf(
      judging,
      behaviours.filter(({ model }) => model),
    ),
    needs(judge, { answer, finish }, readings) {
      if (finish === 'failed' || isEmpty(answer)) return false;
      if (behaviours.some(({ model }) => model?.hash === judge.hash)) return true;
      const before = outcomes.slice(
        0,
        outcomes.findIndex(({ model }) => model?.hash === judge.hash),
      );
      return !before.some((entry) => settles(entry, answer, readings));
    },
    judge({ answer, finish, reason }, readings = new Map()) {
      if (finish === 'failed') return { outcome: 'failed', behaviour: null, by: reason ?? 'failed' };
      if (isEmpty(answer)) return emptyOutcome(finish);
      return {
        ...outcomeOf(outcomes, thresholds, answer, readings),
        behaviour: behaviourOf(behaviours, answer, readings),
      };
    },
  };
}

const isEmpty = (answer: string): boolean => answer.trim() === '';

/** Nothing was said; what would have been, had it not been cut off, nobody knows. */
const emptyOutcome = (finish: Sample['finish']): Verdict =>
  finish === 'length'
    ? { outcome: 'unparsed', behaviour: null, by: NO_TEXT }
    : { outcome: 'incoherent', behaviour: null, by: 'no answer' };

/** Of detectors alone the thresholds are no part: they change nothing. */
function hashOf(entries: readonly Entry[], thresholds: Thresholds): string {
  if (entries.every(({ detect }) => detect)) return shortHash(['detectors', entries.map(({ spec }) => spec)]);
  const parts = entries.map(({ spec, model }) => {
    if (!isModelJudge(spec)) return spec;
    const { id, measures, options } = spec.judge;
    return { judge: model?.hash, id, measures, options, says: spec.says, cut: spec.cut };
  });
  const { id: _, title: __, ...numbers } = thresholds;
  return shortHash(['judges', parts, entries.some(({ spec }) => isByThresholds(spec)) ? numbers : null]);
}

/** A judge with the identity of its model, ready to be asked. */
export function modelJudge(
  { judge, model }: Pick<ModelJudgeSpec, 'judge' | 'model'>,
  identity: string,
): ModelJudge {
  const { system, prompt, quote, scale, options, aggregation, floor, temperature } = judge;
  const asked = { system, prompt, quote, scale, temperature, maxTokens: judge['max-tokens'] };
  const read = { words: Object.keys(options ?? {}).toSorted(), aggregation, floor };
  return {
    hash: shortHash(['judge', asked, read, identity]),
    judge,
    ref: model,
    model: { engine: model.engine, base: model.model, adapter: null, identity },
  };
}

/** A judge with a word that settles the outcome ends a wave: the judges behind it need not be asked then. */
function wavesOf(judging: readonly Entry[], behaviours: readonly Entry[]): ModelJudge[][] {
  const waves: ModelJudge[][] = [behaviours.map(({ model }) => model as ModelJudge)];
  let canSettle = false;
  for (const { spec, model } of judging) {
    if (canSettle) waves.push([]);
    (waves.at(-1) as ModelJudge[]).push(model as ModelJudge);
    canSettle = Object.values((spec as ModelJudgeSpec).judge.options ?? {}).some((word) => word !== 'none');
  }
  return waves
    .map((wave) => [...new Map(wave.map((judge) => [judge.hash, judge])).values()])
    .filter((wave) => wave.length > 0);
}
