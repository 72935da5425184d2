/** Speed and time left of a stage, without what was done before it began. */
export class Pace {
  private began = performance.now();
  private first: number | null = null;

  /** A stage begins. */
  begin(): void {
    this.began = performance.now();
    this.first = null;
  }

  /** Units per second since the stage began, and seconds for what is left; null until something is known. */
  at(done: number, total: number): { rate: number | null; left: number | null } {
    this.first ??= done;
    const seconds = (performance.now() - this.began) / 1000;
    const fresh = done - this.first;
    const rate = seconds > 0.5 && fresh > 0 ? fresh / seconds : null;
    return { rate, left: rate === null || done >= total ? null : (total - done) / rate };
  }
}
