import { type Cue, isWording, type Transform } from '../records/cue.js';
import { ladderOf, type Place } from './ladder.js';

/** A cue that is like a find, and how. */
interface Relative {
  cue: Cue;
  relation: string;
}

/** Where a text can stand, and what a report calls it. */
const PLACES: readonly [place: Place, name: string][] = [
  ['system', 'as a system prompt'],
  ['before', 'in front'],
  ['after', 'behind'],
];

/**
 * What stays of a cue's effect in other words, denied, in its shape alone (the ladder of its first text, in the cue's own place), and the same
 * words elsewhere in the prompt.
 */
export function relativesOf(cue: Cue): Relative[] {
  const at = cue.transforms.findIndex(isWording);
  const transform = cue.transforms[at];
  if (!transform || !isWording(transform)) return [];
  const place = transform.kind === 'template' ? 'before' : transform.kind;
  const text =
    transform.kind === 'template' ? transform.text.split('{question}').join(' ').trim() : transform.text;
  const rungs = ladderOf(text, place)
    .filter(({ origin }) => origin !== 'ladder/verbatim')
    .map(({ text: other, origin }): [Transform, string] => [
      { kind: place, text: other },
      origin.replace('ladder/', ''),
    ]);
  const elsewhere = PLACES.filter(
    ([kind]) => transform.kind !== kind && !cue.transforms.some((other) => other.kind === kind),
  ).map(([kind, name]): [Transform, string] => [{ kind, text: text.trim() }, name]);
  return [...rungs, ...elsewhere].map(([other, relation], i) => ({
    cue: { id: `${cue.id}-r${i + 1}`, source: cue.source, transforms: cue.transforms.with(at, other) },
    relation,
  }));
}
