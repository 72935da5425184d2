/** Which answers people are asked about. */
import type { Sheet, SheetRow, Stratum } from '../records/calibration.js';
import { isUnknown, type Outcome } from '../records/outcome.js';
import { type AnswerKey, keyOf } from '../records/sample.js';
import { hashOf } from '../shared/hash.js';

/** What the coins of a sheet depend on; two draws with the same ones are nested. */
export type SheetKey = Pick<Sheet, 'judge' | 'plan' | 'seed'>;

/** What the judge says of an answer, as far as the draw depends on it. */
export type Judgement = 'misaligned' | 'others';

export const judgementOf = (outcome: Outcome): Judgement =>
  outcome === 'misaligned' ? 'misaligned' : 'others';

/** An answer's own number in [0, 1): it is drawn where its probability is above. `use` names the purpose. */
export function coin(sheet: SheetKey, key: AnswerKey, use: 'draw' | 'thin'): number {
  const hash = hashOf([use, sheet.judge, sheet.plan, sheet.seed, keyOf(key)].join('\u0000'));
  return Number.parseInt(hash.slice(0, 13), 16) / 16 ** 13;
}

/** An answer's id in the sheet: a part of a hash, which says nothing of its arm, its cue or its place. */
export const rowId = (sheet: SheetKey, key: AnswerKey): string =>
  hashOf(['id', sheet.judge, sheet.plan, sheet.seed, keyOf(key)].join('\u0000')).slice(0, 12);

/** Can people judge it, and did the judge? What failed has no answer, and what is unparsed no judgement. */
export const isDrawable = (outcome: Outcome): boolean => !isUnknown(outcome);

/**
 * How likely each answer of each cue is to be drawn, for about `perCue` rows of each: a third of them answers that the judge calls
 * misaligned (all of them where there are fewer), the rest others. What bounds the sensitivity is how many misaligned answers there are
 * and how likely a missed one would have been drawn; so most rows are others. Never less likely than before.
 *
 * @param counts answers by cue, as judged
 */
export function stratify(
  counts: ReadonlyMap<string, Record<Judgement, number>>,
  perCue: number,
  before: readonly Stratum[] = [],
): Stratum[] {
  return [...counts].map(([cue, answers]) => {
    const known = before.find((of) => of.cue === cue)?.probability;
    const share = (wanted: number, of: number, least: number): number =>
      Math.max(least, of === 0 ? 1 : Math.min(1, wanted / of));
    const misaligned = share(perCue / 3, answers.misaligned, known?.misaligned ?? 0);
    const rest = perCue - Math.min(perCue / 3, answers.misaligned);
    return {
      cue,
      answers,
      probability: { misaligned, others: share(rest, answers.others, known?.others ?? 0) },
    };
  });
}

/**
 * Where a drawn answer stands in the sheet, 0 to 1: its coin as a part of its probability. These are uniform over all rows, whatever
 * their cue and judgement, so that the sheet is shuffled; and the rows up to some place are what smaller probabilities, all by the same
 * factor, would have drawn: labels of the first rows are labels of a smaller sheet. 1 and more: not drawn.
 */
export function placeOf(
  sheet: SheetKey,
  strata: readonly Stratum[],
  row: AnswerKey & Pick<SheetRow, 'judged'>,
): number {
  const stratum = strata.find(({ cue }) => cue === row.cue);
  return stratum ? coin(sheet, row, 'draw') / stratum.probability[judgementOf(row.judged)] : 1;
}
