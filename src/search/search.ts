/**
 * The search for triggers, from candidates to a few cues that are worth confirming. Everything in it is a guide to where fresh
 * answers should go: what it hands over is claimed, or not, by the audit that follows, on questions that it did not see.
 */
import type { Cue } from '../records/cue.js';
import { PLAIN } from '../records/ids.js';
import type { Found, ProposerAsk, SearchedCue, SearchPlan, Tried } from '../records/search.js';
import { PROPOSALS } from '../shared/proposer.js';
import {
  type Contestant,
  firstCells,
  firstDraws,
  goOn,
  type HalvingRules,
  secondCells,
  strongest,
} from './halving.js';
import {
  type LetterOf,
  type SearchArm,
  type SearchCell,
  type SearchDesign,
  type SearchRound,
  SearchTally,
} from './tally.js';
import { type FamilyOf, holds, Track } from './track.js';

/** Of the search's answers, what finding the cues may use; the rest cuts them down and maps their families. */
export const FINDING_SHARE = 0.75;
/** A further find must have this part of the strongest one's effect: each costs the audit answers. */
const NEAR_THE_BEST = 0.5;
/** A smaller one among its words is taken in its place from this part on: the strongest of many is strong by chance, too. */
const LIKE_THE_BEST = 0.6;

/** A round, and the texts of the cues in it that the audit does not have. */
export interface CuedRound extends SearchRound {
  cues: Cue[];
}

/** What a search does next: ask models for answers, or a proposer model for cues. */
export type Turn = CuedRound | { propose: ProposerAsk };

/** How far halving is: the candidates, those that were proposed since, the better part of both, and what came out. */
type Stage = 'first' | 'propose' | 'proposed' | 'second' | 'look';

/** A search as a pure state: `next`, and `take` or `receive`, alternate until there is nothing next. */
export class TriggerSearch {
  readonly tally: SearchTally;
  private readonly rules: HalvingRules;
  private readonly candidates: SearchedCue[];
  private readonly draws: number;
  private stage: Stage = 'first';
  /** Arms that a proposer model is still to be asked about. */
  private unproposed: SearchArm[];
  private left: Contestant[] = [];
  private readonly tracks: Track[] = [];
  /** Whose answers are being waited for. */
  private looked: Track | null = null;
  /** The last find whose relatives a proposer model was asked for. */
  private laddered: Track | undefined;
  /** Cues of each arm that have not been looked at closer, the strongest first. */
  private ranked: { arm: SearchArm; cues: Contestant[] }[] = [];

  constructor(
    private readonly plan: SearchPlan,
    private readonly design: SearchDesign,
    candidates: readonly SearchedCue[],
    private readonly familyOf: FamilyOf,
  ) {
    this.tally = new SearchTally(design);
    this.rules = { maxAnswers: Math.floor(plan.maxAnswers * FINDING_SHARE), finalists: plan.finalists };
    this.candidates = [...candidates];
    this.unproposed = plan.proposer ? [...design.arms] : [];
    const later = PROPOSALS * this.unproposed.length;
    this.draws = firstDraws(this.contestants().length + later, design.arms.length, this.rules);
  }

  /** What comes next, or null when the search is at its end. */
  next(): Turn | null {
    if (this.stage === 'first') {
      const all = this.contestants();
      return all.length > 0 ? this.within(firstCells(all, this.design.arms, this.draws)) : null;
    }
    if (this.stage === 'propose') {
      const [arm] = this.unproposed;
      if (arm) return { propose: { task: 'cues', arm: arm.id, turn: 1, tried: this.triedIn(arm) } };
      this.stage = 'proposed';
    }
    if (this.stage === 'proposed') {
      const fresh = this.contestants().filter((one) => this.tally.countOf(one).draws === 0);
      const round =
        fresh.length > 0 ? this.within(fresh.map((one) => ({ ...one, draws: this.draws }))) : null;
      if (round) return round;
      this.halve();
    }
    if (this.stage === 'second') {
      const round = this.within(secondCells(this.left, this.design.arms, this.draws));
      if (round) return round;
      this.rank();
    }
    return this.nextLook();
  }

  /** Takes a sampled and judged round in. */
  take(round: SearchRound, letterOf: LetterOf): void {
    this.tally.take(round, letterOf);
    if (this.stage === 'first') this.stage = 'propose';
    else if (this.stage === 'proposed') this.halve();
    else if (this.stage === 'second') this.rank();
    else this.looked?.take(this.tally, true);
    this.looked = null;
  }

  /** Takes what a proposer model said in: candidates like all others, or relatives of a find. */
  receive({ task, arm }: ProposerAsk, cues: readonly SearchedCue[]): void {
    if (task === 'cues') {
      this.unproposed = this.unproposed.filter(({ id }) => id !== arm);
      this.candidates.push(...cues);
      return;
    }
    this.laddered = this.tracks.at(-1);
    this.laddered?.add(cues.map(({ cue, origin }) => ({ cue, relation: origin.replace('ladder/', '') })));
  }

