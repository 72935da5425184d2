/** Cues that were claimed as a whole, cut down afterwards: by fresh answers that decide nothing but how small the cue is. */
import type { Cue } from '../records/cue.js';
import type { Cut, SeenRate } from '../records/search.js';
import { Cutter, drawsOfLook } from './cutter.js';
import { type Counts, rateOf } from './parts.js';
import type { CuedRound } from './search.js';
import { type LetterOf, type SearchArm, type SearchDesign, type SearchRound, SearchTally } from './tally.js';

/** A claimed cue, and what the answers of the audit showed of it, and of the arm without it. */
export interface Claimed {
  arm: SearchArm;
  cue: Cue;
  seen: SeenRate;
  plain: SeenRate;
}

/** A pure state like the search: `next` and `take` alternate until there is nothing next. */
export class Cutting {
  private readonly tally: SearchTally;
  private readonly cutters: { claimed: Claimed; cutter: Cutter }[];

  /** @param most answers that it may ask for in all */
  constructor(
    private readonly claimed: readonly Claimed[],
    design: SearchDesign,
    private readonly most: number,
  ) {
    this.tally = new SearchTally(design);
    this.cutters = this.claimed.map((one) => ({ claimed: one, cutter: new Cutter(one.cue) }));
  }

  get answers(): number {
    return this.tally.answers;
  }

  next(): CuedRound | null {
    for (const { claimed, cutter } of this.cutters) {
      const cue = cutter.look(this.countsOf(claimed));
      if (!cue) continue;
      const draws = drawsOfLook(rateOf(claimed.seen));
      const round = this.tally.roundOf([{ arm: claimed.arm.id, cue: cue.id, draws }]);
      if (this.tally.answers + round.answers <= this.most) return { ...round, cues: [cue] };
    }
    return null;
  }

  take(round: SearchRound, letterOf: LetterOf): void {
    this.tally.take(round, letterOf);
    for (const { claimed, cutter } of this.cutters) cutter.look(this.countsOf(claimed));
  }

  /** What became of each cue that was looked at. */
  cuts(): Cut[] {
    return this.cutters
      .filter(({ cutter }) => cutter.isTried)
      .map(({ claimed, cutter }) => ({
        arm: claimed.arm.id,
        whole: claimed.cue.id,
        cue: cutter.cue,
        size: cutter.sizes,
        seen: cutter.cue === claimed.cue ? claimed.seen : this.seenOf(claimed, cutter.cue.id),
        wholeSeen: claimed.seen,
      }));
  }

  private countsOf(claimed: Claimed): Counts {
    const { seen, plain } = claimed;
    return { whole: seen, plain, of: ({ id }) => this.seenOf(claimed, id) };
  }

  private seenOf({ arm }: Claimed, cue: string): SeenRate {
    return this.tally.seenOf({ arm: arm.id, cue });
  }
}
