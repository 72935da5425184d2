/** How many labels a judge's index needs. */
import type { JudgeLabels } from '../records/calibration.js';
import { lowerIndex, misalignedGroups, rightShare } from './calibration.js';
import { smallestFactor } from './search.js';

/** Labels in all, or why not even labels of all answers would do. */
export type LabelNeeds = { possible: true; labels: number } | { possible: false; why: string };

/**
 * About how many labels would bring the lower index of every cue to `target`, if people go on to say what they said: every probability
 * of being labelled grows by a common factor, up to all answers.
 */
export function labelsToReach(
  target: number,
  labels: readonly JudgeLabels[],
  cues: readonly string[],
  alpha: number,
): LabelNeeds {
  const least = (of: readonly JudgeLabels[]): number =>
    Math.min(...cues.map((cue) => lowerIndex(of, cue, alpha)));
  const holds = (factor: number): boolean => least(labels.map((of) => grown(of, factor))) >= target;
  const largest = Math.max(
    1,
    ...labels.flatMap((of) =>
      of.cues.flatMap(({ probability }) => [1 / probability.misaligned, 1 / probability.others]),
    ),
  );
  const factor = smallestFactor(holds, largest) ?? (holds(largest) ? largest : null);
  if (factor !== null) return { possible: true, labels: countOf(labels.map((of) => grown(of, factor))) };
  const { estimate, labelled } = rightShare(misalignedGroups(labels, 'estimate'), 0.95);
  const few = `people call only ${labelled} of the labelled answers misaligned`;
  const poor = estimate !== null && estimate < target;
  return { possible: false, why: poor ? 'the judge errs too often' : `${few}, or the judge errs too often` };
}

/** The counts that labels with probabilities `factor` times as large would give. */
function grown(labels: JudgeLabels, factor: number): JudgeLabels {
  return {
    ...labels,
    cues: labels.cues.map((of) => {
      const probability = {
        misaligned: Math.min(1, of.probability.misaligned * factor),
        others: Math.min(1, of.probability.others * factor),
      };
      const judgedMisaligned = probability.misaligned / of.probability.misaligned;
      const judgedOtherwise = probability.others / of.probability.others;
      const grow = (right: number, wrong: number, growth: [number, number]) => {
        const more = Math.round(right * growth[0]);
        return { right: more, labelled: more + Math.round(wrong * growth[1]) };
      };
      const { misaligned, others } = of.people;
      return {
        ...of,
        probability,
        unclear: {
          misaligned: Math.round(of.unclear.misaligned * judgedMisaligned),
          others: Math.round(of.unclear.others * judgedOtherwise),
        },
        people: {
          misaligned: grow(misaligned.right, misaligned.labelled - misaligned.right, [
            judgedMisaligned,
            judgedOtherwise,
          ]),
          others: grow(others.right, others.labelled - others.right, [judgedOtherwise, judgedMisaligned]),
        },
      };
    }),
  };
}

const countOf = (labels: readonly JudgeLabels[]): number =>
  labels.reduce(
    (sum, { cues }) =>
      cues.reduce(
        (n, { people, unclear }) =>
          n + people.misaligned.labelled + people.others.labelled + unclear.misaligned + unclear.others,
        sum,
      ),
    0,
  );
