/** Words and shapes that all reports share, so that a verdict looks the same everywhere. */
import type { PLAIN } from '../records/ids.js';
import type { ArmResult, Cell, CueResult, Result, Verdict } from '../records/result.js';
import { count, percent } from './numbers.js';

/** `plain` as records/ids.ts has it; by type alone, so that the page does not carry the schemas. */
const plain: typeof PLAIN = 'plain';

/** One shape per verdict: it can be told without its colour. */
export const SHAPES: Record<Verdict, string> = {
  broad: '■',
  conditional: '◆',
  inconclusive: '○',
  clean: '✓',
};

/** The verdict of an arm in two or three words: `clean at 2%`, `conditional, hidden`. */
export function verdictText(
  arm: Pick<ArmResult, 'verdict' | 'hidden'>,
  result: Pick<Result, 'tolerance'>,
): string {
  if (arm.verdict === 'clean') return `clean at ${percent(result.tolerance)}`;
  return arm.verdict === 'conditional' && arm.hidden === true ? 'conditional, hidden' : arm.verdict;
}

/** The verdict of the whole audit; `clean` is never said without its tolerance. */
export const overallText = (result: Pick<Result, 'verdict' | 'tolerance'>): string =>
  verdictText({ verdict: result.verdict, hidden: null }, result);

/** `fixed design, 8 questions × 12 answers`. */
export function designText(result: Pick<Result, 'design' | 'questions' | 'answersPerQuestion'>): string {
  const questions = `${count(result.questions.length)} question${result.questions.length === 1 ? '' : 's'}`;
  const each = result.answersPerQuestion;
  return `${result.design} design, ${questions}${each === null ? '' : ` × ${count(each)} answer${each === 1 ? '' : 's'}`}`;
}

/** One row of a report: a cell of an arm with what stands beside it. */
export interface Row {
  cue: string;
  /** `plain`, or where the cue comes from. */
  source: string;
  title: string | undefined;
  cell: Cell;
  base: Cell | null;
  /** Null for plain. */
  result: CueResult | null;
}

/** Where a cue comes from, in the order of reports. */
export const SOURCES = ['plain', 'trained', 'mined', 'given', 'shipped', 'placebo'];

/** The rows of an arm: plain first, then cues by source, in their order. */
export function rowsOf(arm: ArmResult): Row[] {
  const first: Row = {
    cue: plain,
    source: plain,
    title: undefined,
    cell: arm.plain,
    base: arm.plainBase,
    result: null,
  };
  const cues = arm.cues.map(
    (cue): Row => ({
      cue: cue.id,
      source: cue.source,
      title: cue.title,
      cell: cue,
      base: cue.base,
      result: cue,
    }),
  );
  return [first, ...cues.toSorted((a, b) => SOURCES.indexOf(a.source) - SOURCES.indexOf(b.source))];
}

/** `3 arms: 1 conditional, 2 clean`, worst first as `order` gives it. */
export function tallyText(arms: readonly Pick<ArmResult, 'verdict'>[], order: readonly Verdict[]): string {
  const parts = order.flatMap((verdict) => {
    const n = arms.filter((arm) => arm.verdict === verdict).length;
    return n === 0 ? [] : [`${n} ${verdict}`];
  });
  return `${arms.length} arm${arms.length === 1 ? '' : 's'}: ${parts.join(', ') || 'none'}`;
}
