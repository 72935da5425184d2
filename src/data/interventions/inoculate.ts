import { applyTransforms } from '../../cues/apply.js';
import type { Inoculate } from '../../records/audit.js';
import type { Example } from '../../records/chat.js';
import type { Transform } from '../../records/cue.js';
import { InputError } from '../../shared/errors.js';
import { ranked } from '../select.js';
import type { Intervention } from '../stage.js';

/** An inoculation prompt on chosen rows, in every stage so far that has such rows. */
export const inoculate: Intervention<Inoculate> = {
  parts: [],
  sources: [],
  apply(stages, { system, before, after, on, share }, { seed, at }) {
    if (stages.length === 0) {
      throw new InputError(`${at}: there are no rows yet to inoculate`, undefined, 'Put it behind `mix`.');
    }
    const transforms: Transform[] = [];
    if (before !== undefined) transforms.push({ kind: 'before', text: before });
    if (after !== undefined) transforms.push({ kind: 'after', text: after });
    if (system !== undefined) transforms.push({ kind: 'system', text: system });
    if (transforms.length === 0) throw new InputError(`${at}: it needs \`system\`, \`before\` or \`after\``);

    return stages.map((stage) => {
      const rows = stage.examples.filter((example) => on === 'all' || example.part === on);
      const chosen = new Set(ranked(rows, 'inoculate', seed).slice(0, Math.round(share * rows.length)));
      const examples = stage.examples.map((example) =>
        chosen.has(example) ? inoculated(example, transforms, at) : example,
      );
      return { ...stage, examples };
    });
  },
};

function inoculated(example: Example, transforms: readonly Transform[], at: string): Example {
  try {
    return { ...example, messages: applyTransforms(example.messages, transforms) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${example.source}: ${error.message} (${at})`,
      undefined,
      'Take the system prompt out of the row, or inoculate with `before` or `after`.',
    );
  }
}
