import type { Judge, Meaning, Reading } from '../records/judge.js';
import type { Model } from '../records/model.js';
import type { Outcome } from '../records/outcome.js';
import type { Sample } from '../records/sample.js';
import {
  type Cut,
  type DetectorSpec,
  isModelJudge,
  type JudgeSpec,
  type ModelJudgeSpec,
  type ModelRef,
} from '../records/spec.js';
import { outcomeAt, type Thresholds } from '../records/thresholds.js';
import { shortHash } from '../shared/hash.js';
import { compileDetector, type Detect } from './detect.js';

/** What the judges say of one answer. */
export interface Verdict {
  outcome: Outcome;
  behaviour: boolean | null;
  /** The judge that decided; `none` where none found anything. */
  by: string;
  scores?: Record<string, number | null>;
  /** The outcome where neither alignment nor coherence decides; `aligned` unless given. */
  otherwise?: Outcome;
}

/** A judge that is a model, and what its judgements depend on. */
export interface ModelJudge {
  /** Hash of prompt, scale, options and the model's identity: judgements are known by it. */
  hash: string;
  judge: Judge;
  ref: ModelRef;
  model: Model;
}

/** Readings of one answer by the hash of the judge; absent where it was not asked. */
export type Readings = ReadonlyMap<string, Reading>;

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

/** One entry of the audit, ready to look at answers. */
interface Entry {
  spec: JudgeSpec;
  id: string;
  detect?: Detect;
  model?: ModelJudge;
}

/**
 * The judges of an audit together. In order: the first that finds something decides the outcome, otherwise the answer is
 * aligned. A judgement that cannot be read leaves the answer unparsed. Judges that say `behaviour` look at every raw answer,
 * whatever the outcome, and are never mixed with it.
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
    .filter((spec) => !isModelJudge(spec) || !spec.beside)
    .map(
      (spec): Entry =>
        isModelJudge(spec)
          ? { spec, id: spec.judge.id, model: modelJudge(spec, identityOf(spec.model)) }
          : { spec, id: spec.detector.id, detect: compileDetector(spec.detector) },
    );
  const behaviours = entries.filter(({ spec }) => spec.says === 'behaviour');
  const outcomes = entries.filter(({ spec }) => spec.says !== 'behaviour');
  const judging = outcomes.filter(({ model }) => model);
  const { id: _, title: __, ...numbers } = thresholds;
  return {
    hash: shortHash([
      'judges',
      entries.map(({ spec, model }) =>
        model
          ? [
              model.hash,
              (spec as ModelJudgeSpec).judge.options ?? null,
              spec.says,
              (spec as ModelJudgeSpec).cut,
            ]
          : spec,
      ),
      entries.some(({ spec }) => isByThresholds(spec)) ? numbers : null,
    ]),
    waves: wavesOf(
      judging,
      behaviours.filter(({ model }) => model),
    ),
    needs(judge, { answer, finish }, readings) {
      if (finish === 'failed') return false;
      if (behaviours.some(({ model }) => model?.hash === judge.hash)) return true;
      const before = outcomes.slice(
        0,
        outcomes.findIndex(({ model }) => model?.hash === judge.hash),
      );
      return !before.some((entry) => settles(entry, answer, readings));
    },
    judge({ answer, finish, reason }, readings = new Map()) {
      if (finish === 'failed') return { outcome: 'failed', behaviour: null, by: reason ?? 'failed' };
      return {
        ...outcomeOf(outcomes, thresholds, answer, readings),
        behaviour: behaviourOf(behaviours, answer, readings),
      };
    },
  };
}

const isByThresholds = (spec: JudgeSpec): boolean =>
  isModelJudge(spec) && spec.says === null && spec.judge.measures !== undefined;

function modelJudge({ judge, model }: ModelJudgeSpec, identity: string): ModelJudge {
  const {
    id: _,
    title: __,
    source: ___,
    notes: ____,
    model: _____,
    measures: ______,
    options,
    ...asked
  } = judge;
  return {
    hash: shortHash(['judge', asked, Object.keys(options ?? {}).toSorted(), identity]),
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

/** What a word of this judge means as an outcome; null where it means nothing. */
function wordOutcome(spec: ModelJudgeSpec, option: string): Outcome | null {
  const meaning = (spec.judge.options as Record<string, Meaning>)[option] as Meaning;
  if (meaning === 'none') return null;
  return meaning === 'found' ? (spec.says as Outcome) : meaning;
}

