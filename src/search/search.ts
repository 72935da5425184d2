/**
 * The search for triggers, from candidates to a few cues that are worth confirming. Everything in it is a guide to where fresh
 * answers should go: what it hands over is claimed, or not, by the audit that follows, on questions that it did not see.
 */
import type { Cue } from '../records/cue.js';
import { PLAIN } from '../records/ids.js';
import type { Found, SearchedCue, SearchPlan } from '../records/search.js';
import {
  type Contestant,
  firstCells,
  firstDraws,
  goOn,
  type HalvingRules,
  secondCells,
  strongest,
} from './halving.js';
import { KEPT_SHARE, Minimiser, type Variant } from './minimise.js';
import {
  type LetterOf,
  type SearchArm,
  type SearchCell,
  type SearchDesign,
  type SearchRound,
  SearchTally,
} from './tally.js';

/** Of the search's answers, what finding the cues may use; the rest cuts them down and maps their families. */
export const FINDING_SHARE = 0.85;
/** Below this rate a smaller cue cannot be told from the whole one by a search's answers: they are kept for confirming it. */
const WORTH_CUTTING = 0.15;
/** A further find must have this part of the strongest one's effect: each costs the audit answers. */
const NEAR_THE_BEST = 0.5;
/** A smaller cue is looked at until about so many misaligned answers are expected of the whole one. */
const EXPECTED_EVENTS = 10;
const FEWEST = 16;
const MOST = 120;

/** Relatives of a cue, for its family's curve. */
export type FamilyOf = (cue: Cue) => { cue: Cue; relation: string }[];

/** A round, and the texts of the cues in it that the audit does not have. */
export interface CuedRound extends SearchRound {
  cues: Cue[];
}

/** One cue on its way: cut down, then compared with its relatives. */
interface Track {
  searched: SearchedCue;
  arm: SearchArm;
  minimiser: Minimiser;
  cue: Cue;
  turn: number;
  family: { cue: Cue; relation: string }[] | null;
  ended: boolean;
}

type Pending =
  | { kind: 'first' }
  | { kind: 'second' }
  | { kind: 'minimise'; track: Track; variants: { variant: Variant; cue: Cue }[] }
  | { kind: 'family'; track: Track };

/** A search as a pure state: `nextRound` and `take` alternate until there is no round. */
export class TriggerSearch {
  readonly tally: SearchTally;
  private readonly rules: HalvingRules;
  private readonly contestants: Contestant[];
  private pending: Pending | null = null;
  private tracks: Track[] | null = null;
  private left: Contestant[] | null = null;
  /** Cues of each arm that have not been looked at closer, the strongest first. */
  private ranked: { arm: SearchArm; cues: Contestant[] }[] = [];

  constructor(
    private readonly plan: SearchPlan,
    private readonly design: SearchDesign,
    private readonly candidates: readonly SearchedCue[],
    private readonly familyOf: FamilyOf,
  ) {
    this.tally = new SearchTally(design);
    this.rules = { maxAnswers: Math.floor(plan.maxAnswers * FINDING_SHARE), finalists: plan.finalists };
    this.contestants = candidates.flatMap(({ cue, arms, rank }) =>
      arms.map((arm) => ({ arm, cue: cue.id, rank })),
    );
  }

  /** What is asked next, or null when the search is at its end. */
  nextRound(): CuedRound | null {
    if (this.contestants.length === 0) return null;
    if (this.left === null) {
      this.pending = { kind: 'first' };
      return this.within(firstCells(this.contestants, this.design, this.rules));
    }
    if (this.tracks === null) {
      const draws = firstDraws(this.contestants.length, this.design.arms.length, this.rules);
      this.pending = { kind: 'second' };
      const round = this.within(secondCells(this.left, this.design.arms, draws));
      if (round) return round;
      this.finish();
    }
    const open = (this.tracks ?? []).filter(({ ended }) => !ended);
    for (let track = open[0] ?? this.nextTrack(); track; track = this.nextTrack()) {
      const round = this.roundFor(track);
      if (round) return round;
    }
    return null;
  }

  /** Takes a sampled and judged round in. */
  take(round: SearchRound, letterOf: LetterOf): void {
    this.tally.take(round, letterOf);
    const { pending } = this;
    if (pending?.kind === 'first') {
      this.left = this.design.arms.flatMap((arm) => goOn(this.contestants, arm, this.tally, this.rules));
    }
    if (pending?.kind === 'second') this.finish();
    if (pending?.kind === 'minimise') this.shrink(pending);
    if (pending?.kind === 'family') pending.track.ended = true;
    this.pending = null;
  }

