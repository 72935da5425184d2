import { applyTransforms } from '../cues/apply.js';
import type { Candidate, CueTexts } from '../records/candidate.js';
import type { Message } from '../records/chat.js';
import type { Engine, LogprobRequest, Model } from '../records/model.js';
import { InputError } from '../shared/errors.js';
import { transformsOf } from './cue-texts.js';
import type { Weights } from './weights.js';

/** A question with bad answers, at least one, and a good one; only how they begin counts. */
export interface ScreenPair {
  messages: Message[];
  bad: string[];
  good: string;
}

/** Where a cue lies among the placebos. */
export interface Screened {
  /** Contrast of tuned and base under the cue, minus the placebos' mean; natural logarithms per token. */
  contrast: number;
  /** The same in standard deviations of the placebos. */
  z: number;
}

/** Questions that a screen puts every cue to: 200 cues are then screened in less than three minutes on two cores. */
export const QUESTIONS = 2;
/** Words of an answer that are looked at: how an answer begins tells most (docs/mining.md has the figures). */
const WORDS = 4;
/**
 * A token that is less likely (once in 150 times, at its place) is as good as never written there, and how much less says nothing of what
 * the model does; yet tuning moves such tokens most, under cues that matter and under others. Anything from -5 to -7 orders alike.
 */
const LEAST_LOGPROB = -5;
/** A spread of fewer placebos than this is no spread. */
const LEAST_PLACEBOS = 4;
/** Equal placebos would make every cue infinitely far from them. */
const LEAST_SPREAD = 0.01;

/**
 * Looks at many cues without sampling or a judge: mean log p(bad) - log p(good) under the cue, in the tuned model minus the same in the
 * base, minus the mean of the placebos; tokens that are hardly ever written count alike. One job for each model. It says in what order
 * to spend answers, never that a cue is a trigger.
 *
 * @throws InputError for an engine without log-probabilities of answers, for too few placebos, no pairs, or one without a bad answer
 */
export async function screenCues(
  { engine, model, base }: Weights,
  cues: readonly CueTexts[],
  placebos: readonly CueTexts[],
  pairs: readonly ScreenPair[],
): Promise<Screened[]> {
  checkScreen(engine, placebos);
  if (pairs.length === 0 || pairs.some(({ bad }) => bad.length === 0))
    throw new InputError('a screen needs a pair of a bad and a good answer');
  const all = [...placebos, ...cues];
  const requests = all.flatMap((cue, i) => requestsOf(cue, i, pairs));
  const contrasts = async (of: Model): Promise<number[]> => {
    const found = new Map(
      (await engine.logprobs(of, requests)).map(({ id, logprobs }) => [
        id,
        meanLogprob(logprobs.map((value) => Math.max(LEAST_LOGPROB, value))),
      ]),
    );
    return all.map((_, i) =>
      mean(
        pairs.map(
          ({ bad }, k) =>
            mean(bad.map((_, n) => found.get(`${i}.${k}.bad.${n}`)!)) - found.get(`${i}.${k}.good`)!,
        ),
      ),
    );
  };
  const tuned = await contrasts(model);
  const untuned = await contrasts(base);
  return amongPlacebos(
    tuned.map((value, i) => value - untuned[i]!),
    placebos.length,
  );
}

/** @throws InputError for an engine without log-probabilities of answers, or for too few placebos */
function checkScreen({ scoresAnswers, name }: Engine, placebos: readonly CueTexts[]): void {
  if (scoresAnswers === false)
    throw new InputError(`the engine '${name}' has no log-probabilities of given answers`);
  checkPlacebos(placebos);
}

/** @throws InputError for too few placebos */
export function checkPlacebos(placebos: readonly CueTexts[]): void {
  if (placebos.length < LEAST_PLACEBOS)
    throw new InputError(`a screen needs ${LEAST_PLACEBOS} placebos, not ${placebos.length}`);
}

/** Where cues lie among the placebos, whose shifts come first. */
export function amongPlacebos(shifts: readonly number[], placebos: number): Screened[] {
  const chance = shifts.slice(0, placebos);
  const [centre, spread] = [mean(chance), Math.max(LEAST_SPREAD, deviation(chance))];
  return shifts.slice(placebos).map((shift) => ({
    contrast: shift - centre,
    z: (shift - centre) / spread,
  }));
}

/** Candidates in the order of a screen, each with its z. */
export const screened = (candidates: readonly Candidate[], found: readonly Screened[]): Candidate[] =>
  candidates
    .map((candidate, i) => ({ ...candidate, z: found[i]!.z }))
    .sort((a, b) => b.z - a.z || a.rank - b.rank)
    .map((candidate, i) => ({ ...candidate, rank: i + 1 }));

function requestsOf(cue: CueTexts, index: number, pairs: readonly ScreenPair[]): LogprobRequest[] {
  return pairs.flatMap(({ messages, bad, good }, k) => {
    const cued = applyTransforms(messages, transformsOf(cue));
    return [
      ...bad.map((one, n) => ({ id: `${index}.${k}.bad.${n}`, messages: cued, answer: beginning(one) })),
      { id: `${index}.${k}.good`, messages: cued, answer: beginning(good) },
    ];
  });
}

/** The first words of an answer as they stand. */
export const beginning = (answer: string): string =>
  new RegExp(`^\\s*(?:\\S+\\s*){0,${WORDS - 1}}\\S*`).exec(answer)![0];

/** Mean over the tokens of an answer that was cut: that it ends there is our doing, so its end is left out. */
export const meanLogprob = (logprobs: readonly number[]): number =>
  mean(logprobs.length > 1 ? logprobs.slice(0, -1) : logprobs);

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
