/** One cue being cut down, look by look: which part of it is asked under next, and what is left of it by now. */
import type { Cue } from '../records/cue.js';
import type { SeenRate } from '../records/search.js';
import { type Belief, believed, informationOf, type Place, type Run, type Shown } from './belief.js';
import { Halver } from './halver.js';
import { type Counts, MOST_DRAWS, partOf, rateOf } from './parts.js';
import { Pieces } from './pieces.js';

/** The part of a cue's rate that a smaller cue must show. */
const KEPT_SHARE = 0.8;
/** A run is what matters from this chance on; before, one is taken that holds what matters with that chance. */
const SURE = 0.95;
const LIKELY = 0.7;
/** Draws of a look: until about so many misaligned ones are expected of the whole one, within bounds. */
const EVENTS_A_LOOK = 2;
const FEWEST = 8;
/**
 * A part that has had answers for so many misaligned ones of the whole cue's rate is asked under no more. Where it should have what matters, and
 * has shown too little, that is the end: the words do not decide alone.
 */
const EVENTS_IN_ALL = 20;

/** A part of the cue that was asked under. */
interface Part {
  pieces: readonly number[];
  cue: Cue;
}

/** Cuts a cue down: a long one by halves first, and what is left word by word. */
export class Cutter {
  private readonly halver: Halver;
  private words: WordCutter | undefined;
  private readonly from: number;

  constructor(private readonly whole: Cue) {
    this.halver = new Halver(whole);
    this.from = this.halver.words;
  }

  /** As small as it is by now. */
  get cue(): Cue {
    return this.words?.cue ?? this.halver.cue;
  }

  /** Whether it was asked under any part. */
  get isTried(): boolean {
    return this.halver.isTried || this.words?.isTried === true;
  }

  /** Words of the cue as it was given, and as it is now. */
  get sizes(): { from: number; to: number } {
    return { from: this.from, to: this.words?.size ?? this.halver.words };
  }

  /** Takes in what was seen since, and says which part is asked under next; null at the end. */
  look(counts: Counts): Cue | null {
    const half = this.halver.look(counts);
    if (half) return half;
    this.words ??= new WordCutter(this.halver.cue);
    return this.words.look(this.countsOf(counts));
  }

  /** Of what the halves left the answers under it alone count. */
  private countsOf(counts: Counts): Counts {
    return this.halver.cue === this.whole ? counts : { ...counts, whole: counts.of(this.halver.cue) };
  }
}

/** Looks for the run of neighbouring words that matters. */
class WordCutter {
  /** As small as it is by now. */
  cue: Cue;
  private kept: readonly number[];
  private readonly pieces: Pieces;
  private readonly parts = new Map<string, Part>();
  private shown: Shown[] = [];
  /** Where the smallest run of pieces is looked for; null at the end. */
  private place: Place | null;

  constructor(private readonly whole: Cue) {
    this.cue = whole;
    this.pieces = new Pieces(whole.transforms);
    const { count } = this.pieces;
    this.kept = upTo(0, count - 1);
    this.place = count < 2 ? null : { needed: [], from: 0, to: count - 1 };
  }

  /** Whether it was asked under any part. */
  get isTried(): boolean {
    return this.shown.length > 0;
  }

  /** Words of it that are left. */
  get size(): number {
    return this.kept.length;
  }

  /** Takes in what was seen since, and says which part is asked under next; null at the end. */
  look(counts: Counts): Cue | null {
    this.shown = [...this.parts.values()]
      .map(({ pieces, cue }) => ({ pieces, ...counts.of(cue) }))
      .filter(({ draws }) => draws > 0);
    while (this.place) {
      const belief = believed(this.place, [...this.shown, ...this.without(counts)], counts.whole);
      const next = this.within(this.place, belief, counts.whole);
      if (next) return this.partOf(next).cue;
    }
    return null;
  }

