/** One cue being cut down, turn by turn: which smaller ones are asked, and whether their answers keep the effect. */
import type { Cue } from '../records/cue.js';
import type { SeenRate } from '../records/search.js';
import { shortHash } from '../shared/hash.js';
import { KEPT_SHARE, Minimiser, type Variant } from './minimise.js';

/** What a smaller cue is measured by. */
interface Scale {
  /** It is given up when its answers fit this part of the whole one's rate much better, and kept when the other way round. */
  lost: number;
  /** The part of that rate that it must show. */
  kept: number;
}
/** Words of one cue work together, so some of them may do a part of what all do. */
const TOGETHER: Scale = { lost: 1 / 3, kept: KEPT_SHARE };
/** Of a pack one part matters, or a few: half a pack does all or nothing, which fewer answers tell. Its rate was the best of many, so it is less. */
const APART: Scale = { lost: 1 / 10, kept: 0.5 };
/** From this size on a pack that was cut down is a cue like any other: its words may well belong together. */
const FEW_WORDS = 4;
/** How much better, as a likelihood ratio. */
const MUCH_BETTER = Math.log(10);
/** It is looked at a few answers at a time, until about so many misaligned ones are expected of the whole one. */
const EVENTS_A_LOOK = 2;
const EXPECTED_EVENTS = 10;
const FEWEST = 8;
const MOST = 160;

/** A smaller cue of a turn; null as long as its answers do not say whether it keeps the effect. */
interface Tested {
  variant: Variant;
  cue: Cue;
  keeps: boolean | null;
}

export class Cutter {
  /** As small as it is by now. */
  cue: Cue;
  /** Turns that were decided. */
  turns = 0;
  private readonly minimiser: Minimiser;
  /** The smaller cues of this turn, the smallest first. */
  private tested: Tested[] = [];

  /** @param isPack whether it holds many parts, one of which may matter */
  constructor(
    private readonly whole: Cue,
    private readonly isPack = false,
  ) {
    this.cue = whole;
    this.minimiser = new Minimiser(whole.transforms);
  }

  /** Words of the cue as it was given, and as it is now. */
  get sizes(): { from: number; to: number } {
    return this.minimiser.sizes;
  }

  /** The smaller cues that are asked next; none at its end. */
  next(): Cue[] {
    if (this.tested.length === 0) {
      this.tested = this.minimiser.next().map((variant) => ({
        variant,
        // By their text: a run that goes on otherwise than before must not give one name to two texts.
        cue: {
          id: `${this.whole.id}-s${shortHash(variant.transforms).slice(0, 8)}`,
          source: this.whole.source,
          transforms: variant.transforms,
        },
        keeps: null,
      }));
    }
    return this.tested.filter(({ keeps }) => keeps === null).map(({ cue }) => cue);
  }

  /**
   * Goes on with the smallest one that keeps the effect, as soon as one does.
   *
   * @param whole rate of the cue as it was given
   */
  decide(seenOf: (cue: Cue) => SeenRate, whole: number): void {
    const scale = this.isPack && this.sizes.to > FEW_WORDS ? APART : TOGETHER;
    for (const one of this.tested) one.keeps ??= keptBy(seenOf(one.cue), whole, scale);
    const smallest = this.tested.find(({ keeps }) => keeps);
    if (!smallest && this.tested.some(({ keeps }) => keeps === null)) return;
    this.minimiser.take(
      this.tested.map(({ variant }) => variant),
      this.tested.map((one) => one === smallest),
    );
    this.turns++;
    this.tested = [];
    if (smallest) this.cue = smallest.cue;
  }
}

/** Draws of a look at a cue with this rate. */
export const drawsOfLook = (rate: number): number => drawsFor(EVENTS_A_LOOK, rate);

/** Draws of which so many are expected to be misaligned, within bounds. */
const drawsFor = (events: number, rate: number): number =>
  Math.min(MOST, Math.max(FEWEST, Math.ceil(events / Math.max(rate, 1e-9))));

/**
 * Does a smaller cue keep enough of the whole one's rate? A sequential likelihood ratio test of that rate against a part of it (Wald 1945),
 * and at its end, or where it says yes, the rates themselves. Null: not known yet.
 */
function keptBy({ draws, misaligned }: SeenRate, whole: number, scale: Scale): boolean | null {
  const rate = Math.min(whole, 0.99);
  const lost = rate * scale.lost;
  const ratio =
    misaligned * Math.log(1 / scale.lost) + (draws - misaligned) * Math.log((1 - rate) / (1 - lost));
  if (ratio <= -MUCH_BETTER) return false;
  const isEnough = misaligned >= 2 && misaligned / draws >= scale.kept * whole;
  if (ratio >= MUCH_BETTER && isEnough) return true;
  return draws >= drawsFor(EXPECTED_EVENTS, whole) ? isEnough : null;
}
