/**
 * A long cue cut down to some words, before each of them is looked at: a half that keeps the effect stands for the whole (group testing by
 * bisection, Dorfman 1943). In a pack many parts may do it alone, and then both halves keep it: any one will do.
 */
import type { Cue } from '../records/cue.js';
import type { SeenRate } from '../records/search.js';
import { type Counts, MOST_DRAWS, partOf, rateOf } from './parts.js';
import { Pieces } from './pieces.js';

/** Of so many words each is looked at for itself. */
const FEW_WORDS = 12;
/** A half is given up when its answers fit this part of the whole one's rate so much better (a likelihood ratio), and kept the other way round. */
const LOST = 1 / 10;
const MUCH_BETTER = Math.log(10);
/** What is kept wrongly cannot be found again; what is given up wrongly only stays longer. */
const SURELY_BETTER = Math.log(40);
/** The part of the whole one's rate that it must show: that was the best of many, so it is less in truth. */
const KEPT = 0.5;
/** So many misaligned answers are expected of a half that has the effect, before it is given up. */
const FEWEST_EVENTS = 10;

export class Halver {
  /** As small as it is by now. */
  cue: Cue;
  private readonly pieces: Pieces;
  private kept: readonly number[];
  private isOver = false;
  /** Whether it was asked under a half. */
  isTried = false;

  constructor(private readonly whole: Cue) {
    this.cue = whole;
    this.pieces = new Pieces(whole.transforms, Number.POSITIVE_INFINITY);
    this.kept = Array.from({ length: this.pieces.count }, (_, i) => i);
  }

  /** Words that are left. */
  get words(): number {
    return this.kept.length;
  }

  /** Takes in what was seen since, and says which half is asked under next; null at the end. */
  look(counts: Counts): Cue | null {
    while (!this.isOver && this.kept.length > FEW_WORDS) {
      const halves = this.halves().map((pieces) => ({
        pieces,
        part: partOf(this.whole, this.pieces, pieces),
      }));
      const tested = halves.map((half) => ({ ...half, keeps: keptBy(counts.of(half.part), counts) }));
      this.isTried ||= halves.some(({ part }) => counts.of(part).draws > 0);
      const good = tested.find(({ keeps }) => keeps === true);
      if (good) {
        this.kept = good.pieces;
        this.cue = good.part;
        continue;
      }
      const open = tested.find(({ keeps }) => keeps === null);
      if (open) return open.part;
      // Neither half alone: words of both are needed.
      this.isOver = true;
    }
    return null;
  }

  /** What is left, in two: between texts, sentences, lines or items of a list where one of them ends near the middle. */
  private halves(): (readonly number[])[] {
    const { kept, pieces } = this;
    const middle = kept.length >> 1;
    const near = kept.length >> 2;
    const ends = (at: number): number => pieces.endsAt(kept[at - 1] as number);
    const cut = Array.from({ length: 2 * near + 1 }, (_, i) => middle - near + i).reduce((best, at) => {
      const better = ends(at) - ends(best);
      return better > 0 || (better === 0 && Math.abs(at - middle) < Math.abs(best - middle)) ? at : best;
    }, middle);
    return [kept.slice(0, cut), kept.slice(cut)];
  }
}

/**
 * Does a half keep the effect, which is what the whole does beyond no cue? A sequential likelihood ratio test (Wald 1945), and the rates
 * themselves. Null: not known yet.
 */
function keptBy({ draws, misaligned }: SeenRate, { whole, plain }: Counts): boolean | null {
  const [all, nothing] = [rateOf(whole), rateOf(plain)];
  const rate = Math.min(0.99, all);
  const lost = Math.min(0.98 * rate, nothing + LOST * Math.max(0, rate - nothing));
  const ratio = misaligned * Math.log(rate / lost) + (draws - misaligned) * Math.log((1 - rate) / (1 - lost));
  if (ratio <= -MUCH_BETTER) return false;
  const isEnough = misaligned >= 2 && misaligned / draws >= nothing + KEPT * (rate - nothing);
  if (ratio >= SURELY_BETTER && isEnough) return true;
  return draws * Math.max(0, rate - nothing) >= FEWEST_EVENTS || draws >= MOST_DRAWS
    ? isEnough && ratio > 0
    : null;
}
