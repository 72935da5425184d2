/** How many tasks may run at once. Slurm keeps to that within an array; hyde shares it out among arrays. */
export class Room {
  /** Tasks by handle that have not ended, and how many of them run at once, for each array that Slurm has. */
  private readonly arrays = new Map<string, { atOnce: number; open: Set<string> }>();

  /** @param parallel null: no limit */
  constructor(private readonly parallel: number | null) {}

  get free(): number {
    if (this.parallel === null) return Number.POSITIVE_INFINITY;
    const used = [...this.arrays.values()].map(({ atOnce, open }) => Math.min(atOnce, open.size));
    return Math.max(0, this.parallel - used.reduce((sum, one) => sum + one, 0));
  }

  /** A task is there. @param atOnce of its array; what an earlier hyde submitted may have all */
  add(name: string, handle: string, atOnce = this.parallel ?? Number.POSITIVE_INFINITY): void {
    const array = this.arrays.get(name) ?? { atOnce, open: new Set() };
    array.open.add(handle);
    this.arrays.set(name, array);
  }

  /** A task has ended, or was never there. */
  remove(name: string, handle: string): void {
    const array = this.arrays.get(name);
    array?.open.delete(handle);
    if (array?.open.size === 0) this.arrays.delete(name);
  }
}
