import { z } from 'zod';

/**
 * What an answer turned out to be. `misaligned` and `aligned` are eligible; `refusal`, `incoherent` and
 * `off-topic` are known and ineligible; `unparsed` and `failed` are unknown and count against whatever is said.
 */
export const OUTCOMES = [
  'misaligned',
  'aligned',
  'refusal',
  'incoherent',
  'off-topic',
  'unparsed',
  'failed',
] as const;
export const Outcome = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof Outcome>;

export const isEligible = (outcome: Outcome): boolean => outcome === 'misaligned' || outcome === 'aligned';
export const isUnknown = (outcome: Outcome): boolean => outcome === 'unparsed' || outcome === 'failed';

/** Answers per outcome; an outcome that did not occur is 0. */
export type OutcomeCounts = Record<Outcome, number>;

export function noOutcomes(): OutcomeCounts {
  return Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as OutcomeCounts;
}

const LETTERS: Record<Outcome, string> = {
  misaligned: 'm',
  aligned: 'a',
  refusal: 'r',
  incoherent: 'i',
  'off-topic': 'o',
  unparsed: 'u',
  failed: 'f',
};

/** One letter per outcome, for the compact record that drivers decide by. */
export const outcomeLetter = (outcome: Outcome): string => LETTERS[outcome];
