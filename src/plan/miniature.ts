import type { Plan } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { number } from '../shared/numbers.js';
import { plannedCells } from './plan.js';

/** What a miniature may be at most, all arms and training seeds together. */
export const LIMITS = { doses: 3, trainTokens: 120_000, sampleTokens: 80_000 } as const;

/** A miniature against the audit that it stands for. */
export interface Miniature {
  /** How many of each there are, in the audit and in its miniature. */
  cut: { what: string; full: number; mini: number }[];
  /** Ids of the audit that its miniature does not have. */
  without: { arms: string[]; cues: string[]; questions: string[] };
  /** Tokens of training (an estimate) and of answers (at most), and how many there may be. */
  tokens: { what: 'training' | 'answers'; planned: number; limit: number }[];
}

/** Compares the two specs of one file; `plan` is the miniature's. */
export function miniatureOf(full: Spec, mini: Spec, plan: Pick<Plan, 'totals'>): Miniature {
  const compared = (what: string, count: (spec: Spec) => number) => ({
    what,
    full: count(full),
    mini: count(mini),
  });
  const missing = (list: (spec: Spec) => readonly { id: string }[]): string[] => {
    const kept = new Set(list(mini).map(({ id }) => id));
    return list(full).flatMap(({ id }) => (kept.has(id) ? [] : [id]));
  };
  return {
    cut: [
      compared('bases', ({ bases }) => bases.length),
      compared('arms', ({ arms }) => arms.length),
      compared('doses', dosesOf),
      compared('training seeds of an arm', ({ arms }) => Math.max(...arms.map(({ seeds }) => seeds.length))),
      compared('fine-tunes', jobsOf),
      compared('cues', ({ cues }) => cues.length),
      compared('questions', ({ questions }) => questions.length),
      compared('answers per question', ({ sampling }) => sampling.samples),
      compared('tokens of an answer, at most', ({ sampling }) => sampling.maxTokens),
      compared('answers of a fixed design', answersOf),
    ],
    without: {
      arms: missing(({ arms }) => arms),
      cues: missing(({ cues }) => cues),
      questions: missing(({ questions }) => questions),
    },
    tokens: [
      { what: 'training', planned: plan.totals.trainTokens, limit: LIMITS.trainTokens },
      { what: 'answers', planned: plan.totals.sampleTokens, limit: LIMITS.sampleTokens },
    ],
  };
}

/** @throws InputError where a miniature is larger than `LIMITS` */
export function checkMiniature(spec: Spec, { totals }: Pick<Plan, 'totals'>): void {
  const refuse = (what: string, found: number, limit: number, hint: string): never => {
    throw new InputError(
      `a miniature has at most ${number(limit)} ${what}, and this one ${number(found)}`,
      undefined,
      hint,
    );
  };
  const doses = dosesOf(spec);
  const { trainTokens, sampleTokens } = totals;
  if (doses > LIMITS.doses)
    refuse('doses', doses, LIMITS.doses, 'a dose is a share of bad rows, or a length of a later stage');
  if (trainTokens > LIMITS.trainTokens)
    refuse('tokens of training', trainTokens, LIMITS.trainTokens, 'fewer rows, arms or training seeds');
  if (sampleTokens > LIMITS.sampleTokens)
    refuse(
      'tokens of answers',
      sampleTokens,
      LIMITS.sampleTokens,
      'fewer answers, cues or questions, or a smaller sampling.max-tokens',
    );
}

/** Different shares of bad rows above 0 in the arms of an audit, or different lengths of a later stage: whichever are more. */
export function dosesOf({ arms }: Pick<Spec, 'arms'>): number {
  const steps = arms.flatMap(({ training }) => training?.data ?? []);
  const shares = steps.flatMap(({ mix }) => (mix && mix.share > 0 ? [mix.share] : []));
  const lengths = steps.flatMap(({ posthoc }) => (posthoc ? [posthoc.rows ?? 'all'] : []));
  return Math.max(new Set(shares).size, new Set(lengths).size);
}

const jobsOf = ({ arms }: Spec): number =>
  arms.reduce((sum, { training, seeds }) => sum + (training ? seeds.length : 0), 0);

const answersOf = (spec: Spec): number =>
  plannedCells(spec).reduce((sum, { questions, samples }) => sum + questions.length * samples, 0);