  /**
   * The pieces that are asked under next: as soon as it is known which run matters, those alone, to see that they do what the cue does; until
   * then those whose answers tell most. Null: it goes on, or is at its end.
   */
  private within(place: Place, belief: Belief, whole: SeenRate): readonly number[] | null {
    const [likeliest] = belief.runs.toSorted((a, b) => b.chance - a.chance) as [Run];
    const pieces = joined(place, likeliest);
    if (likeliest.chance < SURE) {
      this.take(this.smallest(place, belief));
      const next = this.mostTelling(place, belief, whole);
      if (next === null) this.place = null;
      return next;
    }
    if (pieces.length === this.piecesIn(place) || this.keeps(pieces, belief)) {
      this.take(pieces);
      const { from, to } = likeliest;
      // Both ends of the run are needed, and what lies between may not be.
      this.place = to - from < 2 ? null : { needed: [...place.needed, from, to], from: from + 1, to: to - 1 };
      return null;
    }
    this.take(this.smallest(place, belief));
    if (!this.isAsked(pieces, whole)) return pieces;
    this.place = null;
    return null;
  }

  private take(pieces: readonly number[]): void {
    this.kept = pieces;
    this.cue = pieces.length === this.pieces.count ? this.whole : this.partOf(pieces).cue;
  }

  /** The pieces that leave fewest words to expect, if a part without what matters counts as large as the cue; all where none will do. */
  private smallest(place: Place, belief: Belief): readonly number[] {
    const all = joined(place, place);
    const sizeOf = ({ enough }: Run, size: number): number =>
      enough * size + (1 - enough) * this.pieces.count;
    return belief.runs
      .filter(({ enough }) => enough >= LIKELY)
      .map((run) => ({ pieces: joined(place, run), run }))
      .filter(({ pieces }) => this.keeps(pieces, belief))
      .map(({ pieces, run }) => ({ pieces, size: sizeOf(run, pieces.length) }))
      .reduce((a, b) => (b.size < a.size ? b : a), { pieces: all, size: this.pieces.count }).pieces;
  }

  /** Null where all parts have had their answers. */
  private mostTelling(place: Place, belief: Belief, whole: SeenRate): readonly number[] | null {
    const parts = belief.runs.filter((run) => {
      const pieces = joined(place, run);
      return pieces.length < this.piecesIn(place) && !this.isAsked(pieces, whole);
    });
    if (parts.length === 0) return null;
    const telling = parts.map((run) => ({ run, tells: informationOf(belief, run.enough) }));
    // Of those that tell as much the first is the shortest.
    return joined(place, telling.reduce((a, b) => (b.tells > a.tells + 1e-9 ? b : a)).run);
  }

  /** Whether these pieces alone showed enough of the rate that is expected of them. */
  private keeps(pieces: readonly number[], { kept }: Belief): boolean {
    const { draws, misaligned } = this.seenOf(pieces);
    return misaligned >= 2 && misaligned / draws >= KEPT_SHARE * kept;
  }

  /** Whether these pieces have had all the answers that they get. */
  private isAsked(pieces: readonly number[], whole: SeenRate): boolean {
    return this.seenOf(pieces).draws * rateOf(whole) >= EVENTS_IN_ALL;
  }

  private seenOf(pieces: readonly number[]): SeenRate {
    return this.shown.find((one) => one.pieces.join() === pieces.join()) ?? { draws: 0, misaligned: 0 };
  }

  private piecesIn(place: Place): number {
    return joined(place, place).length;
  }

  /** What showed with none of the pieces: without the cue, unless it does more than words. */
  private without({ plain }: Counts): Shown[] {
    return this.pieces.with([]).length === 0 && plain.draws > 0 ? [{ pieces: [], ...plain }] : [];
  }

  private partOf(pieces: readonly number[]): Part {
    const key = pieces.join();
    const known = this.parts.get(key);
    if (known) return known;
    const part = { pieces, cue: partOf(this.whole, this.pieces, pieces) };
    this.parts.set(key, part);
    return part;
  }
}

/** Draws of a look at a cue with this rate. */
export const drawsOfLook = (rate: number): number =>
  Math.min(MOST_DRAWS, Math.max(FEWEST, Math.ceil(EVENTS_A_LOOK / Math.max(rate, 1e-9))));

const joined = ({ needed }: Place, { from, to }: Pick<Run, 'from' | 'to'>): readonly number[] =>
  [...needed, ...upTo(from, to)].sort((a, b) => a - b);
const upTo = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