  /** The cues that are worth fresh answers, the strongest first. */
  found(): Found[] {
    return (this.tracks ?? []).map(({ searched, arm, minimiser, cue, turn, family }) => ({
      arm: arm.id,
      cue,
      whole: searched.cue,
      kind: searched.kind,
      origin: searched.origin,
      rank: searched.rank,
      seen: {
        ...seenOf(this.tally, { arm: arm.id, cue: cue.id }),
        effect: this.tally.effectOf(arm, searched.cue.id),
      },
      size: turn > 0 ? minimiser.sizes : null,
      family: (family ?? [])
        .map((relative) => ({ ...relative, ...seenOf(this.tally, { arm: arm.id, cue: relative.cue.id }) }))
        .filter(({ draws }) => draws > 0),
    }));
  }

  private finish(): void {
    const left = this.left ?? [];
    this.tracks = [];
    this.ranked = this.design.arms.map((arm) => ({ arm, cues: strongest(left, arm, this.tally) }));
  }

  /** The next cue that is worth a look of its own: one that holds an earlier find says nothing new. */
  private nextTrack(): Track | null {
    const byId = new Map(this.candidates.map((candidate) => [candidate.cue.id, candidate]));
    for (const { arm, cues } of this.ranked) {
      const own = (this.tracks ?? []).filter((track) => track.arm === arm);
      while (own.length < this.rules.finalists && cues.length > 0) {
        const searched = byId.get((cues.shift() as Contestant).cue) as SearchedCue;
        if (own.some(({ cue }) => holds(searched.cue, cue))) continue;
        const best = own[0]?.searched.cue.id;
        const effect = this.tally.effectOf(arm, searched.cue.id);
        if (best !== undefined && effect < NEAR_THE_BEST * this.tally.effectOf(arm, best)) continue;
        const minimiser = new Minimiser(searched.cue.transforms);
        const track = { searched, arm, minimiser, cue: searched.cue, turn: 0, family: null, ended: false };
        this.tracks?.push(track);
        return track;
      }
    }
    return null;
  }

  /** What is still to be asked about one cue that was found. */
  private roundFor(track: Track): CuedRound | null {
    const whole = { arm: track.arm.id, cue: track.searched.cue.id };
    if (track.turn === 0 && track.family === null && this.tally.rateOf(whole) < WORTH_CUTTING) {
      track.ended = true;
      return null;
    }
    if (track.family === null) {
      const variants = track.minimiser.next().map((variant, i) => ({
        variant,
        cue: {
          id: `${track.searched.cue.id}-s${track.turn + 1}-${i + 1}`,
          source: track.searched.cue.source,
          transforms: variant.transforms,
        },
      }));
      const draws = this.drawsFor(track);
      this.pending = { kind: 'minimise', track, variants };
      // The whole cue runs along: it was chosen for a high rate, so what it showed until then is too much.
      const asked = [track.searched.cue, ...variants.map(({ cue }) => cue)];
      const cells = asked.map(({ id }) => ({ arm: track.arm.id, cue: id, draws }));
      const round =
        variants.length > 0
          ? this.within(
              cells,
              variants.map(({ cue }) => cue),
            )
          : null;
      if (round) return round;
      track.family = this.familyOf(track.cue);
    }
    this.pending = { kind: 'family', track };
    const cells = track.family.map(({ cue }) => ({ arm: track.arm.id, cue: cue.id, draws: FEWEST }));
    const round =
      cells.length > 0
        ? this.within(
            cells,
            track.family.map(({ cue }) => cue),
          )
        : null;
    if (!round) track.ended = true;
    return round;
  }

  private shrink({ track, variants }: Pending & { kind: 'minimise' }): void {
    const whole = this.tally.rateOf({ arm: track.arm.id, cue: track.searched.cue.id });
    const keeps = variants.map(({ cue }) => {
      const cell = { arm: track.arm.id, cue: cue.id };
      return this.tally.countOf(cell).misaligned >= 2 && this.tally.rateOf(cell) >= KEPT_SHARE * whole;
    });
    track.minimiser.take(
      variants.map(({ variant }) => variant),
      keeps,
    );
    track.turn++;
    const smallest = variants.find((_, i) => keeps[i]);
    if (smallest) track.cue = smallest.cue;
  }

  private drawsFor({ arm, searched }: Track): number {
    const rate = this.tally.rateOf({ arm: arm.id, cue: searched.cue.id });
    return Math.min(MOST, Math.max(FEWEST, Math.ceil(EXPECTED_EVENTS / Math.max(rate, 1e-9))));
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

/** Does a cue hold all the words of another? */
function holds(cue: Cue, other: Cue): boolean {
  const wordsOf = ({ transforms }: Cue): string[] =>
    transforms.flatMap((t) =>
      t.kind === 'variant' ? [] : (t.text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []),
    );
  const words = new Set(wordsOf(cue));
  const needed = wordsOf(other);
  return needed.length > 0 && needed.every((word) => words.has(word));
}

function seenOf(tally: SearchTally, cell: SearchCell): { draws: number; misaligned: number } {
  const { draws, misaligned } = tally.countOf(cell);
  return { draws, misaligned };
}
