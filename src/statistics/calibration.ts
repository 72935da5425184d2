/**
 * What a judge's errors do to rates and bounds, from labels of people. A judge with sensitivity se and specificity sp sees a rate p as
 * se p + (1 - sp)(1 - p); a difference of two rates that it judges alike shrinks by the factor J = se + sp - 1 (Youden's index).
 * So an excess that is bounded as judged is bounded, in truth, by that bound divided by J: by its *lower* confidence bound, since
 * J is only estimated. The error is shared: what J may miss comes off the alpha of the statement.
 *
 * Which answers are labelled depends on what the judge said of them: misaligned ones are rare, and drawn more often. Each answer is
 * drawn by a coin of its own, with a probability f that depends on its cue and on the judge's word. Of the drawn answers that people
 * call misaligned, each was then called misaligned by the judge with the probability
 *
 *   theta = se r / (se r + 1 - se),   r = f(judged misaligned) / f(judged otherwise),
 *
 * independently of the others: the count is binomial, given how many they are, and se follows from theta. The same of specificity with 1 / r.
 * Where r differs by cue the count is a sum of unequal Bernoulli draws, whose mean is bounded as everywhere (`meanLowerBound`).
 *
 * Sensitivity is pooled over cues, specificity is the cue's own (a cue that changes the format of answers changes what a judge
 * takes for misaligned).
 *
 * Sources: Rogan and Gladen, American Journal of Epidemiology 107 (1978); Youden, Cancer 3 (1950); Hoeffding (1956).
 */
import type { JudgeIndex, JudgeLabels } from '../records/calibration.js';
import { meanLowerBound, meanUpperBound } from './binomial.js';

/** Labelled answers of one kind, how many of them the judge called as people did, and the odds r that these were drawn with. */
export interface Group {
  right: number;
  labelled: number;
  odds: number;
}

/** A share of right judgements: the estimate with its exact interval, null without labels. */
export interface RightShare {
  estimate: number | null;
  interval: [low: number, high: number];
  right: number;
  labelled: number;
}

/** `bound`: with unclear answers against the judge, as misses or as false alarms; `estimate`: without them. */
export type Unclear = 'bound' | 'estimate';

/** Answers that people call misaligned, of all cues: the groups of sensitivity. */
export const misalignedGroups = (labels: readonly JudgeLabels[], use: Unclear): Group[] =>
  labels.flatMap(({ cues }) =>
    cues.map(({ people: { misaligned }, unclear, probability: f }) => ({
      right: misaligned.right,
      labelled: misaligned.labelled + (use === 'bound' ? unclear.others : 0),
      odds: f.misaligned / f.others,
    })),
  );

/** Answers of one cue that people call anything else: the groups of its specificity. */
export const otherGroups = (labels: readonly JudgeLabels[], cue: string, use: Unclear): Group[] =>
  labels.flatMap(({ cues }) =>
    cues
      .filter((of) => of.cue === cue)
      .map(({ people: { others }, unclear, probability: f }) => ({
        right: others.right,
        labelled: others.labelled + (use === 'bound' ? unclear.misaligned : 0),
        odds: f.others / f.misaligned,
      })),
  );

/** The share of answers that the judge calls right, with an exact two-sided interval. */
export function rightShare(groups: readonly Group[], level: number): RightShare {
  const { right, labelled } = totalOf(groups);
  const alpha = (1 - level) / 2;
  return {
    estimate: labelled === 0 ? null : shareAt(groups, right / labelled),
    interval: [lowerShare(groups, alpha), upperShare(groups, alpha)],
    right,
    labelled,
  };
}

/** Exact one-sided lower bound of the share; 0 without labels. */
export function lowerShare(groups: readonly Group[], alpha: number): number {
  const { right, labelled } = totalOf(groups);
  return labelled === 0 ? 0 : shareAt(groups, meanLowerBound(right, labelled, alpha));
}

/** Upper twin of `lowerShare`; 1 without labels. */
function upperShare(groups: readonly Group[], alpha: number): number {
  const { right, labelled } = totalOf(groups);
  return labelled === 0 ? 1 : shareAt(groups, meanUpperBound(right, labelled, alpha));
}

/**
 * Lower bound of sensitivity + specificity - 1 under one cue; at most 0 where the labels do not show a judge better than chance.
 *
 * @param alpha error of the bound, half for each part
 */
export function lowerIndex(labels: readonly JudgeLabels[], cue: string, alpha: number): number {
  const sensitivity = lowerShare(misalignedGroups(labels, 'bound'), alpha / 2);
  return sensitivity + lowerShare(otherGroups(labels, cue, 'bound'), alpha / 2) - 1;
}

/** The same for each of some cues. */
export function judgeIndex(
  labels: readonly JudgeLabels[],
  cues: readonly string[],
  alpha: number,
): JudgeIndex {
  return Object.fromEntries(cues.map((cue) => [cue, lowerIndex(labels, cue, alpha)]));
}

/**
 * Upper bound of a true excess from that of the judged one. A judged excess of 0 or less is one in truth, of at least that size:
 * it is left as it is. 1 where the index is not shown to be above 0: then nothing is excluded.
 */
export function correctedUpper(upper: number, index: number): number {
  if (index <= 0) return 1;
  return upper <= 0 ? upper : Math.min(1, upper / index);
}

/** The true rate behind a judged one (Rogan-Gladen), inside of [0, 1]; null where the judge is no better than chance. */
export function correctedRate(rate: number, sensitivity: number, specificity: number): number | null {
  const index = sensitivity + specificity - 1;
  return index <= 0 ? null : Math.min(1, Math.max(0, (rate - (1 - specificity)) / index));
}

function totalOf(groups: readonly Group[]): { right: number; labelled: number } {
  let [right, labelled] = [0, 0];
  for (const group of groups) {
    right += group.right;
    labelled += group.labelled;
  }
  return { right, labelled };
}

/** The share at which drawn answers are right with this mean probability; the mean grows with the share. */
function shareAt(groups: readonly Group[], mean: number): number {
  if (mean <= 0 || mean >= 1) return mean <= 0 ? 0 : 1;
  const used = groups.filter(({ labelled }) => labelled > 0);
  const labelled = used.reduce((sum, group) => sum + group.labelled, 0);
  const meanAt = (p: number): number =>
    used.reduce((sum, group) => sum + (group.labelled * p * group.odds) / (p * group.odds + 1 - p), 0) /
    labelled;
  const [first] = used;
  if (first && used.every(({ odds }) => odds === first.odds)) return mean / (mean + (1 - mean) * first.odds);
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (meanAt(middle) <= mean) low = middle;
    else high = middle;
  }
  return low;
}
