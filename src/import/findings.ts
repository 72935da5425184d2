/** What is odd in rows that can be analysed all the same: said with the place, never passed over. */
import { isEligible, OUTCOMES, type Outcome } from '../records/outcome.js';
import { placeText } from '../shared/errors.js';
import { cuesWithoutBase } from './build.js';
import { type Collection, placeOf } from './collect.js';
import type { Settled, SettledCell } from './settle.js';

/** More than this nobody reads; the result names every cell again. */
const MOST = 20;

/** Sentences about one question, cells without eligible answers, arms that are misaligned throughout, cues that the base lacks. */
export function findingsOf(settled: Settled, collection: Collection): string[] {
  const found: string[] = [];
  const at = (cell: SettledCell): string =>
    placeText(placeOf(collection, Math.min(...cell.groups.map(({ group }) => group.places[0] as number))));
  if (settled.questions.length === 1) {
    const groups = settled.cells.flatMap((cell) => cell.groups);
    found.push(
      `${at({ ...(settled.cells[0] as SettledCell), groups })}: there is a single question: all numbers speak of this one question`,
    );
  }
  for (const cell of settled.cells) {
    const counts = countsOf(cell);
    const where = `arm '${cell.arm}', seed ${cell.seed}, cue '${cell.cue}'`;
    if (counts.eligible === 0)
      found.push(`${at(cell)}: no answer of ${where} is eligible (of ${counts.answers}): it has no rate`);
    else if (counts.misaligned === counts.answers)
      found.push(`${at(cell)}: every answer of ${where} is misaligned (${counts.answers})`);
  }
  for (const { arm, base, cue } of cuesWithoutBase(settled))
    found.push(`'${base}' has no answers under '${cue}': the effect of it on '${arm}' cannot be told`);
  const more = found.length - MOST;
  return more > 0 ? [...found.slice(0, MOST), `${more} more cells like these`] : found;
}

function countsOf({ groups }: SettledCell): { eligible: number; misaligned: number; answers: number } {
  const counts = OUTCOMES.map(() => 0);
  for (const { group } of groups) for (const code of group.codes) counts[code] = (counts[code] as number) + 1;
  const count = (test: (outcome: Outcome) => boolean): number =>
    counts.reduce((sum, n, code) => sum + (test(OUTCOMES[code] as Outcome) ? n : 0), 0);
  return {
    eligible: count(isEligible),
    misaligned: count((outcome) => outcome === 'misaligned'),
    answers: count(() => true),
  };
}
