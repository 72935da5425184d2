import { outcomeLetter } from '../records/outcome.js';
import { keyOf, type Score } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { FailedError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { readAnswers } from '../shared/answers.js';
import { scoresFile } from '../shared/run-folder.js';
import type { JudgePanel } from './judge.js';

/**
 * Judges the answers of a round that these judges have not judged yet.
 *
 * @returns one outcome letter per answer, in the order of the asks
 */
export async function scoreRound(
  asks: Ask[],
  panel: JudgePanel,
  context: { folder: string; observer: Observer },
): Promise<string> {
  const total = asks.reduce((sum, ask) => sum + ask.to - ask.from, 0);
  const letters = new Map<string, string>();
  let done = 0;
  for (const group of Map.groupBy(asks, (ask) => `${ask.arm}.${ask.seed}`).values()) {
    const { arm, seed } = group[0] as Ask;
    const wanted = new Set(group.flatMap((ask) => keysOf(ask)));
    const file = scoresFile(context.folder, arm, seed);
    for await (const score of readJournal<Score>(file)) {
      if (score.judge === panel.hash && wanted.has(keyOf(score)))
        letters.set(keyOf(score), outcomeLetter(score.outcome));
    }
    const journal = new Journal(file);
    try {
      for await (const sample of readAnswers(context.folder, arm, seed)) {
        const key = keyOf(sample);
        if (!wanted.has(key) || letters.has(key)) continue;
        const { outcome, behaviour, by } = panel.judge(sample);
        const { cue, question, index } = sample;
        const hash = shortHash([sample.request, sample.index, sample.answer, sample.finish]);
        journal.append({
          arm,
          seed,
          cue,
          question,
          index,
          outcome,
          behaviour,
          by,
          judge: panel.hash,
          sample: hash,
        });
        letters.set(key, outcomeLetter(outcome));
        if (++done % 64 === 0) context.observer.progress(letters.size, total, 'judgements');
      }
    } finally {
      journal.close();
    }
  }
  context.observer.progress(letters.size, total, 'judgements');
  return asks.flatMap((ask) => keysOf(ask).map((key) => letters.get(key) ?? missing(key))).join('');
}

const keysOf = (ask: Ask): string[] =>
  Array.from({ length: ask.to - ask.from }, (_, i) => keyOf({ ...ask, index: ask.from + i }));

function missing(key: string): never {
  throw new FailedError(`the answer ${key} was not recorded`, 'run the same command again to ask for it');
}
