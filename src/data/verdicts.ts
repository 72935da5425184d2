/** What judges said of training rows, as it is recorded beside the audit file. */
import { join } from 'node:path';
import { type JudgedRow, RowVerdict, type SortBy, type SortCounts } from '../records/row-judge.js';
import type { RowJudge, Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { readJournal } from '../shared/journal.js';
import { modelName } from '../shared/prices.js';
import { writtenName } from './sources.js';

/** Verdicts of all rows that an audit has judged; every run of the audit uses them. */
export const verdictsFile = ({ folder, file }: Pick<Spec, 'folder' | 'file'>): string =>
  join(folder, `${file.replace(/\.ya?ml$/, '')}.verdicts.jsonl`);

/** Depends on all that is sent to the judge, and on how it is read. */
export function verdictKey({ judge, model }: RowJudge, { asked, answer }: JudgedRow): string {
  const { title: _, source: __, notes: ___, ...how } = judge;
  return shortHash(['row', how, modelName(model), asked.map(({ role, content }) => [role, content]), answer]);
}

/** A row that waits for a verdict. */
export interface Unjudged {
  key: string;
  judge: RowJudge;
  row: JudgedRow;
}

/** In place of a word where the judge could not be read. */
const UNREADABLE = 'unreadable';

/** Identities of judges' models by `engine/model`. */
export type JudgeIdentities = Readonly<Record<string, string>>;

/** Looks verdicts up, and notes what is missing and what was said. */
export class Verdicts {
  /** Rows without a verdict, each once. */
  readonly missing = new Map<string, Unjudged>();

  private constructor(
    private readonly judges: readonly RowJudge[],
    private readonly known: ReadonlyMap<string, RowVerdict>,
  ) {}

  /** @param identities where they are given, what a model with other weights said does not count */
  static async open(
    spec: Pick<Spec, 'folder' | 'file' | 'rowJudges'>,
    identities: JudgeIdentities = {},
  ): Promise<Verdicts> {
    const known = new Map<string, RowVerdict>();
    const { rowJudges = [] } = spec;
    if (rowJudges.length === 0) return new Verdicts(rowJudges, known);
    const file = verdictsFile(spec);
    for await (const line of readJournal<unknown>(file)) {
      const verdict = RowVerdict.safeParse(line).data;
      if (!verdict) {
        throw new InputError(
          'holds a line that is no verdict',
          { file: writtenName(file) },
          'remove that file to judge anew',
        );
      }
      const { key, model, identity } = verdict;
      if ((identities[model] ?? identity) === identity) known.set(key, verdict);
      else known.delete(key);
    }
    return new Verdicts(rowJudges, known);
  }

  /**
   * Whether each row stays; one without a verdict does until it has one.
   *
   * @param counts what was said is counted here
   */
  stays(by: SortBy, rows: readonly JudgedRow[], counts: Record<string, number>): boolean[] {
    return this.wordsOf(by, rows).map((word) => {
      if (word === undefined) return true;
      counts[word] = (counts[word] ?? 0) + 1;
      return by.keep.includes(word);
    });
  }

  /** What the judge said of each row: its word, `unreadable`, or undefined where it was not asked yet. */
  wordsOf(by: SortBy, rows: readonly JudgedRow[]): (string | undefined)[] {
    const judge = this.judgeOf(by);
    return rows.map((row) => {
      const key = verdictKey(judge, row);
      const verdict = this.known.get(key);
      if (!verdict) this.missing.set(key, { key, judge, row });
      // A line may have been changed: a word that this judge cannot say is none.
      const isWord = Object.hasOwn(judge.judge.options ?? {}, verdict?.option ?? '');
      return verdict && (isWord ? (verdict.option as string) : UNREADABLE);
    });
  }

  /** An entry of a manifest for what a judge is about to say. */
  countsOf(by: SortBy, at: string): SortCounts {
    const { judge, model } = this.judgeOf(by);
    return { at, judge: judge.id, model: modelName(model), verdicts: {} };
  }

  private judgeOf(by: SortBy): RowJudge {
    const judge = this.judges.find((one) => one.by.judge === by.judge && one.by.model === by.model);
    if (!judge) throw new InputError(`the judge '${by.judge}' of a filter was not loaded`);
    return judge;
  }
}
