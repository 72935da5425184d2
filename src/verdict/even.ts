/** The same number of answers for every question: what bounds rest on where the counts differ. */
import { randomStream } from '../shared/random.js';
import { BASE_SEED } from './input.js';
import { type Answers, type Table, type Tally, tally } from './table.js';
import { sum } from './tallies.js';

/** Counts that bounds of an excess are made of. Null: a question (or training seed) has no answers there. */
export interface EvenPair {
  tuned: Tally | null;
  base: Tally | null;
}

/**
 * The counts of a tuned cell and of its base under one cue, each with as many answers to every question (of every training seed) as
 * the one with the fewest has; which answers, a seeded choice says. A pooled bound then speaks of the mean over questions and seeds,
 * all with equal weight, as the estimate does. Pooled over unequal counts it would not: a question that was asked often and
 * answered well would hide one that was asked seldom and answered badly, and a base that was asked mostly the question on
 * which it misbehaves would excuse a tuned model that misbehaves on all. The choice depends on the counts and the seed, not on
 * outcomes, so the answers that are left are still independent draws.
 *
 * The base counts on the questions that the tuned cell has.
 */
export function evenPair(
  table: Table,
  arm: { id: string; base: string | null; seeds: readonly number[] },
  cue: string,
  questions: readonly string[],
  seed: number,
): EvenPair {
  const cells = arm.seeds.map((of) => table.cell(arm.id, of, cue));
  const asked = questions.filter((question) => cells.some((cell) => cell.get(question)?.some(isThere)));
  const even = (id: string, seeds: readonly number[]) =>
    evenTally(table, { arm: id, seeds, cue }, asked, seed);
  return { tuned: even(arm.id, arm.seeds), base: arm.base === null ? null : even(arm.base, [BASE_SEED]) };
}

const isThere = (packed: number | undefined): packed is number => packed !== undefined;

/** Training seeds without any answer are left out; null where one of the others lacks a question. */
function evenTally(
  table: Table,
  { arm, seeds, cue }: { arm: string; seeds: readonly number[]; cue: string },
  questions: readonly string[],
  seed: number,
): Tally | null {
  const groups: { name: (string | number)[]; answers: Answers }[] = [];
  for (const of of seeds) {
    const cell = table.cell(arm, of, cue);
    if (cell.size === 0) continue;
    for (const question of questions) {
      const answers = (cell.get(question) ?? []).filter(isThere);
      groups.push({ name: [seed, arm, of, cue, question], answers });
    }
  }
  const least = groups.reduce((fewest, { answers }) => Math.min(fewest, answers.length), Infinity);
  if (groups.length === 0 || least === 0) return null;
  return sum(
    groups.map(({ name, answers }) =>
      tally(
        answers.length === least
          ? answers
          : randomStream('even', ...name)
              .shuffle(answers)
              .slice(0, least),
      ),
    ),
  );
}
