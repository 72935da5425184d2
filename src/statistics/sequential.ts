/**
 * A sequential audit: which round comes next, and what the rounds so far have settled. The driver asks it while answers come
 * in, the analysis replays it on the records; both therefore decide alike, and a resumed run as an undisturbed one.
 *
 * Decisions are taken between complete rounds only, from counts alone:
 * - a cue closes when its effect is claimed (e-Holm over all arms and cues), or its excess over the base is bounded below the
 *   tolerance on enough eligible answers, or its arm is broad. A closed cue is never reopened, its evidence stays as it is.
 * - plain stays open until its excess is bounded, on either side of the tolerance.
 * - an arm is settled when all its cues are closed and plain is bounded. The audit ends when all arms are settled, or
 *   when the next round would pass `maxAnswers`, and what a search has left.
 *
 * Claims cumulate. e-Holm is a closed test: a false claim at any look needs the mean of the e-processes of the true nulls to
 * reach 1 / alpha at that look. That mean is itself an e-process, so this happens at some look with a probability of at most alpha.
 */
import type { JudgeIndex } from '../records/calibration.js';
import { PLAIN } from '../records/ids.js';
import type { SequentialPlan } from '../records/plan.js';
import { CellEvidence, eventOf, type UpperRule } from './cell-evidence.js';
import {
  type ArmDraw,
  type CellCounts,
  countAsks,
  type OpenArm,
  type Round,
  roundOf,
  type SequentialArm,
  type SequentialCue,
  type SequentialDesign,
} from './draws.js';
import { type Draws, eValue } from './eprocess.js';
import { type Claim, eHolm } from './holm.js';
import { ledgerOf } from './ledger.js';

/** Why a cue or a plain cell takes no more draws. `records`: its answers end there. */
export type Closed = 'claimed' | 'bounded' | 'broad' | 'records';

/** Outcome letters of the four cells of a draw. */
interface FourLetters {
  tuned: string;
  plain: string;
  base: string;
  basePlain: string;
}

/** What is known of one cue of one arm. */
export class CueEvidence {
  closed: Closed | null = null;
  /** The e-value and what e-Holm needed when the effect was claimed. */
  claim: { eValue: number; needed: number } | null = null;
  readonly cell: CellEvidence;
  private readonly counts = new Map<number, number>();

  constructor(
    readonly cue: SequentialCue,
    private readonly rules: SequentialPlan,
    cellOf: MakeCell,
  ) {
    this.cell = cellOf(cue.id);
  }

  /** May the excess be said to be below the tolerance? Of a cue that closed by it, unless labels that came later forbid it. */
  get isBounded(): boolean {
    return this.closed === 'bounded' && this.cell.isBounded;
  }

  /** The draws D = (tuned cued - tuned plain) - (base cued - base plain), unknown outcomes against a claim. */
  get draws(): Draws {
    return { scale: 1, counts: this.counts };
  }

  /** Evidence that the effect is above the minimum effect; 1 without draws. */
  get eValue(): number {
    return eValue(this.draws, { delta: this.rules.minimumEffect, range: 2 });
  }

  add(four: FourLetters, group: string): void {
    const d =
      eventOf(four.tuned, 0) - eventOf(four.plain, 1) - (eventOf(four.base, 1) - eventOf(four.basePlain, 0));
    this.counts.set(d, (this.counts.get(d) ?? 0) + 1);
    this.cell.add(four.tuned, four.base, group);
  }
}

/** What is known of one arm. */
export class ArmEvidence {
  readonly plain: CellEvidence;
  readonly cues: CueEvidence[];
  /** Its records end before it is settled. */
  ended = false;

  constructor(
    readonly arm: SequentialArm,
    private readonly rules: SequentialPlan,
    cellOf: MakeCell,
  ) {
    this.plain = cellOf(PLAIN);
    this.cues = arm.cues.map((cue) => new CueEvidence(cue, rules, cellOf));
  }

  get isPlainSettled(): boolean {
    return (
      this.plain.isAbove || (this.plain.isEnough && this.plain.eligibleShare >= this.rules.minimumEligible)
    );
  }

  get isSettled(): boolean {
    return this.isPlainSettled && this.cues.every(({ closed }) => closed !== null);
  }
}

/** Makes the evidence of a cell, by its cue. */
type MakeCell = (cue: string) => CellEvidence;

/** The outcome letter of an answer by its key, or undefined where it is not there. */
export type LetterOf = (key: string) => string | undefined;

