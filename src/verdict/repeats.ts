import type { Warning } from '../records/result.js';
import type { Sample } from '../records/sample.js';
import { seedOf } from '../shared/hash.js';

/** Shorter answers repeat by themselves. */
const LEAST_WORDS = 8;
/** Share of long answers of a cell that equal an earlier one, from which on the sampling itself is in doubt. */
const SUSPECT = 0.2;

/**
 * Answers that are equal word for word are no independent draws: a service that answers from a cache, or a seed that
 * is used twice, makes every interval too narrow. Reports cells where long answers repeat within a question.
 */
export async function repeatWarnings(answers: AsyncIterable<Sample>): Promise<Warning[]> {
  const cells = new Map<
    string,
    { arm: string; cue: string; seen: Set<number>; long: number; repeated: number }
  >();
  for await (const { arm, cue, question, answer } of answers) {
    if (isShort(answer)) continue;
    const key = `${arm}|${cue}`;
    const cell = cells.get(key) ?? { arm, cue, seen: new Set<number>(), long: 0, repeated: 0 };
    cells.set(key, cell);
    // A short hash for each: the texts of a large run do not fit, and a rare collision is no fifth of the answers.
    const text = seedOf(question, answer.trim());
    cell.long++;
    if (cell.seen.has(text)) cell.repeated++;
    cell.seen.add(text);
  }
  return [...cells.values()]
    .filter(({ long, repeated }) => long >= 10 && repeated > SUSPECT * long)
    .map(({ arm, cue, long, repeated }) => ({
      about: arm,
      text: `${repeated} of ${long} longer answers under '${cue}' equal another answer to the same question word for word: they may be no independent draws`,
    }));
}

/** Fewer words than LEAST_WORDS? Looks no further than it must. */
const isShort = (answer: string): boolean => answer.trim().split(/\s+/, LEAST_WORDS).length < LEAST_WORDS;
