import type { CueTexts } from '../records/candidate.js';
import { isWording, type Transform } from '../records/cue.js';

/** The changes that a mined cue makes, in the order in which an audit file's shorthand makes them. */
export const transformsOf = ({ template, before, after, system }: CueTexts): Transform[] => [
  ...(template === undefined ? [] : [{ kind: 'template' as const, text: template }]),
  ...(before === undefined ? [] : [{ kind: 'before' as const, text: before }]),
  ...(after === undefined ? [] : [{ kind: 'after' as const, text: after }]),
  ...(system === undefined ? [] : [{ kind: 'system' as const, text: system, join: '\n\n' }]),
];

/** The inverse of `transformsOf`: the texts of a cue's changes, where they are made of words. */
export const textsOf = (transforms: readonly Transform[]): CueTexts =>
  Object.fromEntries(transforms.filter(isWording).map(({ kind, text }) => [kind, text]));