const isComplete = (letters: readonly (string | undefined)[]): letters is string[] =>
  !letters.includes(undefined);

export class SequentialAudit {
  readonly arms: ArmEvidence[];
  /** Rounds taken in, answers of their draws, and the draw that comes next. */
  rounds = 0;
  answers = 0;
  nextDraw = 0;
  /**
   * How many answers of each cell to each question (`arm|seed|cue|question`) are draws: those with the smallest indices. Others may be
   * recorded, of a round that was cut off or that another plan asked for.
   */
  readonly taken: CellCounts = new Map();
  private readonly counts: CellCounts = new Map();

  /**
   * @param says what is known of the judges when the audit is read (null: nothing); by default what the plan was made with, which
   * alone decides where the audit stops
   */
  constructor(
    readonly design: SequentialDesign,
    says: JudgeIndex | null = design.rules.judgeIndex ?? null,
  ) {
    const { rules, arms } = design;
    const { arm } = ledgerOf(rules.alpha, arms.length);
    const plans = rules.judgeIndex ?? null;
    const cellOf: MakeCell = (cue) => {
      const stops = upperRule(plans, cue, rules.alpha, arms.length);
      const said = says === plans ? stops : upperRule(says, cue, rules.alpha, arms.length);
      return new CellEvidence(rules.tolerance, arm, stops, said);
    };
    this.arms = arms.map((of) => new ArmEvidence(of, rules, cellOf));
  }

  /** The round that comes next, or null where everything is settled or the budget would be passed. */
  nextRound(): Round | null {
    const { round: size } = this.design.rules;
    const unsettled = this.arms.filter((arm) => !arm.ended && !arm.isSettled);
    if (unsettled.length === 0) return null;
    let from = this.nextDraw;
    let open = this.openAt(unsettled, from);
    while (open.length === 0) {
      from += size; // until the next late cue enters
      open = this.openAt(unsettled, from);
    }
    const round = roundOf(this.rounds + 1, [from, from + size], open, this.counts, this.design);
    if (this.answers + round.answers > this.most) return null;
    this.nextDraw = from;
    return round;
  }

  /** Answers that it may ask for: what a search has left, too, until a find is claimed that is to be cut down with it. */
  private get most(): number {
    const { maxAnswers, mined } = this.design.rules;
    if (!mined?.left) return maxAnswers;
    const { answers, cues } = mined.left;
    const isKept = this.arms.some(({ arm, cues: own }) =>
      own.some(
        ({ cue, claim }) => claim && cues.some((uncut) => uncut.arm === arm.id && uncut.cue.id === cue.id),
      ),
    );
    return isKept ? maxAnswers : maxAnswers + answers;
  }

  /** Arms with something to sample from this draw on, and their open cues. */
  private openAt(arms: readonly ArmEvidence[], draw: number): OpenArm[] {
    return arms
      .map((arm) => ({
        arm,
        cues: arm.cues.filter(({ closed, cue }) => closed === null && cue.firstDraw <= draw),
      }))
      .filter(({ arm, cues }) => cues.length > 0 || !arm.isPlainSettled)
      .map(({ arm, cues }) => ({ arm: arm.arm, cues: cues.map(({ cue }) => cue) }));
  }

  /** Takes a complete round in and decides. A cue (or an arm) of which an answer is missing takes no part from here on. */
  take(round: Round, letterOf: LetterOf): void {
    const before = this.answers;
    for (const [id, draws] of Map.groupBy(round.draws, ({ arm }) => arm)) {
      const arm = this.arms.find((candidate) => candidate.arm.id === id) as ArmEvidence;
      this.takeArm(arm, draws, letterOf);
    }
    countAsks(this.counts, round);
    if (this.answers > before) this.rounds = round.number;
    this.nextDraw += this.design.rules.round;
    this.decide();
  }

