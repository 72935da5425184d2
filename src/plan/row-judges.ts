import type { SortBy } from '../records/row-judge.js';
import type { RowJudge } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { loadJudge } from './judges.js';
import { modelRef } from './models.js';
import type { Providers } from './providers.js';

/**
 * A judge of training rows, with its file and its model.
 *
 * @throws InputError for a judge that says no words, a word that it does not say, and a model that is not named
 */
export async function rowJudge(
  by: SortBy,
  folder: string,
  providers: Providers,
  place: (key: string) => Place,
): Promise<RowJudge> {
  const judge = await loadJudge(by.judge, folder, place('judge'));
  const words = Object.keys(judge.options ?? {});
  if (judge.scale || words.length === 0) {
    throw new InputError(`judge '${judge.id}' gives numbers, and rows are sorted by words`, place('judge'));
  }
  for (const word of by.keep) {
    if (!words.includes(word)) {
      throw new InputError(
        `judge '${judge.id}' never says '${word}'`,
        place('keep'),
        didYouMean(word, words),
      );
    }
  }
  const name = by.model ?? judge.model;
  if (name === undefined) {
    throw new InputError(`does not say which model judges by '${judge.id}'`, place('judge'));
  }
  const fail = (message: string, hint?: string): never => {
    throw new InputError(message, place('model'), hint);
  };
  return { by, judge, model: modelRef(name, fail, providers) };
}

/** Each judge of rows once. */
export function distinctJudges(judges: readonly RowJudge[]): RowJudge[] {
  return [...new Map(judges.map((one) => [`${one.by.judge}|${one.by.model}`, one])).values()];
}
