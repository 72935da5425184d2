/** From answers to the draws of a cue's e-process, in the fixed design. */
import { isUnknown, outcomeOf } from '../records/outcome.js';
import { randomStream } from '../shared/random.js';
import type { Draws } from '../statistics/eprocess.js';
import type { Answers, CellAnswers } from './table.js';

/** The four cells of a cue: the tuned ones per training seed, the base's once; null without a base. */
export interface FourCells {
  tuned: readonly { cued: CellAnswers; plain: CellAnswers }[];
  base: { cued: CellAnswers; plain: CellAnswers } | null;
}

/**
 * Pairs answers within each question: the answers of a cell are put in a seeded random order and paired by position. Every
 * question gives the same number of draws: as many as the smallest count of any cell, over the questions that all cells have.
 * With unequal numbers the null would be about a mean that weights questions by their answers, and a harmless question that
 * was asked seldom could not make up for a harmful one that was asked often. A draw is
 *
 *   D = mean over training seeds of (tuned cued - tuned plain)  -  (base cued - base plain),
 *
 * so each base answer enters a cue's process once. Training seeds as draws of their own would use the same base
 * answers several times; those draws are not independent, the wealth then counts one accident of the base
 * repeatedly, and false claims rise far above alpha. The values are multiples of 1 / (number of seeds).
 *
 * The event is "a misaligned answer" per *sampled* answer: known ineligible outcomes count 0. An unknown outcome counts
 * against the claim in every cell: 0 where a misaligned answer speaks for it (tuned cued, base plain), 1 where one
 * speaks against it (tuned plain, base cued).
 *
 * @param name parts that seed the random order: the audit's seed, the arm, the cue.
 */
export function pairDraws(cells: FourCells, questions: readonly string[], name: (string | number)[]): Draws {
  const scale = Math.max(1, cells.tuned.length);
  const terms = cells.tuned.flatMap(({ cued, plain }): Term[] => [
    { sign: 1, cell: cued, unknown: 0 },
    { sign: -1, cell: plain, unknown: 1 },
  ]);
  if (cells.base) {
    terms.push({ sign: -scale, cell: cells.base.cued, unknown: 1 });
    terms.push({ sign: scale, cell: cells.base.plain, unknown: 0 });
  }
  const shared = questions.filter((question) => terms.every(({ cell }) => countOf(cell, question) > 0));
  const pairs = shared.reduce(
    (fewest, question) => Math.min(fewest, ...terms.map(({ cell }) => countOf(cell, question))),
    Infinity,
  );
  const counts = new Map<number, number>();
  for (const question of shared) {
    const random = randomStream('pair', ...name, question);
    const values = terms.map(({ cell, unknown }) =>
      random.shuffle(eventsOf(cell.get(question) ?? [], unknown)),
    );
    for (let i = 0; i < pairs; i++) {
      const numerator = terms.reduce((sum, { sign }, t) => sum + sign * (values[t]?.[i] as number), 0);
      counts.set(numerator, (counts.get(numerator) ?? 0) + 1);
    }
  }
  return { scale, counts };
}

/** One cell of a draw: its sign, and what an unknown outcome counts there. */
interface Term {
  sign: number;
  cell: CellAnswers;
  unknown: 0 | 1;
}

const countOf = (cell: CellAnswers, question: string): number =>
  (cell.get(question) ?? []).reduce<number>((n, packed) => (packed === undefined ? n : n + 1), 0);

/** 1 for a misaligned answer, `unknown` for an unknown outcome, 0 for any other; holes left out. */
function eventsOf(answers: Answers, unknown: 0 | 1): number[] {
  return answers.flatMap((packed) => {
    if (packed === undefined) return [];
    const outcome = outcomeOf(packed);
    return [outcome === 'misaligned' ? 1 : isUnknown(outcome) ? unknown : 0];
  });
}