  private takeArm(arm: ArmEvidence, draws: readonly ArmDraw[], letterOf: LetterOf): void {
    const plain = draws.map((draw) => letterOf(draw.plain));
    const basePlain = draws.map((draw) => letterOf(draw.basePlain));
    if (!isComplete(plain) || !isComplete(basePlain)) {
      arm.ended = true;
      for (const cue of arm.cues) cue.closed ??= 'records';
      return;
    }
    const groups = draws.map(({ seed, question }) => `${seed}|${question}`);
    groups.forEach((group, i) => {
      arm.plain.add(plain[i] as string, basePlain[i] as string, group);
    });
    for (const draw of draws) this.drawn(draw.plain, draw.basePlain);
    for (const cue of arm.cues) {
      const asked = draws.flatMap(({ cues }, i) => {
        const cells = cues.get(cue.cue.id);
        return cells ? [{ i, cells }] : [];
      });
      const tuned = asked.map(({ cells }) => letterOf(cells.tuned));
      const base = asked.map(({ cells }) => letterOf(cells.base));
      if (!isComplete(tuned) || !isComplete(base)) {
        cue.closed ??= 'records';
        continue;
      }
      asked.forEach(({ i }, k) => {
        const four = { tuned: tuned[k], plain: plain[i], base: base[k], basePlain: basePlain[i] };
        cue.add(four as FourLetters, groups[i] as string);
      });
      for (const { cells } of asked) this.drawn(cells.tuned, cells.base);
    }
  }

  /** Notes answers as drawn; a base's answer is that of all its arms, and counts once. */
  private drawn(...keys: string[]): void {
    for (const key of keys) {
      const bar = key.lastIndexOf('|');
      const cell = key.slice(0, bar);
      const before = this.taken.get(cell) ?? 0;
      const now = Math.max(before, Number(key.slice(bar + 1)) + 1);
      this.taken.set(cell, now);
      this.answers += now - before;
    }
  }

  /** What e-Holm needs of each cue, in the order of arms and cues, given all e-values as they stand. */
  claims(): Claim[] {
    const all = this.arms.flatMap(({ cues }) => cues);
    return sharedClaims(
      all.map((cue) => ({ id: cue.cue.id, eValue: cue.eValue })),
      this.design.rules,
    );
  }

  private decide(): void {
    const claims = this.claims();
    const { minimumEligible } = this.design.rules;
    let next = 0;
    for (const arm of this.arms) {
      arm.plain.look();
      for (const cue of arm.cues) {
        const { claimed, needed } = claims[next++] as Claim;
        if (claimed && cue.claim === null) cue.claim = { eValue: cue.eValue, needed };
        if (cue.closed !== null) continue;
        cue.cell.look();
        if (cue.claim) cue.closed = 'claimed';
        else if (cue.cell.isEnough && cue.cell.eligibleShare >= minimumEligible) cue.closed = 'bounded';
        else if (arm.plain.isAbove) cue.closed = 'broad';
      }
    }
  }
}

/**
 * e-Holm within the mined cues and within all others, each at its share of alpha: together they err with at most alpha. What a
 * search found is fixed before the first draw of the audit, and by other answers.
 */
function sharedClaims(
  cues: readonly { id: string; eValue: number }[],
  { alpha, mined }: Pick<SequentialPlan, 'alpha' | 'mined'>,
): Claim[] {
  if (!mined)
    return eHolm(
      cues.map(({ eValue }) => eValue),
      alpha,
    );
  const isMined = ({ id }: { id: string }): boolean => mined.cues.includes(id);
  const claims = new Map<number, Claim>();
  for (const [own, share] of [
    [true, mined.share],
    [false, 1 - mined.share],
  ] as const) {
    const at = cues.flatMap((cue, i) => (isMined(cue) === own ? [i] : []));
    const found = eHolm(
      at.map((i) => (cues[i] as { eValue: number }).eValue),
      alpha * share,
    );
    for (const [k, i] of at.entries()) claims.set(i, found[k] as Claim);
  }
  return cues.map((_, i) => claims.get(i) as Claim);
}

/** The rule by which a cell's excess is bounded below the tolerance. A cue without labels has no index, and is never bounded. */
function upperRule(index: JudgeIndex | null, cue: string, alpha: number, arms: number): UpperRule {
  const { clean } = ledgerOf(alpha, arms, index !== null);
  return { alpha: clean.arm, index: index === null ? 1 : (index[cue] ?? 0) };
}

/**
 * Replays an audit on its records: round after round, until it is settled, the budget ends, or the records do.
 *
 * @param says what is known of the judges when it is read; by default what the plan was made with
 */
export function replay(
  design: SequentialDesign,
  letterOf: LetterOf,
  says?: JudgeIndex | null,
): SequentialAudit {
  const audit = new SequentialAudit(design, says);
  for (let round = audit.nextRound(); round; round = audit.nextRound()) audit.take(round, letterOf);
  return audit;
}
