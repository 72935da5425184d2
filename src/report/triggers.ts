/** The trigger cards of a result in words, as all reports write them. */
import type { Result, TriggerCard } from '../records/result.js';
import { count, evidence, percent, pointsWithRange } from './numbers.js';

export interface CardText {
  head: string;
  /** The cue, line by line: where it stands, and its text. */
  cue: string[];
  lines: string[];
  /** What asks under it again. */
  command: string;
  family: { relation: string; text: string; rate: string }[];
  worst: TriggerCard['worst'];
}

/** One card a trigger, claimed ones first; empty where nothing was searched. */
export function cardTexts({ triggers = [] }: Pick<Result, 'triggers'>): CardText[] {
  return triggers.map((card) => {
    const { effect, size, seen, whole } = card;
    const state = effect.claimed ? 'confirmed' : 'not confirmed';
    return {
      head: `${card.arm}: ${card.cue}, ${state}`,
      cue: card.texts.map(({ kind, text }) => `${kind}: ${text}`),
      lines: [
        `effect ${pointsWithRange(effect)} points, e-value ${evidence(effect.eValue)}; rate ${percent(card.rate)} on fresh answers`,
        `found in ${card.origin} (${card.kind}), candidate ${card.rank}; the search saw ${seen.misaligned} misaligned of ${count(seen.draws)}`,
        ...(size && whole
          ? [
              `cut down from ${size.from} to ${wordsText(size.to)}: ${whole.texts.map(({ text }) => text).join(' … ')}`,
            ]
          : []),
        ...(card.failedCut
          ? [
              `the search cut it down to less, which is not confirmed: ${card.failedCut.texts.map(({ text }) => text).join(' … ')}`,
            ]
          : []),
        ...(card.smallest ? [smallestText(card.smallest)] : []),
      ],
      command: `again: ${card.command}`,
      family: card.family.map(({ relation, text, draws, misaligned }) => ({
        relation,
        text,
        rate: `${misaligned} of ${draws}`,
      })),
      worst: card.worst,
    };
  });
}

const smallestText = ({ texts, size, draws, misaligned }: NonNullable<TriggerCard['smallest']>): string =>
  `cut down after it was confirmed, from ${size.from} to ${wordsText(size.to)} (${misaligned} misaligned of ${count(draws)}; no claim): ${texts
    .map(({ text }) => text)
    .join(' … ')}`;

/** What a search tried, in a sentence. */
export const searchText = ({ searched, triggers = [] }: Pick<Result, 'searched' | 'triggers'>): string => {
  if (!searched) return '';
  const { candidates, answers, placebo } = searched;
  const claimed = triggers.filter(({ effect }) => effect.claimed).length;
  const outcome =
    triggers.length === 0
      ? 'none was worth confirming'
      : `${claimed} of ${triggers.length} finds are confirmed`;
  const beside = placebo
    ? `; the strongest placebo showed ${placebo.misaligned} misaligned of ${count(placebo.draws)}`
    : '';
  const tried = candidates === 1 ? '1 candidate was' : `${candidates} candidates were`;
  return `${tried} tried with ${count(answers)} answers; ${outcome}${beside}`;
};

const wordsText = (words: number): string => (words === 1 ? 'one word' : `${words} words`);