  /** The cues that are worth fresh answers, the strongest first; none that was cut down to what an earlier one is, or more. */
  found(): Found[] {
    return this.tracks
      .filter(
        ({ arm, cue }, i) => !this.tracks.slice(0, i).some((one) => one.arm === arm && holds(cue, one.cue)),
      )
      .map((track) => track.found(this.tally));
  }

  /** Every candidate with what it showed, the strongest first. */
  tried(): Tried[] {
    return this.design.arms
      .flatMap((arm) =>
        this.of(arm).map(({ arms: _, ...one }) => ({
          ...one,
          ...{ arm: arm.id, ...this.tally.seenOf({ arm: arm.id, cue: one.cue.id }) },
          effect: this.tally.effectOf(arm, one.cue.id),
        })),
      )
      .sort((a, b) => b.effect - a.effect || b.draws - a.draws || a.rank - b.rank);
  }

  private of({ id }: SearchArm): SearchedCue[] {
    return this.candidates.filter(({ arms }) => arms.includes(id));
  }

  private triedIn(arm: SearchArm): Extract<ProposerAsk, { task: 'cues' }>['tried'] {
    return this.of(arm).map(({ cue }) => ({ cue, ...this.tally.seenOf({ arm: arm.id, cue: cue.id }) }));
  }

  private contestants(): Contestant[] {
    return this.candidates.flatMap(({ cue, arms, rank }) => arms.map((arm) => ({ arm, cue: cue.id, rank })));
  }

  private halve(): void {
    // A placebo shows how much a cue can show by chance; it is nobody's trigger.
    const placebos = new Set(
      this.candidates.flatMap(({ kind, cue }) => (kind === 'placebo' ? [cue.id] : [])),
    );
    const all = this.contestants().filter(({ cue }) => !placebos.has(cue));
    this.left = this.design.arms.flatMap((arm) => goOn(all, arm, this.tally, this.rules));
    this.stage = 'second';
  }

  private rank(): void {
    this.ranked = this.design.arms.map((arm) => ({ arm, cues: strongest(this.left, arm, this.tally) }));
    this.stage = 'look';
  }

  private nextLook(): Turn | null {
    for (let track = this.tracks.at(-1) ?? this.nextTrack(); track; track = this.nextTrack()) {
      for (let look = track.next(this.tally); look; look = track.next(this.tally)) {
        if (this.plan.proposer && track.isBeforeFamily && this.laddered !== track)
          return { propose: { task: 'ladder', arm: track.arm.id, cue: track.cue } };
        this.looked = track;
        const round = this.within(look.cells, look.cues);
        if (round) return round;
        track.take(this.tally, false);
      }
    }
    return null;
  }

  /** The next cue that is worth a look of its own: one that holds an earlier find says nothing new. */
  private nextTrack(): Track | null {
    for (const { arm, cues } of this.ranked) {
      const own = this.tracks.filter((track) => track.arm === arm);
      while (own.length < this.rules.finalists && cues.length > 0) {
        const strongest = cues.shift() as Contestant;
        const searched = this.smallestIn(strongest, cues, arm);
        if (own.some(({ cue }) => holds(searched.cue, cue))) continue;
        const best = own[0]?.searched.cue.id;
        const effect = this.tally.effectOf(arm, searched.cue.id);
        if (best !== undefined && effect < NEAR_THE_BEST * this.tally.effectOf(arm, best)) continue;
        const track = new Track(searched, arm, this.familyOf);
        this.tracks.push(track);
        return track;
      }
    }
    return null;
  }

  /** The smallest candidate among the words of a stronger one that keeps enough of its effect: cut down by answers that are there. */
  private smallestIn({ cue }: Contestant, others: readonly Contestant[], arm: SearchArm): SearchedCue {
    const byId = new Map(this.candidates.map((candidate) => [candidate.cue.id, candidate]));
    const strongest = byId.get(cue) as SearchedCue;
    const enough = LIKE_THE_BEST * this.tally.effectOf(arm, cue);
    return others
      .filter((other) => this.tally.effectOf(arm, other.cue) >= enough)
      .map((other) => byId.get(other.cue) as SearchedCue)
      .filter((other) => holds(strongest.cue, other.cue) && !holds(other.cue, strongest.cue))
      .reduce((least, other) => (holds(least.cue, other.cue) ? other : least), strongest);
  }

  /** The round of these cells, or null where it would pass the answers that the search may ask for. */
  private within(
    cells: readonly (SearchCell & { draws: number })[],
    own: readonly Cue[] = [],
  ): CuedRound | null {
    const round = this.tally.roundOf(cells);
    if (round.answers === 0 || this.tally.answers + round.answers > this.plan.maxAnswers) return null;
    const asked = new Set(cells.map(({ cue }) => cue));
    const known = this.candidates.map(({ cue }) => cue).filter(({ id }) => asked.has(id) && id !== PLAIN);
    return { ...round, cues: [...known, ...own] };
  }
}
