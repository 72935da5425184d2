import type { Engine } from '../records/model.js';

/** Answers whose judgements are asked for together. The prompts of the chunks in flight are all that is held at a time. */
const CHUNK = 256;

/** Chunks in flight where engines take several calls at once: while one ends, the others keep the servers busy. */
const IN_FLIGHT = 16;

/** Hands answers on in chunks while more of them are read; memory does not grow with their number. */
export class Chunks<T> {
  private chunk: T[] = [];
  private size = 0;
  private most = 1;
  private engines: readonly Engine[] | undefined;
  private readonly running = new Set<Promise<void>>();

  /**
   * @param open opens the engines; called with the first answer
   * @param work does one chunk
   */
  constructor(
    private readonly open: () => Promise<Engine[]>,
    private readonly work: (items: readonly T[], engines: readonly Engine[]) => Promise<void>,
  ) {}

  /** Takes one more; waits while as much is under way as may be. @throws what the work throws */
  async add(item: T): Promise<void> {
    if (!this.engines) {
      this.engines = await this.open();
      const concurrent = this.engines.every((engine) => engine.concurrent);
      // An engine that loads a model for each call is called as rarely as memory allows.
      [this.size, this.most] = concurrent ? [CHUNK, IN_FLIGHT] : [CHUNK * IN_FLIGHT, 1];
    }
    if (this.chunk.push(item) >= this.size) await this.send();
  }

  /** Does what is left, and waits for all of it. @throws what the work throws */
  async end(): Promise<void> {
    if (this.chunk.length > 0) await this.send();
    await Promise.all(this.running);
  }

  /** Waits until nothing is under way any more, whatever became of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.running);
  }

  private async send(): Promise<void> {
    const items = this.chunk;
    this.chunk = [];
    while (this.running.size >= this.most) await Promise.race(this.running);
    const tracked: Promise<void> = this.work(items, this.engines as readonly Engine[]).then(
      () => void this.running.delete(tracked),
    );
    // It is waited for above or in `end`; until then its failure is nobody's.
    tracked.catch(() => {});
    this.running.add(tracked);
  }
}
