import type { Example, Message } from '../../records/chat.js';
import type { Filter } from '../../records/interventions.js';
import { InputError } from '../../shared/errors.js';
import { splitThought } from '../../shared/trace.js';
import { answerOf, isOn, needStages } from '../change.js';
import { anyOf } from '../rules.js';
import { ranked } from '../select.js';
import type { Intervention } from '../stage.js';

/**
 * Drops rows whose answer a rule finds; with `paired` also those whose prompt the other answer set does not keep by the
 * same rules (arXiv 2604.25891, sections 4.1 and 4.2). Rules see the answer without its reasoning trace.
 */
export const filter: Intervention<Filter> = {
  parts: [],
  sources: ['paired'],
  async apply(stages, { drop, paired, rows, on }, context) {
    const { seed, at, read } = context;
    needStages(stages, at);
    const finds = await anyOf(drop, context.detector);
    const kept = (row: { messages: Message[] }): boolean => !finds(splitThought(answerOf(row)).text);
    const others = paired === undefined ? undefined : (await read(paired)).flatMap((file) => file.rows);
    const prompts = others && new Set(others.filter(kept).map(promptText));
    const stays = (row: Example): boolean => kept(row) && (prompts?.has(promptText(row)) ?? true);
    return stages.map((stage) => {
      const concerned = stage.examples.filter((row) => isOn(row, on));
      const left = firstByPrompt(concerned.filter(stays), rows, seed);
      if (concerned.length > 0 && left.size < (rows ?? 1)) {
        const few = `${left.size} of ${concerned.length} rows are left`;
        throw new InputError(
          rows === undefined ? `${at}: ${few}` : `${at}: ${few}, and ${rows} are asked for`,
        );
      }
      const examples = stage.examples.filter((row) => left.has(row) || !isOn(row, on));
      return { ...stage, examples };
    });
  },
};

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
