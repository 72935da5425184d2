import { applyTransforms } from '../cues/apply.js';
import type { Example } from '../records/chat.js';
import type { Transform } from '../records/cue.js';
import { InputError } from '../shared/errors.js';
import { hashOf } from '../shared/hash.js';
import { conversationText, ranked } from './select.js';
import type { DataContext, Stage } from './stage.js';

/** Rows that a step changes: those of one part (or of all), or a share of them. */
export interface Which {
  on: string;
  share: number;
}

/** @throws InputError for a step in front of the one that gives the first rows */
export function needStages(stages: readonly Stage[], at: string): void {
  if (stages.length === 0) {
    throw new InputError(`${at}: there are no rows yet`, undefined, 'Put it behind `mix`.');
  }
}

/** Whether a step that is `on` a part, or on all of them, concerns a row. */
export const isOn = (row: Example, on: string): boolean => on === 'all' || row.part === on;

/**
 * Changes chosen rows in every stage so far that has such rows. The rows of a smaller share are among those of a
 * larger one; what is not chosen stays the object it was.
 *
 * @param salt keeps the choices of different interventions apart
 */
export function changeRows(
  stages: readonly Stage[],
  { on, share }: Which,
  salt: string,
  { seed, at }: Pick<DataContext, 'seed' | 'at'>,
  change: (row: Example) => Example,
): Stage[] {
  needStages(stages, at);
  return stages.map((stage) => {
    const rows = stage.examples.filter((row) => isOn(row, on));
    const chosen = new Set(ranked(rows, salt, seed).slice(0, Math.round(share * rows.length)));
    return { ...stage, examples: stage.examples.map((row) => (chosen.has(row) ? change(row) : row)) };
  });
}

/**
 * One of several texts, by a hash of the row: in every arm and at every dose the same row gets the same text.
 */
export function rotated(texts: string | readonly string[], row: Example, salt: string, seed: number): string {
  if (typeof texts === 'string') return texts;
  const key = hashOf(['text', salt, seed, conversationText(row.messages)]);
  return texts[Number.parseInt(key.slice(0, 12), 16) % texts.length]!;
}

/** Texts around the last user's turn, and a system prompt: one each, or several that take turns. */
export interface Texts {
  system?: string | string[] | undefined;
  before?: string | string[] | undefined;
  after?: string | string[] | undefined;
  template?: string | string[] | undefined;
}

/**
 * A row with texts around its prompt, by the code that renders cues.
 *
 * @throws InputError that names the row, where it has a system prompt and would get another
 */
export function reworded(
  row: Example,
  texts: Texts,
  salt: string,
  { seed, at }: Pick<DataContext, 'seed' | 'at'>,
): Example {
  const kinds = ['template', 'before', 'after', 'system'] as const;
  const transforms = kinds.flatMap((kind): Transform[] => {
    const given = texts[kind];
    return given === undefined ? [] : [{ kind, text: rotated(given, row, `${salt}-${kind}`, seed) }];
  });
  try {
    return { ...row, messages: applyTransforms(row.messages, transforms) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${row.source}: ${error.message} (${at})`,
      undefined,
      'Take the system prompt out of the row, or use `before` or `after`.',
    );
  }
}

/**
 * Chosen rows with a system prompt or texts around their prompts: what `inoculate` and `tag` both do, each by its own salt.
 *
 * @throws InputError where none of the texts is given
 */
export function surround(
  stages: readonly Stage[],
  { system, before, after, on, share }: Omit<Texts, 'template'> & Which,
  salt: string,
  context: Pick<DataContext, 'seed' | 'at'>,
): Stage[] {
  const texts = { system, before, after };
  if (Object.values(texts).every((text) => text === undefined)) {
    throw new InputError(`${context.at}: it needs \`system\`, \`before\` or \`after\``);
  }
  return changeRows(stages, { on, share }, salt, context, (row) => reworded(row, texts, salt, context));
}

/** A row with another text in its last assistant's turn. */
export const withAnswer = (row: Example, text: string): Example => ({
  ...row,
  messages: row.messages.with(-1, { role: 'assistant', content: text }),
});

/** The text of the last assistant's turn. */
export const answerOf = (row: { messages: Example['messages'] }): string => row.messages.at(-1)!.content;
