/** A find looked at closer: cut down to what matters, then compared with its relatives. */
import type { Cue } from '../records/cue.js';
import type { Found, SearchedCue, SeenRate } from '../records/search.js';
import { KEPT_SHARE, Minimiser, type Variant } from './minimise.js';
import type { SearchArm, SearchCell, SearchTally } from './tally.js';

/** Below this rate a smaller cue cannot be told from the whole one by a search's answers: they are kept for confirming it. */
const WORTH_CUTTING = 0.1;
/** A smaller cue is given up when its answers fit this part of the whole one's rate so much better (a likelihood ratio), and kept when the other way round. */
const LOST_PART = 1 / 3;
const MUCH_BETTER = Math.log(10);
/** It is looked at a few answers at a time, until about so many misaligned ones are expected of the whole one. */
const EVENTS_A_LOOK = 2;
const EXPECTED_EVENTS = 10;
const FEWEST = 8;
const MOST = 160;
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

/** A smaller cue of a turn; null as long as its answers do not say whether it keeps the effect. */
interface Tested {
  variant: Variant;
  cue: Cue;
  keeps: boolean | null;
}

export class Track {
  /** As small as it was cut until now. */
  cue: Cue;
  private readonly minimiser: Minimiser;
  private turn = 0;
  private stage: 'cut' | 'family' | 'ended' = 'cut';
  /** The smaller cues of this turn, the smallest first. */
  private tested: Tested[] = [];
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
    return { cells: this.cellsOf(cues, FAMILY_DRAWS), cues };
  }

  /** Further relatives, from elsewhere. */
  add(relatives: readonly Relative[]): void {
    this.family.push(...relatives);
  }

  /** What was asked is there, or (without answers to it) there is no room for it: it goes on with what comes after. */
  take(tally: SearchTally, isAnswered: boolean): void {
    if (this.stage === 'family') this.stage = 'ended';
    else if (isAnswered) this.decide(tally);
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
      seen: { ...tally.seenOf(this.cellOf(cue)), effect: tally.effectOf(arm, searched.cue.id) },
      size: this.turn > 0 ? this.minimiser.sizes : null,
      family: this.family
        .map((relative) => ({ ...relative, ...tally.seenOf(this.cellOf(relative.cue)) }))
        .filter(({ draws }) => draws > 0),
    };
  }

  private cut(tally: SearchTally): Look | null {
    const { searched } = this;
    const rate = this.rateOf(tally);
    if (this.turn === 0 && rate < WORTH_CUTTING) {
      this.stage = 'ended';
      return null;
    }
    if (this.tested.length === 0) this.beginTurn();
    if (this.tested.length === 0) {
      this.beginFamily();
      return null;
    }
    const draws = drawsFor(EVENTS_A_LOOK, rate);
    const cues = this.tested.filter(({ keeps }) => keeps === null).map(({ cue }) => cue);
    // The whole cue runs along: it was chosen for a high rate, so what it showed until then is too much.
    const whole = this.turn === 0 ? [searched.cue] : [];
    return { cells: this.cellsOf([...whole, ...cues], draws), cues };
  }

  private beginTurn(): void {
    const { id, source } = this.searched.cue;
    this.tested = this.minimiser.next().map((variant, i) => ({
      variant,
      cue: { id: `${id}-s${this.turn + 1}-${i + 1}`, source, transforms: variant.transforms },
      keeps: null,
    }));
  }

  /** Which of the smaller cues keep the effect; the smallest that does is gone on with. */
  private decide(tally: SearchTally): void {
    const whole = this.rateOf(tally);
    for (const one of this.tested) one.keeps ??= keptBy(tally.seenOf(this.cellOf(one.cue)), whole);
    const smallest = this.tested.find(({ keeps }) => keeps);
    if (!smallest && this.tested.some(({ keeps }) => keeps === null)) return;
    this.minimiser.take(
      this.tested.map(({ variant }) => variant),
      this.tested.map((one) => one === smallest),
    );
    this.turn++;
    this.tested = [];
    if (smallest) this.cue = smallest.cue;
  }

  private beginFamily(): void {
    this.stage = 'family';
    this.family = this.familyOf(this.cue);
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

/** Draws of which so many are expected to be misaligned, within bounds. */
const drawsFor = (events: number, rate: number): number =>
  Math.min(MOST, Math.max(FEWEST, Math.ceil(events / Math.max(rate, 1e-9))));

/**
 * Does a smaller cue keep enough of the whole one's rate? A sequential likelihood ratio test of that rate against a third of it (Wald 1945),
 * and at its end, or where it says yes, the rates themselves. Null: not known yet.
 */
function keptBy({ draws, misaligned }: SeenRate, whole: number): boolean | null {
  const lost = whole * LOST_PART;
  const ratio =
    misaligned * Math.log(whole / lost) + (draws - misaligned) * Math.log((1 - whole) / (1 - lost));
  if (ratio <= -MUCH_BETTER) return false;
  const isEnough = misaligned >= 2 && misaligned / draws >= KEPT_SHARE * whole;
  if (ratio >= MUCH_BETTER && isEnough) return true;
  return draws >= drawsFor(EXPECTED_EVENTS, whole) ? isEnough : null;
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
