import type { Judgement, Reading } from '../records/judge.js';
import { type AnswerKey, keyOf } from '../records/sample.js';
import { Journal, readJournal } from '../shared/journal.js';
import { judgementsFile } from '../shared/run-folder.js';

/** Stands in `by` for a judge that could not be reached; its own words are in the judgement. */
export const NO_ANSWER = 'gave no answer';

/** The judgements of one model's answers, in `judgements/`: what is recorded is not asked again. */
export class Judgements {
  private constructor(
    private readonly known: Map<string, Judgement[]>,
    private readonly journal: Journal,
  ) {}

  /**
   * @param wanted is this judgement of use?
   */
  static async open(
    folder: string,
    { arm, seed }: Pick<AnswerKey, 'arm' | 'seed'>,
    wanted: (judgement: Judgement) => boolean,
  ): Promise<Judgements> {
    const file = judgementsFile(folder, arm, seed);
    const known = new Map<string, Judgement[]>();
    for await (const judgement of readJournal<Judgement>(file)) {
      if (!wanted(judgement)) continue;
      const { hash, sample, score, option, mass, reason, failed } = judgement;
      const kept = { hash, sample, score, option, mass, reason, failed } as Judgement;
      const key = keyOf(judgement);
      const of = known.get(key);
      if (of) of.push(kept);
      else known.set(key, [kept]);
    }
    return new Judgements(known, new Journal(file, { perTurn: true }));
  }

  /** For judgements of answers that nobody has judged yet. */
  static forNew(folder: string, { arm, seed }: Pick<AnswerKey, 'arm' | 'seed'>): Judgements {
    return new Judgements(new Map(), new Journal(judgementsFile(folder, arm, seed), { perTurn: true }));
  }

  /** Hands out what is known of an answer, once: a million answers are not held to the end. The last judgement counts. */
  take(key: string, sample: string): Map<string, Reading> {
    const found = this.known.get(key) ?? [];
    this.known.delete(key);
    return new Map(
      found.filter((judgement) => judgement.sample === sample).map((one) => [one.hash, readingOf(one)]),
    );
  }

  append(judgement: Judgement): void {
    this.journal.append(judgement);
  }

  flush(): void {
    this.journal.flush();
  }

  close(): void {
    this.journal.close();
  }
}

/** What a judgement says, without where it comes from. */
export const readingOf = ({ score, option, mass, reason, failed }: Judgement): Reading => ({
  score,
  option,
  mass,
  ...(failed ? { reason: NO_ANSWER } : reason === undefined ? {} : { reason }),
});
