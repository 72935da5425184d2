import { outcomeLetter } from '../records/outcome.js';
import { keyOf, type Score } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { readAnswers } from '../shared/answers.js';
import { FailedError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';
import { stopIfAborted } from '../shared/interrupted.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
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
  context: { folder: string; observer: Observer; signal?: AbortSignal | undefined },
): Promise<string> {
  const total = asks.reduce((sum, ask) => sum + ask.to - ask.from, 0);
  const letters = new Map<string, string>();
  for (const group of Map.groupBy(asks, (ask) => `${ask.arm}.${ask.seed}`).values()) {
    const { arm, seed } = group[0] as Ask;
    const wanted = new Set(group.flatMap((ask) => keysOf(ask)));
    const file = scoresFile(context.folder, arm, seed);
    const judged = new Map<string, Pick<Score, 'sample' | 'outcome'>>();
    for await (const { judge, sample, outcome, ...key } of readJournal<Score>(file)) {
      if (judge === panel.hash) judged.set(keyOf(key), { sample, outcome });
    }
    const journal = new Journal(file, { perTurn: true });
    try {
      for await (const sample of readAnswers(context.folder, arm, seed)) {
        stopIfAborted(context.signal);
        const key = keyOf(sample);
        if (!wanted.has(key)) continue;
        const hash = shortHash([sample.request, sample.index, sample.answer, sample.finish]);
        const known = judged.get(key);
        if (known?.sample === hash) {
          letters.set(key, outcomeLetter(known.outcome));
          continue;
        }
        const { outcome, behaviour, by } = panel.judge(sample);
        const { cue, question, index } = sample;
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
        if (letters.size % 64 === 0) context.observer.progress(letters.size, total, 'judgements');
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
  throw new FailedError(`the answer ${key} was not recorded`, '`hyde run` asks for what is missing');
}
