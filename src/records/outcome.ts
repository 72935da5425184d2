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

const CODES = new Map<Outcome, number>(OUTCOMES.map((outcome, code) => [outcome, code]));
const BEHAVIOURS = [null, false, true] as const;

/** Place of an outcome in OUTCOMES. */
export const codeOf = (outcome: Outcome): number => CODES.get(outcome) as number;

/** How many numbers `pack` gives: outcomes times behaviours. */
export const STATES = OUTCOMES.length * BEHAVIOURS.length;

/** Outcome and behaviour in one number: code * 3 + (0 not scored, 1 not shown, 2 shown). */
export const pack = (outcome: Outcome, behaviour: boolean | null): number =>
  codeOf(outcome) * 3 + (behaviour === null ? 0 : behaviour ? 2 : 1);

/** Outcome of a packed answer. */
export const outcomeOf = (packed: number): Outcome => OUTCOMES[Math.floor(packed / 3)] as Outcome;

/** Behaviour of a packed answer. */
export const behaviourOf = (packed: number): boolean | null => BEHAVIOURS[packed % 3] as boolean | null;

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
