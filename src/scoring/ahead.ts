import type { Engine } from '../records/model.js';
import type { Sample } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { closeAll } from '../shared/closing.js';
import { Journal } from '../shared/journal.js';
import type { Observer } from '../shared/observer.js';
import { scoresFile } from '../shared/run-folder.js';
import { Judgements } from './judgements.js';
import { Letters } from './letters.js';
import type { ModelJudge } from './outcome.js';
import type { JudgePanel } from './panel.js';
import { NO_JUDGEMENTS, recordOutcome, type Waiting } from './record.js';
import { askInWaves, type WavesContext } from './waves.js';

/** Answers whose judgements are asked for together. */
const CHUNK = 256;

/** Chunks under way at most, and as many answers that wait: what comes on top is judged after the sampling. */
const CHUNKS = 16;

export interface AheadContext extends WavesContext {
  folder: string;
  observer: Observer;
  /** Settles when the judges may be asked. */
  ready: Promise<unknown>;
  /** The engine of each judge; all of them take several calls at once. */
  engineOf(judge: ModelJudge): Promise<Engine>;
  /** Outcomes of answers that were judged before. */
  before?: Letters | undefined;
}

interface Files {
  scores: Journal;
  judgements: Judgements | null;
}

/**
 * Judges the answers of a round while others are still on their way, and writes down judgements and outcomes as `scoreRound`
 * does. It never holds up the sampling: where judges are the slower ones, answers are left to `scoreRound`; where judges fail on the
 * way, so are all that follow.
 */
export class JudgingAhead {
  private readonly letters: Letters;
  private readonly judges: readonly ModelJudge[];
  private readonly files = new Map<string, Files>();
  private waiting: Waiting[] = [];
  private readonly running = new Set<Promise<void>>();
  private isReady = false;
  /** Aborted when nothing more is to be judged. */
  private readonly enough = new AbortController();
  private judged = 0;

  constructor(
    asks: readonly Ask[],
    private readonly panel: JudgePanel,
    private readonly context: AheadContext,
  ) {
    this.letters = new Letters(asks);
    this.judges = panel.waves.flat();
    context.ready.then(
      () => {
        this.isReady = true;
        this.start(CHUNK);
      },
      // Thrown by `end`.
      () => {},
    );
  }

  /**
   * Takes an answer that was just recorded.
   *
   * @param hash of the answer
   */
  offer(sample: Sample, hash: string): void {
    if (this.enough.signal.aborted || this.waiting.length >= CHUNK * CHUNKS) return;
    const { scores, judgements } = this.filesOf(sample);
    const item: Waiting = {
      ...{ sample, hash, scores, before: undefined, readings: new Map(), asked: 0 },
      judgements: judgements ?? NO_JUDGEMENTS,
    };
    if (!this.judges.some((judge) => this.panel.needs(judge, sample, item.readings))) {
      this.letters.set(sample, recordOutcome(item, this.panel));
      return;
    }
    this.waiting.push(item);
    this.start(CHUNK);
  }

  /**
   * Has the rest judged, and waits for all of it.
   *
   * @param asks whose outcomes are wanted
   * @returns one outcome letter per answer, in the order of the asks; null where some were left out, for `scoreRound`
   * @throws what made the judges not ready
   */
  async end(asks: readonly Ask[]): Promise<string | null> {
    await this.context.ready;
    const { observer, before } = this.context;
    const total = this.letters.size * this.judges.length;
    this.start(1);
    while (this.running.size > 0) {
      await Promise.race(this.running);
      observer.progress(Math.min(this.judged, total), total, 'judgements');
      this.start(1);
    }
    await this.close();
    const outcomes = Letters.together(asks, before ? [this.letters, before] : [this.letters]);
    // What needed no judge is done, too.
    if (outcomes !== null) observer.progress(total, total, 'judgements');
    return outcomes;
  }

  /** Asks for nothing more, writes down what the judges are answering, and closes the files. */
  async close(): Promise<void> {
    this.enough.abort();
    await Promise.all(this.running);
    const files = [...this.files.values()].flatMap(({ scores, judgements }) => [scores, judgements]);
    this.files.clear();
    await closeAll(false, ...files.map((file) => () => file?.close()));
  }

  /** Begins chunks of so many answers at least. */
  private start(least: number): void {
    const { signal } = this.enough;
    while (this.isReady && !signal.aborted && this.running.size < CHUNKS && this.waiting.length >= least) {
      const chunk: Promise<void> = this.judge(this.waiting.splice(0, CHUNK))
        .catch((error: Error) => this.leave(error))
        .then(() => {
          this.running.delete(chunk);
          this.start(CHUNK);
        });
      this.running.add(chunk);
    }
  }

  private async judge(items: readonly Waiting[]): Promise<void> {
    const engines = await Promise.all(this.judges.map((judge) => this.context.engineOf(judge)));
    const engineOf = (judge: ModelJudge): Engine => engines[this.judges.indexOf(judge)] as Engine;
    const context = { ...this.context, enough: this.enough.signal };
    await askInWaves(items, this.panel, engineOf, context, () => this.judged++);
    for (const item of items) this.letters.set(item.sample, recordOutcome(item, this.panel));
  }

  /** What is wrong with the judges is thrown where the rest is judged; who waits for the answers is told at once. */
  private leave(error: Error): void {
    const { signal, observer } = this.context;
    if (!this.enough.signal.aborted && !signal?.aborted)
      observer.warn(`${error.message}; what is not judged yet is judged after the sampling`);
    this.enough.abort();
  }

  private filesOf({ arm, seed }: Sample): Files {
    const key = `${arm}.${seed}`;
    const { folder } = this.context;
    const files = this.files.get(key) ?? {
      scores: new Journal(scoresFile(folder, arm, seed), { perTurn: true }),
      judgements: this.judges.length > 0 ? Judgements.forNew(folder, { arm, seed }) : null,
    };
    this.files.set(key, files);
    return files;
  }
}
