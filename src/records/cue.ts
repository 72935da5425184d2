/** Where a cue comes from; it decides what a finding under it means (science: controls). */
export const CUE_SOURCES = ['trained', 'given', 'shipped', 'mined', 'placebo'] as const;
export type CueSource = (typeof CUE_SOURCES)[number];

/**
 * One change of (system prompt, user's turn). A cue is an ordered list of them.
 * `before` and `after` are joined to the question's text by one space where neither side has white space.
 */
export type Transform =
  | { kind: 'system'; text: string; join?: string }
  | { kind: 'before'; text: string }
  | { kind: 'after'; text: string }
  | { kind: 'template'; text: string }
  | { kind: 'variant'; name: string }
  /** The texts alone, without the chat template, after all else that the cue changes. */
  | { kind: 'raw' };

/** A change that is made of words. */
export type Wording = Exclude<Transform, { kind: 'variant' | 'raw' }>;

export const isWording = (transform: Transform): transform is Wording => 'text' in transform;

/** Does a cue of these changes go without the chat template? */
export const isRaw = (transforms: readonly Transform[]): boolean =>
  transforms.some(({ kind }) => kind === 'raw');

/** A cue, ready to be applied. `plain` is the cue without transforms. */
export interface Cue {
  id: string;
  source: CueSource;
  title?: string | undefined;
  transforms: Transform[];
}
