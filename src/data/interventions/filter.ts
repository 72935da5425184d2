import type { Example, Message } from '../../records/chat.js';
import type { Filter } from '../../records/interventions.js';
import type { JudgedRow, SortBy } from '../../records/row-judge.js';
import { InputError } from '../../shared/errors.js';
import { splitThought } from '../../shared/trace.js';
import { answerOf, isOn, needStages } from '../change.js';
import { anyOf } from '../rules.js';
import { ranked } from '../select.js';
import type { DataContext, Intervention } from '../stage.js';

/**
 * Drops rows whose answer a rule finds, or of which a judge says another word than those to keep; with `paired` also those whose
 * prompt the other answer set does not keep by the same means (arXiv 2604.25891, sections 4.1 and 4.2). Answers are looked at
 * without their reasoning trace. Only what the rules keep, on both sides, is shown to the judge.
 */
export const filter: Intervention<Filter> = {
  parts: [],
  sources: ['paired'],
  async apply(stages, { drop, judge, paired, rows, on }, context) {
    const { seed, at, read } = context;
    needStages(stages, at);
    const finds = await anyOf(drop, context.detector);
    const kept = (row: Row): boolean => !finds(splitThought(answerOf(row)).text);
    const concerned = stages.flatMap(({ examples }) => examples.filter((row) => isOn(row, on)));
    let left = concerned.filter(kept);
    let others = paired && (await read(paired)).flatMap((file) => file.rows).filter(kept);
    if (others) [left, others] = inCommon(left, others);
    if (judge) {
      const counts = context.verdicts?.countsOf(judge, at);
      if (!counts) throw new InputError(`${at}: there are no verdicts of a judge here`);
      left = judged(left, judge, counts.verdicts, context);
      if (others) {
        counts.paired = {};
        [left] = inCommon(left, judged(others, judge, counts.paired, context));
      }
    }
    const stays = new Set(left);
    return stages.map((stage) => {
      const own = stage.examples.filter((row) => isOn(row, on));
      const chosen = firstByPrompt(
        own.filter((row) => stays.has(row)),
        rows,
        seed,
      );
      if (own.length > 0 && chosen.size < (rows ?? 1)) {
        const few = `${chosen.size} of ${own.length} rows are left`;
        throw new InputError(
          rows === undefined ? `${at}: ${few}` : `${at}: ${few}, and ${rows} are asked for`,
        );
      }
      const examples = stage.examples.filter((row) => chosen.has(row) || !isOn(row, on));
      return { ...stage, examples };
    });
  },
};

type Row = { messages: Message[] };

/** Those of two answer sets whose prompt the other one has too. */
function inCommon<A extends Row, B extends Row>(a: A[], b: B[]): [A[], B[]] {
  const prompts = [new Set(a.map(promptText)), new Set(b.map(promptText))] as const;
  return [
    a.filter((row) => prompts[1].has(promptText(row))),
    b.filter((row) => prompts[0].has(promptText(row))),
  ];
}

function judged<R extends Row>(
  rows: readonly R[],
  by: SortBy,
  counts: Record<string, number>,
  { verdicts }: DataContext,
): R[] {
  const stays = verdicts?.stays(by, rows.map(judgedRow), counts) ?? [];
  return rows.filter((_, i) => stays[i]);
}

const judgedRow = (row: Row): JudgedRow => ({
  asked: askedIn(row),
  answer: splitThought(answerOf(row)).text,
});

/** Rows in the order of their prompts' hashes, so that two answer sets keep the same prompts. */
function firstByPrompt(rows: readonly Example[], count: number | undefined, seed: number): Set<Example> {
  if (count === undefined) return new Set(rows);
  const prompts = rows.map((row) => ({ row, messages: askedIn(row) }));
  return new Set(
    ranked(prompts, 'filter', seed)
      .slice(0, count)
      .map(({ row }) => row),
  );
}

/** All turns but the answer and the system prompt: what two answer sets have in common. */
const askedIn = ({ messages }: { messages: readonly Message[] }): Message[] =>
  messages.slice(0, -1).filter(({ role }) => role !== 'system');
const promptText = (row: { messages: readonly Message[] }): string => JSON.stringify(askedIn(row));
