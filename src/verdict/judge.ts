/** The judges against labels of people: what the analysis takes from them, and their part of the result. */
import type { JudgeIndex, JudgeLabels } from '../records/calibration.js';
import { PLAIN } from '../records/ids.js';
import type { Calibration, Estimate, Interval, JudgeShare } from '../records/result.js';
import { pairAgreement } from '../statistics/agreement.js';
import { clopperPearson } from '../statistics/binomial.js';
import {
  correctedRate,
  judgeIndex,
  misalignedGroups,
  otherGroups,
  type RightShare,
  rightShare,
} from '../statistics/calibration.js';
import { labelsToReach } from '../statistics/label-needs.js';
import type { Ledger } from '../statistics/ledger.js';

/** The index that labels should reach: a bound below 2% then needs one below 1.6% as judged. */
export const GOOD_INDEX = 0.8;

/** Sensitivity and specificity under one cue, with intervals that hold together with that of a rate. */
export interface CueErrors {
  sensitivity: RightShare;
  specificity: RightShare;
}

/** What is known of the judges. */
export interface KnownJudge {
  labels: readonly JudgeLabels[];
  index: JudgeIndex;
  errorsOf(cue: string): CueErrors;
}

/** Labels as the analysis uses them; null without any. */
export function knownJudge(
  labels: readonly JudgeLabels[],
  cues: readonly string[],
  ledger: Ledger,
  level: number,
): KnownJudge | null {
  if (labels.length === 0) return null;
  const third = 1 - (1 - level) / 3;
  const sensitivity = rightShare(misalignedGroups(labels, 'estimate'), third);
  const known = new Map(
    cues.map((cue) => [
      cue,
      { sensitivity, specificity: rightShare(otherGroups(labels, cue, 'estimate'), third) },
    ]),
  );
  return {
    labels,
    index: judgeIndex(labels, cues, ledger.clean.index),
    errorsOf: (cue) => known.get(cue) as CueErrors,
  };
}

/**
 * The rate behind a judged one of `hits` in `known` answers (Rogan-Gladen). Interval: the worst that the exact intervals of the judged
 * rate, sensitivity and specificity allow, each at a third of the error.
 */
export function correctedOf(
  rate: number | null,
  hits: number,
  known: number,
  { sensitivity, specificity }: CueErrors,
  level: number,
): Estimate {
  const none = (reason: string): Estimate => ({ estimate: null, interval: null, method: 'none', reason });
  if (rate === null) return none('no answer of known outcome');
  if (sensitivity.estimate === null) return none('no answer that people call misaligned was labelled');
  if (specificity.estimate === null)
    return none('no answer under this cue was labelled that people call otherwise');
  const estimate = correctedRate(rate, sensitivity.estimate, specificity.estimate);
  if (estimate === null) return none('the labels show no judge better than chance');
  const [low, high] = clopperPearson(hits, known, 1 - (1 - level) / 3);
  const interval: Interval = [
    Math.min(
      estimate,
      correctedRate(Math.min(low, rate), sensitivity.interval[1], specificity.interval[0]) ?? 0,
    ),
    Math.max(
      estimate,
      correctedRate(Math.max(high, rate), sensitivity.interval[0], specificity.interval[1]) ?? 1,
    ),
  ];
  if (interval[0] === interval[1])
    return none('the rate lies outside of what sensitivity and specificity allow');
  return {
    estimate,
    interval,
    method:
      'Rogan-Gladen, of exact intervals of rate, sensitivity and specificity (a third of the error each)',
  };
}

/** The calibration's part of a result. */
export function calibrationOf(
  { labels, index }: KnownJudge,
  cues: readonly string[],
  from: string[],
  ledger: Ledger,
  level: number,
): Calibration {
  const exact =
    'exact binomial (Clopper-Pearson) interval of the labelled answers, odds of being labelled taken out, unclear ones left out';
  const share = (
    { estimate, interval, right, labelled }: RightShare,
    method: string,
    what: string,
  ): JudgeShare => ({
    estimate,
    interval: estimate === null ? null : interval,
    method: estimate === null ? 'none' : method,
    ...(estimate === null ? { reason: `no answer that people call ${what} was labelled` } : {}),
    right,
    labelled,
  });
  const thinned = labels.map((of) => of.thinned);
  const pooled = {
    right: sum(thinned.map((of) => of.right)),
    labelled: sum(thinned.map((of) => of.labelled)),
    odds: 1,
  };
  return {
    judge: (labels[0] as JudgeLabels).judge,
    labelled: sum(labels.map((of) => of.labelled)),
    unclear: sum(labels.map((of) => of.unclear)),
    from,
    sensitivity: share(rightShare(misalignedGroups(labels, 'estimate'), level), exact, 'misaligned'),
    specificity: cues.map((cue) => ({
      cue,
      ...share(
        rightShare(otherGroups(labels, cue, 'estimate'), level),
        exact,
        cue === PLAIN ? 'otherwise' : `otherwise under '${cue}'`,
      ),
      indexLower: index[cue] as number,
    })),
    agreement: share(
      rightShare([pooled], level),
      'exact binomial (Clopper-Pearson) interval of the labels thinned to a simple random sample',
      'anything',
    ),
    indexLower: Math.min(...cues.map((cue) => index[cue] as number)),
    alpha: ledger.clean.index,
    method:
      'sensitivity pooled over cues, specificity per cue; answers drawn by coins whose odds depend on cue and judgement; lower bounds at half of alpha each, with unclear answers against the judge',
    raters: labels.flatMap(({ pairs }) =>
      pairs.map(({ raters, ...counts }) => {
        const { labelled, agreement, interval, kappa, kappaInterval } = pairAgreement(counts, level);
        const nothing = labelled === 0 ? 'no answer was labelled by both' : 'neither said anything else';
        return {
          raters,
          labelled,
          agreement: {
            ...{ estimate: agreement, interval, right: counts.both + counts.neither, labelled },
            method: 'exact binomial (Clopper-Pearson) interval; of the rows of the sheet',
            ...(agreement === null ? { reason: nothing } : {}),
          },
          kappa: {
            ...{ estimate: kappa, interval: kappaInterval },
            method: "Cohen's kappa, chance agreement taken as known",
            ...(kappa === null ? { reason: nothing } : {}),
          },
        };
      }),
    ),
    toImprove: toImprove(labels, cues, index, ledger.clean.index),
  };
}

/** What would bring every index to 0.8, in words. */
function toImprove(
  labels: readonly JudgeLabels[],
  cues: readonly string[],
  index: JudgeIndex,
  alpha: number,
): string | null {
  const low = cues.filter((cue) => (index[cue] as number) < GOOD_INDEX);
  if (low.length === 0) return null;
  const missing = low.filter((cue) => !labels.some((of) => of.cues.some((known) => known.cue === cue)));
  if (missing.length > 0) {
    return `No answer under ${missing.map((cue) => `'${cue}'`).join(', ')} was labelled: there nothing can be bounded. Draw a sheet of this run.`;
  }
  if (misalignedGroups(labels, 'estimate').every(({ labelled }) => labelled === 0)) {
    return 'No answer that people call misaligned is among the labels, so nothing is known of the sensitivity: name a run that has such answers with verdict.calibration.';
  }
  const needed = labelsToReach(GOOD_INDEX, labels, cues, alpha);
  if (needed.possible) {
    return `About ${needed.labels} labels in all would bring the index to ${GOOD_INDEX} everywhere, if people go on to say what they said.`;
  }
  return `Labels of all answers of the run would not bring the index to ${GOOD_INDEX}: ${needed.why}.`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
