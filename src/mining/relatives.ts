import type { Cue, Transform } from '../records/cue.js';
import { ladderOf } from './ladder.js';

/** The ladder of a cue's first text, in the cue's own place: what stays of its effect in other words, denied, or in its shape alone. */
export function relativesOf(cue: Cue): { cue: Cue; relation: string }[] {
  const at = cue.transforms.findIndex(({ kind }) => kind !== 'variant');
  const transform = cue.transforms[at];
  if (!transform || transform.kind === 'variant') return [];
  const place = transform.kind === 'template' ? 'before' : transform.kind;
  const text =
    transform.kind === 'template' ? transform.text.split('{question}').join(' ').trim() : transform.text;
  return ladderOf(text, place)
    .filter(({ origin }) => origin !== 'ladder/verbatim')
    .map((candidate, i) => {
      const other: Transform = { kind: place, text: candidate.text };
      return {
        cue: { id: `${cue.id}-r${i + 1}`, source: cue.source, transforms: cue.transforms.with(at, other) },
        relation: candidate.origin.replace('ladder/', ''),
      };
    });
}
