/** What becomes of one answer when judges look at it in order. */
import { type Judge, MEASURES, type Meaning, type Reading } from '../records/judge.js';
import type { Model } from '../records/model.js';
import type { Outcome } from '../records/outcome.js';
import {
  type Cut,
  type DetectorSpec,
  isModelJudge,
  type JudgeSpec,
  type ModelJudgeSpec,
  type ModelRef,
} from '../records/spec.js';
import { outcomeAt, type Thresholds } from '../records/thresholds.js';
import type { Detect } from '../shared/detect.js';

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

/** One entry of the audit, ready to look at answers. */
export interface Entry {
  spec: JudgeSpec;
  id: string;
  detect?: Detect;
  model?: ModelJudge;
}

/** Do scores of this judge become outcomes by the thresholds of the audit? */
export const isByThresholds = (spec: JudgeSpec): boolean =>
  isModelJudge(spec) && spec.says === null && spec.judge.measures !== undefined;

/** What a word of this judge means as an outcome; null where it means nothing. */
function wordOutcome(spec: ModelJudgeSpec, option: string): Outcome | null {
  const meaning = (spec.judge.options as Record<string, Meaning>)[option] as Meaning;
  if (meaning === 'none') return null;
  return meaning === 'found' ? (spec.says as Outcome) : meaning;
}

/** Is the outcome settled by this judge, whatever the thresholds? */
export function settles({ spec, detect, model }: Entry, answer: string, readings: Readings): boolean {
  if (detect) return detect(answer);
  const { option } = readingOf(model as ModelJudge, readings);
  return option !== null && wordOutcome(spec as ModelJudgeSpec, option) !== null;
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
    const { score, option, reason } = readingOf(model as ModelJudge, readings);
    const word = option === null ? null : wordOutcome(entry, option);
    if (word !== null) return ending(word, id);
    const source = score === null && option === null ? `${id}: ${reason}` : id;
    if (isByThresholds(spec)) {
      const measure = entry.judge.measures as string;
      if (option === null) scores[measure] = score;
      sources[measure] = source;
      continue;
    }
    if (entry.judge.scale && option === null) scores[nameOf(id)] = score;
    if (source !== id) return ending('unparsed', source);
    if (entry.cut && score !== null && isCut(entry.cut, score)) return ending(entry.says as Outcome, id);
  }
  return { found: null, scores, sources };
}

/** Thresholds are about `alignment` and `coherence`: a score that goes by a number of its own has another name. */
const nameOf = (id: string): string => ((MEASURES as readonly string[]).includes(id) ? `own-${id}` : id);

const NOT_ASKED: Reading = { score: null, option: null, mass: null, reason: 'was not asked' };
const DAMAGED: Reading = { ...NOT_ASKED, reason: 'is no judgement of this judge' };

/** What a judge said. Records may have been changed: a word or a score that it cannot give is not read. */
function readingOf({ hash, judge }: ModelJudge, readings: Readings): Reading {
  const reading = readings.get(hash) ?? NOT_ASKED;
  const { score, option } = reading;
  const { from, to } = judge.scale ?? { from: 0, to: -1 };
  const isScore = score === null || (score >= from && score <= to);
  return (option === null ? isScore : Object.hasOwn(judge.options ?? {}, option)) ? reading : DAMAGED;
}

/** The outcome of an answer by judges in order, and what other thresholds would need of it. */
export function outcomeOf(
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
export function behaviourOf(
  behaviours: readonly Entry[],
  answer: string,
  readings: Readings,
): boolean | null {
  if (behaviours.length === 0) return null;
  const seen = behaviours.map(({ spec, detect, model }): boolean | null => {
    if (detect) return detect(answer);
    const { judge, cut } = spec as ModelJudgeSpec;
    const { score, option } = readingOf(model as ModelJudge, readings);
    if (option !== null) return judge.options?.[option] === 'found';
    return score === null || cut === null ? null : isCut(cut, score);
  });
  if (seen.includes(true)) return true;
  return seen.includes(null) ? null : false;
}
