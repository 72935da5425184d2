import { hash } from 'node:crypto';
import type { Warning } from '../records/result.js';
import type { Sample } from '../records/sample.js';

/** Shorter answers repeat by themselves. */
const isLong = (answer: string): boolean => /^\s*(?:\S+\s+){7}\S/.test(answer);
/** Share of long answers of a cell that equal an earlier one, from which on the sampling itself is in doubt. */
const SUSPECT = 0.2;

/** The part of an answer that is looked at. */
export type Repeatable = Pick<Sample, 'arm' | 'cue' | 'question' | 'answer'>;

/**
 * Answers that are equal word for word are no independent draws: a service that answers from a cache, or a seed that
 * is used twice, makes every interval too narrow. Finds cells where long answers repeat within a question, whatever
 * the order in which answers come.
 */
export class Repeats {
  private readonly cells = new Map<string, { arm: string; cue: string; texts: Hashes }>();

  add({ arm, cue, question, answer }: Repeatable): void {
    if (!isLong(answer)) return;
    const key = `${arm}|${cue}`;
    let cell = this.cells.get(key);
    if (!cell) {
      cell = { arm, cue, texts: new Hashes() };
      this.cells.set(key, cell);
    }
    cell.texts.add(`${question}\u0000${answer.trim()}`);
  }

  warnings(): Warning[] {
    return [...this.cells]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { arm, cue, texts }]) => ({ arm, cue, long: texts.count, repeated: texts.repeated() }))
      .filter(({ long, repeated }) => long >= 10 && repeated > SUSPECT * long)
      .map(({ arm, cue, long, repeated }) => ({
        about: arm,
        text: `${repeated} of ${long} longer answers under '${cue}' equal another answer to the same question word for word: they may be no independent draws`,
      }));
  }
}

/** The same for recorded answers. */
export async function repeatWarnings(answers: AsyncIterable<Repeatable>): Promise<Warning[]> {
  const repeats = new Repeats();
  for await (const answer of answers) repeats.add(answer);
  return repeats.warnings();
}

/** Four bytes a text: the texts of a large run do not fit, and a rare collision is no fifth of the answers. */
class Hashes {
  count = 0;
  private numbers = new Int32Array(64);

  add(text: string): void {
    if (this.count === this.numbers.length) {
      const more = new Int32Array(2 * this.count);
      more.set(this.numbers);
      this.numbers = more;
    }
    this.numbers[this.count++] = hash('sha1', text, 'buffer').readInt32LE(0);
  }

  /** How many equal an earlier one. */
  repeated(): number {
    const sorted = this.numbers.slice(0, this.count).sort();
    return sorted.reduce((n, number, i) => (i > 0 && number === sorted[i - 1] ? n + 1 : n), 0);
  }
}
