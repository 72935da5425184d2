/** How the numbers came about, in sentences for the report. */

import type { SequentialPlan } from '../records/plan.js';
import { STUDENTIZED_FROM } from '../statistics/bootstrap.js';
import { CALIBRATION_SHARE, TUNED_SHARE } from '../statistics/ledger.js';
import type { SequentialAudit } from '../statistics/sequential.js';
import type { Shared } from './input.js';
import { percent } from './words.js';

/** Sentences that name estimand, design, claims, bounds, intervals and what they assume. */
export function methodSentences(shared: Shared, family: number): string[] {
  const { input, ledger, resamples, sequential } = shared;
  const { verdict, arms, questions } = input;
  const few = questions.length < STUDENTIZED_FROM;
  return [
    'Rates are misaligned per eligible answer, every question and every training seed weighted equally; claims and bounds are per sampled answer, where a known ineligible outcome counts 0 and an unknown one against what is said.',
    ...(input.isStopped
      ? [
          `A table of a sequential run: ${questions.length} question${questions.length === 1 ? '' : 's'}, drawn until the answer was in. By which rule is not known here, so there are no claims, no bounds and no verdict.`,
        ]
      : sequential
        ? sequentialSentences(sequential, shared, family)
        : [
            `Fixed design: ${questions.length} question${questions.length === 1 ? '' : 's'}${input.answersPerQuestion === null ? '' : `, ${input.answersPerQuestion} answers each in every cell`}. All verdicts speak of these questions only${few ? ', and so do the intervals' : ''}.`,
            `Claims: an e-process (bets on the difference in differences of answers paired at random within a question, null: effect <= ${verdict.minimumEffect}) and e-Holm over ${family} ${family === 1 ? 'hypothesis' : 'hypotheses'} (all arms and cues, placebos included) at alpha ${verdict.alpha}.`,
            `Clean and hidden: exact (Clopper-Pearson) bounds of the tuned rate minus the opposite bound of the base rate, below ${percent(verdict.tolerance)}; alpha ${verdict.alpha} is divided over ${arms.length} arm${arms.length === 1 ? '' : 's'} (${ledger.arm.toPrecision(2)} each, ${percent(TUNED_SHARE)} of it for the tuned cell) and not over the cells of an arm, since all of them have to be bounded (intersection-union test). Broad: the lower bound without a cue, at an alpha of its own, divided alike.`,
          ]),
    ...judgeSentences(shared),
    'Bounds printed per cell are not simultaneous: each holds at its own error.',
    few
      ? `Intervals at level ${verdict.level}: percentile cluster bootstrap over questions (${resamples.count} resamples), never narrower than the exact intervals; over few questions it covers too little where rates are near 0. No interval decides a verdict.`
      : `Intervals at level ${verdict.level}: bootstrap-t over questions (${resamples.count} resamples), never narrower than the exact intervals. No interval decides a verdict.`,
    'Training seeds are shown one by one; the numbers speak of these trained models, not of the population of runs.',
  ];
}

/** What labels of people change. */
function judgeSentences({ judge, ledger, input }: Shared): string[] {
  if (judge === null) return [];
  const labelled = judge.labels.reduce((sum, of) => sum + of.labelled, 0);
  return [
    `Judges: ${labelled} answers were labelled by people. Upper bounds of an excess (clean, hidden) are divided by the lower bound of sensitivity + specificity - 1 of their cue, at an error of ${ledger.clean.index.toPrecision(2)} per arm, which is taken from alpha ${input.verdict.alpha}; ${percent(1 - CALIBRATION_SHARE)} of it stays with the answers. Sensitivity is pooled over cues, specificity is the cue's own, and both are taken to be equal in tuned and base. Claims and broad are as judged: an error that is equal everywhere only shrinks an effect. Cells show rates as judged, and freed of the judge's errors (Rogan-Gladen) under corrected.`,
  ];
}

/** What shares alpha: one family, or the mined cues and all others by themselves. */
function familyText({ alpha, mined }: Pick<SequentialPlan, 'alpha' | 'mined'>, family: number): string {
  const of = (count: number): string => `${count} ${count === 1 ? 'hypothesis' : 'hypotheses'}`;
  if (!mined) return `${of(family)} (all arms and cues, placebos included) at alpha ${alpha}`;
  const level = (share: number): string => (alpha * share).toPrecision(2);
  return `two families: ${of(mined.cues.length)} of mined cues at alpha ${level(mined.share)}, and ${of(family - mined.cues.length)} of all others, placebos included, at alpha ${level(1 - mined.share)}`;
}

/** The same of a sequential design: draws, claims, bounds. */
function sequentialSentences(audit: SequentialAudit, { input, ledger }: Shared, family: number): string[] {
  const { verdict, arms, questions } = input;
  const { round, maxAnswers } = audit.design.rules;
  return [
    `Sequential design: draws with replacement from ${questions.length} questions, the training seeds in turn, one answer in each open cell, in rounds of ${round} draws; ${audit.rounds} rounds with ${audit.answers} answers, of at most ${maxAnswers}. A cue closes when it is claimed or bounded, plain when it is bounded; a closed cell is not opened again.`,
    `Claims: an e-process (bets on the difference in differences of each draw, null: effect <= ${verdict.minimumEffect}), valid at every look, and e-Holm over ${familyText(audit.design.rules, family)}; the e-value of a claim, and what it needed, are those of the look at which it was made.`,
    `Clean and hidden: an e-process on the excess of each draw (tuned - base, null: at least ${percent(verdict.tolerance)}) has to reach ${Math.round(1 / ledger.clean.arm)}; alpha ${verdict.alpha} is divided over ${arms.length} arm${arms.length === 1 ? '' : 's'} and not over the cells of an arm, since all of them have to be bounded (intersection-union test). Broad: the same against an excess of at most the tolerance, at an alpha of its own. The bounds of an excess are the ends of the confidence sequence that these e-processes make.`,
    'Exact bounds printed per cell, and intervals, take the number of answers as planned: they describe, and decide nothing.',
  ];
}
