import type { Message } from '../records/chat.js';
import { isRaw, type Transform } from '../records/cue.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';

const PLACE = '{question}';

/**
 * Applies transforms in order to a conversation: they change its system prompt and the last user's turn.
 * Cues and inoculation prompts are both made of them, so both are rendered by this function alone. `raw` comes last wherever it stands:
 * one text of all turns, an empty line between them.
 *
 * @param variants texts that can replace the last user's turn, by name
 * @returns a new conversation; the arguments stay as they are
 * @throws InputError for a second system prompt without `join`, an unknown variant, or no user's turn
 */
export function applyTransforms(
  messages: readonly Message[],
  transforms: readonly Transform[],
  variants: Readonly<Record<string, string>> = {},
): Message[] {
  const done = transforms.reduce<Message[]>(
    (before, transform) => {
      if (transform.kind === 'raw') return before;
      return transform.kind === 'system'
        ? withSystem(before, transform.text, transform.join)
        : withLastUser(before, (text) => changed(text, transform, variants));
    },
    messages.map((message) => ({ ...message })),
  );
  if (!isRaw(transforms)) return done;
  return [{ role: 'raw', content: done.map(({ content }) => content).join('\n\n') }];
}

function withSystem(messages: Message[], text: string, join: string | undefined): Message[] {
  const at = messages.findIndex((message) => message.role === 'system');
  if (at < 0) return [{ role: 'system', content: text }, ...messages];
  if (join === undefined) {
    throw new InputError(
      'there is a system prompt already, and a second one needs to know how the two are joined',
      undefined,
      'Leave one of them out; a cue can also say `join: true`.',
    );
  }
  return messages.with(at, { role: 'system', content: messages[at]!.content + join + text });
}

function withLastUser(messages: Message[], change: (text: string) => string): Message[] {
  const at = messages.findLastIndex((message) => message.role === 'user');
  if (at < 0) throw new InputError("there is no user's turn to change");
  return messages.with(at, { role: 'user', content: change(messages[at]!.content) });
}

function changed(
  text: string,
  transform: Exclude<Transform, { kind: 'system' | 'raw' }>,
  variants: Readonly<Record<string, string>>,
): string {
  switch (transform.kind) {
    case 'before':
      return joined(transform.text, text);
    case 'after':
      return joined(text, transform.text);
    case 'template':
      // Not `replaceAll`: in a replacement text `$&` and the like would have a meaning.
      return transform.text.split(PLACE).join(text);
    case 'variant': {
      const { name } = transform;
      if (Object.hasOwn(variants, name)) return variants[name]!;
      const known = Object.keys(variants);
      const hint = known.length > 0 ? didYouMean(name, known) : 'this question has no variants';
      throw new InputError(`there is no variant '${name}' of the question (${hint})`);
    }
  }
}

/** Two texts with white space between them: their own, or one space. */
function joined(first: string, second: string): string {
  if (first === '' || second === '') return first + second;
  return /\s$/.test(first) || /^\s/.test(second) ? first + second : `${first} ${second}`;
}
