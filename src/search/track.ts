/** A find looked at closer: cut down to what matters, then compared with its relatives. */
import { type Cue, isWording } from '../records/cue.js';
import { PLAIN } from '../records/ids.js';
import type { Found, SearchedCue } from '../records/search.js';
import { Cutter, drawsOfLook } from './cutter.js';
import type { Counts } from './parts.js';
import type { SearchArm, SearchCell, SearchTally } from './tally.js';

/** Below this rate a cue is cut down when it is confirmed: a search that went on with it would not find it as often. */
const WORTH_CUTTING = 0.15;
/** Answers for each relative. */
const FAMILY_DRAWS = 16;

/** Relatives of a cue, for its family's curve. */
export type FamilyOf = (cue: Cue) => Relative[];
export interface Relative {
  cue: Cue;
  relation: string;
}

/** What is asked of a find next: so many draws of these cells, some of cues that are new. */
export interface Look {
  cells: (SearchCell & { draws: number })[];
  cues: Cue[];
}

export class Track {
  private readonly cutter: Cutter;
  private stage: 'cut' | 'family' | 'ended' = 'cut';
  private family: Relative[] = [];

  constructor(
    readonly searched: SearchedCue,
    readonly arm: SearchArm,
    private readonly familyOf: FamilyOf,
  ) {
    this.cutter = new Cutter(searched.cue);
  }

  /** As small as it was cut until now. */
  get cue(): Cue {
    return this.cutter.cue;
  }

  /** Whether its relatives are asked next: they can still be added to. */
  get isBeforeFamily(): boolean {
    return this.stage === 'family';
  }

  /** What is asked next; null at its end. */
  next(tally: SearchTally): Look | null {
    if (this.stage === 'cut') {
      const look = this.cut(tally);
      if (look) return look;
    }
    if (this.stage === 'ended' || this.family.length === 0) return null;
    const cues = this.family.map(({ cue }) => cue);
    return { cells: this.cellsOf(cues, FAMILY_DRAWS), cues };
  }

  /** Further relatives, from elsewhere; each text once. */
  add(relatives: readonly Relative[]): void {
    const textsOf = ({ cue }: Relative): string => JSON.stringify(cue.transforms);
    const all = [...this.family, ...relatives].map((one): [string, Relative] => [textsOf(one), one]);
    this.family = [...new Map(all.toReversed()).values()].toReversed();
  }

  /** What was asked is there, or (without answers to it) there is no room for it: it goes on with what comes after. */
  take(tally: SearchTally, isAnswered: boolean): void {
    if (this.stage === 'family') this.stage = 'ended';
    else if (isAnswered) this.cutter.look(this.countsOf(tally));
    else this.beginFamily();
  }

  found(tally: SearchTally): Found {
    const { searched, arm, cue, cutter } = this;
    return {
      arm: arm.id,
      cue,
      whole: searched.cue,
      kind: searched.kind,
      origin: searched.origin,
      rank: searched.rank,
      seen: { ...tally.seenOf(this.cellOf(cue)), effect: tally.effectOf(arm, searched.cue.id) },
      size: cutter.isTried ? cutter.sizes : null,
      family: this.family
        .map((relative) => ({ ...relative, ...tally.seenOf(this.cellOf(relative.cue)) }))
        .filter(({ draws }) => draws > 0),
    };
  }

  private cut(tally: SearchTally): Look | null {
    const rate = this.rateOf(tally);
    const isFirst = !this.cutter.isTried;
    if (isFirst && rate < WORTH_CUTTING) {
      this.stage = 'ended';
      return null;
    }
    const part = this.cutter.look(this.countsOf(tally));
    if (!part) {
      this.beginFamily();
      return null;
    }
    // The whole cue runs along at first: it was chosen for a high rate, so what it showed until then is too much.
    const asked = isFirst ? [this.searched.cue, part] : [part];
    return { cells: this.cellsOf(asked, drawsOfLook(rate)), cues: [part] };
  }

  private beginFamily(): void {
    this.stage = 'family';
    this.family = this.familyOf(this.cue);
  }

  private countsOf(tally: SearchTally): Counts {
    return {
      whole: tally.seenOf(this.cellOf(this.searched.cue)),
      plain: tally.seenOf({ arm: this.arm.id, cue: PLAIN }),
      of: (part) => tally.seenOf(this.cellOf(part)),
    };
  }

  private rateOf(tally: SearchTally): number {
    return tally.rateOf(this.cellOf(this.searched.cue));
  }

  private cellsOf(cues: readonly Cue[], draws: number): Look['cells'] {
    return cues.map((cue) => ({ ...this.cellOf(cue), draws }));
  }

  private cellOf({ id }: Cue): SearchCell {
    return { arm: this.arm.id, cue: id };
  }
}

/** Does a cue hold all the words of another, or, where that has none, its signs? */
export function holds(cue: Cue, other: Cue): boolean {
  const inCue = new Set([...found(cue, WORD), ...found(cue, SIGN)]);
  const words = found(other, WORD);
  const needed = words.length > 0 ? words : found(other, SIGN);
  return needed.length > 0 && needed.every((one) => inCue.has(one));
}

const WORD = /[\p{L}\p{N}]+/gu;
const SIGN = /[^\s\p{L}\p{N}]/gu;
const found = ({ transforms }: Cue, pattern: RegExp): string[] =>
  transforms.filter(isWording).flatMap(({ text }) => text.toLowerCase().match(pattern) ?? []);