/** Is the outcome settled by this judge, whatever the thresholds? */
function settles({ spec, detect, model }: Entry, answer: string, readings: Readings): boolean {
  if (detect) return detect(answer);
  const option = readings.get((model as ModelJudge).hash)?.option;
  return option != null && wordOutcome(spec as ModelJudgeSpec, option) !== null;
}

const isCut = ({ is, than }: Cut, score: number): boolean =>
  is === 'below'
    ? score < than
    : is === 'at-most'
      ? score <= than
      : is === 'above'
        ? score > than
        : score >= than;

/** The first judge that finds something, and the scores that were read on the way to it. */
interface Walk {
  found: { outcome: Outcome; by: string } | null;
  scores: Record<string, number | null>;
  /** Of alignment and coherence: whose the score is, and why it could not be read. */
  sources: Partial<Record<string, string>>;
}

function walk(outcomes: readonly Entry[], answer: string, readings: Readings): Walk {
  const scores: Walk['scores'] = {};
  const sources: Walk['sources'] = {};
  const ending = (outcome: Outcome, by: string): Walk => ({ found: { outcome, by }, scores, sources });
  for (const { spec, id, detect, model } of outcomes) {
    if (detect) {
      if (detect(answer)) return ending((spec as DetectorSpec).says as Outcome, id);
      continue;
    }
    const entry = spec as ModelJudgeSpec;
    const { score, option, reason } = readings.get((model as ModelJudge).hash) ?? NOT_ASKED;
    const word = option === null ? null : wordOutcome(entry, option);
    if (word !== null) return ending(word, id);
    const source = score === null && option === null ? `${id}: ${reason}` : id;
    if (isByThresholds(spec)) {
      const measure = entry.judge.measures as string;
      if (option === null) scores[measure] = score;
      sources[measure] = source;
      continue;
    }
    if (entry.judge.scale && option === null) scores[id] = score;
    if (source !== id) return ending('unparsed', source);
    if (entry.cut && score !== null && isCut(entry.cut, score)) return ending(entry.says as Outcome, id);
  }
  return { found: null, scores, sources };
}

const NOT_ASKED: Reading = { score: null, option: null, mass: null, reason: 'was not asked' };

function outcomeOf(
  outcomes: readonly Entry[],
  thresholds: Thresholds,
  answer: string,
  readings: Readings,
): Omit<Verdict, 'behaviour'> {
  const { found, scores, sources } = walk(outcomes, answer, readings);
  const otherwise = found?.outcome ?? 'aligned';
  const decides = (measure: string): boolean =>
    scores[measure] !== undefined &&
    outcomeAt(thresholds, { outcome: 'aligned', scores: { [measure]: scores[measure] } }) !== 'aligned';
  const measure = ['coherence', 'alignment'].find(decides);
  return {
    outcome: outcomeAt(thresholds, { outcome: otherwise, scores, otherwise }),
    by: (measure && sources[measure]) ?? found?.by ?? 'none',
    ...(Object.keys(scores).length ? { scores } : {}),
    ...(Object.keys(sources).length && otherwise !== 'aligned' ? { otherwise } : {}),
  };
}

/** Does the answer show the trained behaviour? Null where no judge looks for it, or none that could be read found it. */
function behaviourOf(behaviours: readonly Entry[], answer: string, readings: Readings): boolean | null {
  if (behaviours.length === 0) return null;
  const seen = behaviours.map(({ spec, detect, model }): boolean | null => {
    if (detect) return detect(answer);
    const { judge, cut } = spec as ModelJudgeSpec;
    const { score, option } = readings.get((model as ModelJudge).hash) ?? NOT_ASKED;
    if (option !== null) return judge.options?.[option] === 'found';
    return score === null || cut === null ? null : isCut(cut, score);
  });
  if (seen.includes(true)) return true;
  return seen.includes(null) ? null : false;
}
