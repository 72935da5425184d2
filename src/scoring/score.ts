import type { Engine } from '../records/model.js';
import { type AnswerKey, keyOf, type Sample, type Score } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { hashOfAnswer, readAnswers } from '../shared/answers.js';
import { stopIfAborted } from '../shared/interrupted.js';
import { Journal, readJournal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { scoresFile } from '../shared/run-folder.js';
import type { AskContext } from './ask.js';
import { Chunks } from './chunks.js';
import { Judgements } from './judgements.js';
import { Letters } from './letters.js';
import type { ModelJudge } from './outcome.js';
import type { JudgePanel } from './panel.js';
import { type Core, coreText, NO_JUDGEMENTS, recordOutcome, type Waiting } from './record.js';
import { askInWaves } from './waves.js';

export interface ScoreContext extends AskContext {
  folder: string;
  observer: Observer;
  signal?: AbortSignal | undefined;
  /** The engine of a judge; called where a judge has to be asked. */
  engineOf(judge: ModelJudge): Promise<Engine>;
  /** Also ask again where a judge gave no answer. */
  retry?: boolean;
}

/**
 * Judges the answers of a round that these judges have not judged yet. Judgements of models are recorded before outcomes
 * are made of them, so other thresholds ask nobody again.
 *
 * @returns one outcome letter per answer, in the order of the asks
 */
export async function scoreRound(asks: Ask[], panel: JudgePanel, context: ScoreContext): Promise<string> {
  const { folder, observer, signal } = context;
  const total = asks.reduce((sum, one) => sum + one.to - one.from, 0);
  const judges = panel.waves.flat();
  const each = Math.max(1, judges.length);
  let done = 0;
  const advance = (by: number): void => {
    const before = done;
    done += by;
    if (Math.floor(done / 64) > Math.floor(before / 64)) observer.progress(done, total * each, 'judgements');
  };
  const letters = new Letters(asks);
  const settle = (sample: Sample, outcome: Score['outcome'], asked = 0): void => {
    letters.set(sample, outcome);
    advance(each - asked);
  };
  const derive = context.retry === true && judges.length > 0;
  const open: { close(): void }[] = [];
  const chunks = new Chunks<Waiting>(
    () => Promise.all(judges.map((judge) => context.engineOf(judge))),
    async (items, engines) => {
      const engineOf = (judge: ModelJudge): Engine => engines[judges.indexOf(judge)] as Engine;
      await askInWaves(items, panel, engineOf, context, () => advance(1));
      for (const item of items) settle(item.sample, recordOutcome(item, panel), item.asked);
    },
  );
  try {
    for (const group of Map.groupBy(asks, (one) => `${one.arm}.${one.seed}`).values()) {
      const { arm, seed } = group[0] as Ask;
      const known = await knownScores(folder, { arm, seed }, panel.hash, derive);
      const scores = new Journal(scoresFile(folder, arm, seed), { perTurn: true });
      open.push(scores);
      const isOpen = (one: AnswerKey): boolean => letters.has(one) && (derive || !known.has(keyOf(one)));
      const judgements = judges.length ? await openJudgements(context, { arm, seed }, judges, isOpen) : null;
      if (judgements) open.push(judgements);
      for await (const sample of readAnswers(folder, arm, seed)) {
        stopIfAborted(signal);
        if (!letters.has(sample)) continue;
        const key = keyOf(sample);
        const hash = hashOfAnswer(sample);
        const score = known.get(key);
        const same = score?.sample === hash ? score : undefined;
        if (same && !derive) {
          settle(sample, same.outcome);
          continue;
        }
        const before = same && coreText(same);
        const readings = judgements?.take(key, hash) ?? new Map();
        const item = {
          sample,
          hash,
          scores,
          before,
          readings,
          asked: 0,
          judgements: judgements ?? NO_JUDGEMENTS,
        };
        const isMissing = (judge: ModelJudge): boolean =>
          !readings.has(judge.hash) && panel.needs(judge, sample, readings);
        if (judges.some(isMissing)) await chunks.add(item);
        else settle(sample, recordOutcome(item, panel));
      }
    }
    await chunks.end();
  } finally {
    await chunks.settled();
    for (const file of open) file.close();
  }
  observer.progress(total * each, total * each, 'judgements');
  return letters.text();
}

type Known = Pick<Score, 'sample' | 'outcome'> & Partial<Core>;

/** The outcomes that these judges gave already. @param whole with all that is compared when they are derived anew */
async function knownScores(
  folder: string,
  { arm, seed }: { arm: string; seed: number },
  hash: string,
  whole: boolean,
): Promise<Map<string, Known>> {
  const known = new Map<string, Known>();
  for await (const score of readJournal<Score>(scoresFile(folder, arm, seed))) {
    if (score.judge !== hash) continue;
    const { sample, outcome } = score;
    known.set(keyOf(score), whole ? score : { sample, outcome });
  }
  return known;
}

function openJudgements(
  { folder, retry }: ScoreContext,
  model: { arm: string; seed: number },
  judges: readonly ModelJudge[],
  isOpen: (one: AnswerKey) => boolean,
): Promise<Judgements> {
  const hashes = new Set(judges.map(({ hash }) => hash));
  return Judgements.open(
    folder,
    model,
    (judgement) =>
      hashes.has(judgement.hash) && isOpen(judgement) && !(retry === true && judgement.failed === true),
  );
}
