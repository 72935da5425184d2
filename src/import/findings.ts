/** What is odd in rows that can be analysed all the same: said with the place, never passed over. */
import { isEligible, OUTCOMES, type Outcome } from '../records/outcome.js';
import { placeText } from '../shared/errors.js';
import { cuesWithoutBase } from './build.js';
import { type Collection, placeOf } from './collect.js';
import type { LargestScores } from './outcome.js';
import type { Settled, SettledCell } from './settle.js';

/** More than this nobody reads; the result names every cell again. */
const MOST = 20;

/** Sentences about the file as a whole: whose answers they are, and scores on another scale. */
export function oddities(collection: Collection, largest: LargestScores): string[] {
  const [first] = collection.files;
  const found = [...largest]
    .filter(([, score]) => score > 0 && score <= 1)
    .map(
      ([name, score]) =>
        `${first?.name}: no ${name} score is above ${score}, and they are read on a scale from 0 to 100: if the scale is 0 to 1, multiply the column by 100 and import again`,
    );
  if (collection.isSequential)
    found.push(
      `${first?.name}: the answers are of a sequential run, which stopped by a rule that the table does not hold: rates and effects are given, and no claims, bounds or verdicts. Analyse the run in its own folder`,
    );
  return found;
}

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
  found.push(...spelledAlike(settled));
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

/** Names that differ in case, white space and signs alone: likely one thing in two spellings. */
function spelledAlike({ arms, bases, cues, questions }: Settled): string[] {
  const plainly = ({ label }: { label: string }): string =>
    label
      .toLowerCase()
      .replace(/[\s_-]+/g, ' ')
      .trim();
  return Object.entries({ arms: [...arms, ...bases], cues, questions }).flatMap(([what, all]) =>
    [...Map.groupBy(all, plainly).values()]
      .filter((alike) => alike.length > 1)
      .map((alike) => {
        const names = alike.map(({ label }) => `'${label.slice(0, 60)}'`).join(' and ');
        return `${names} are ${alike.length} ${what}: spell them alike if they are one`;
      }),
  );
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
