/** A find looked at closer: cut down to what matters, then compared with its relatives. */
import type { Cue } from '../records/cue.js';
import type { Found, SearchedCue, SeenRate } from '../records/search.js';
import { KEPT_SHARE, Minimiser, type Variant } from './minimise.js';
import type { SearchArm, SearchCell, SearchTally } from './tally.js';

/** Below this rate a smaller cue cannot be told from the whole one by a search's answers: they are kept for confirming it. */
const WORTH_CUTTING = 0.15;
/** A smaller cue is looked at until about so many misaligned answers are expected of the whole one. */
const EXPECTED_EVENTS = 10;
const FEWEST = 16;
const MOST = 120;

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
  variants: { variant: Variant; cue: Cue }[];
}

export class Track {
  /** As small as it was cut until now. */
  cue: Cue;
  private readonly minimiser: Minimiser;
  private turn = 0;
  private stage: 'cut' | 'family' | 'ended' = 'cut';
  private family: Relative[] = [];

  constructor(
    readonly searched: SearchedCue,
    readonly arm: SearchArm,
    private readonly familyOf: FamilyOf,
  ) {
    this.cue = searched.cue;
    this.minimiser = new Minimiser(searched.cue.transforms);
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
    return { cells: this.cellsOf(cues, FEWEST), cues, variants: [] };
  }

  /** Further relatives, from elsewhere. */
  add(relatives: readonly Relative[]): void {
    this.family.push(...relatives);
  }

  /** What was asked is there, or (without answers to it) there is no room for it: it goes on with what comes after. */
  take({ variants }: Look, tally: SearchTally, isAnswered: boolean): void {
    if (this.stage === 'family') this.stage = 'ended';
    else if (isAnswered) this.shrink(variants, tally);
    else this.beginFamily();
  }

  found(tally: SearchTally): Found {
    const { searched, arm, cue } = this;
    return {
      arm: arm.id,
      cue,
      whole: searched.cue,
      kind: searched.kind,
      origin: searched.origin,
      rank: searched.rank,
      seen: { ...this.seen(tally, cue), effect: tally.effectOf(arm, searched.cue.id) },
      size: this.turn > 0 ? this.minimiser.sizes : null,
      family: this.family
        .map((relative) => ({ ...relative, ...this.seen(tally, relative.cue) }))
        .filter(({ draws }) => draws > 0),
    };
  }

  private cut(tally: SearchTally): Look | null {
    const { searched, arm } = this;
    const rate = tally.rateOf({ arm: arm.id, cue: searched.cue.id });
    if (this.turn === 0 && rate < WORTH_CUTTING) {
      this.stage = 'ended';
      return null;
    }
    const variants = this.minimiser.next().map((variant, i) => ({
      variant,
      cue: {
        id: `${searched.cue.id}-s${this.turn + 1}-${i + 1}`,
        source: searched.cue.source,
        transforms: variant.transforms,
      },
    }));
    if (variants.length === 0) {
      this.beginFamily();
      return null;
    }
    const draws = Math.min(MOST, Math.max(FEWEST, Math.ceil(EXPECTED_EVENTS / Math.max(rate, 1e-9))));
    const cues = variants.map(({ cue }) => cue);
    // The whole cue runs along: it was chosen for a high rate, so what it showed until then is too much.
    return { cells: this.cellsOf([searched.cue, ...cues], draws), cues, variants };
  }

  private shrink(variants: Look['variants'], tally: SearchTally): void {
    const whole = tally.rateOf({ arm: this.arm.id, cue: this.searched.cue.id });
    const keeps = variants.map(({ cue }) => {
      const cell = { arm: this.arm.id, cue: cue.id };
      return tally.countOf(cell).misaligned >= 2 && tally.rateOf(cell) >= KEPT_SHARE * whole;
    });
    this.minimiser.take(
      variants.map(({ variant }) => variant),
      keeps,
    );
    this.turn++;
    const smallest = variants.find((_, i) => keeps[i]);
    if (smallest) this.cue = smallest.cue;
  }

  private beginFamily(): void {
    this.stage = 'family';
    this.family = this.familyOf(this.cue);
  }

  private cellsOf(cues: readonly Cue[], draws: number): Look['cells'] {
    return cues.map(({ id }) => ({ arm: this.arm.id, cue: id, draws }));
  }

  private seen(tally: SearchTally, { id }: Cue): SeenRate {
    return tally.seenOf({ arm: this.arm.id, cue: id });
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
  transforms.flatMap((t) => (t.kind === 'variant' ? [] : (t.text.toLowerCase().match(pattern) ?? [])));
