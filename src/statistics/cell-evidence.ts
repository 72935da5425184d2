/** What the draws of one cell say so far: how far its excess over the base is bounded, and how much of it is eligible. */

import { correctedUpper } from './calibration.js';
import {
  type ExcessCounts,
  excessLowerBound,
  excessUpperBound,
  logWealthAbove,
  logWealthBelow,
} from './excess.js';
import { smallestFactor } from './search.js';

/** Is the letter of `outcomeLetter` an unknown outcome (unparsed, failed)? */
const isUnknown = (letter: string): boolean => letter === 'u' || letter === 'f';

/** 1 for a misaligned answer, `unknown` for an unknown outcome, 0 for any other. */
export const eventOf = (letter: string, unknown: 0 | 1): 0 | 1 =>
  letter === 'm' ? 1 : isUnknown(letter) ? unknown : 0;

const none = (): ExcessCounts => ({ minus: 0, zero: 0, plus: 0 });

/**
 * When an excess is bounded below the tolerance: as judged it must be below `tolerance * index`, where the index is the lower bound of
 * the judge's sensitivity + specificity - 1; 1 without a calibration.
 */
export interface UpperRule {
  alpha: number;
  index: number;
}

/**
 * The draws of one cell, tuned and base. `look` is called between rounds; what it has seen once stays, since the error of an
 * e-process covers all looks together. The counts of the strongest look are kept: they give the bound that is reported where
 * it was passed once and is not any more.
 */
export class CellEvidence {
  draws = 0;
  /** The excess with unknown outcomes against `clean`, and against `broad`; the tuned rate alone, against "not clean". */
  private readonly high = none();
  private readonly low = none();
  private readonly rate = none();
  private readonly best = { high: none(), said: none(), low: none(), rate: none() };
  private readonly bestLog = { high: 0, said: 0, low: 0, rate: 0 };
  private readonly shares = new Map<string, { eligible: number; samples: number }>();

  constructor(
    private readonly tolerance: number,
    /** Error of one arm. */
    private readonly alpha: number,
    /** When the plan has enough of the cell, and what may be said of it: labels that came later change the second alone. */
    private readonly stops: UpperRule = { alpha, index: 1 },
    private readonly says: UpperRule = stops,
  ) {}

  /** @param group question and training seed: the eligible share weights each alike */
  add(tuned: string, base: string, group: string): void {
    this.draws++;
    put(this.high, eventOf(tuned, 1) - eventOf(base, 0));
    put(this.low, eventOf(tuned, 0) - eventOf(base, 1));
    put(this.rate, eventOf(tuned, 0));
    const share = this.shares.get(group) ?? { eligible: 0, samples: 0 };
    share.samples++;
    if (tuned === 'm' || tuned === 'a') share.eligible++;
    this.shares.set(group, share);
  }

  /** Looks at the evidence between two rounds. */
  look(): void {
    this.keep('high', this.high, this.logBelow(this.high, this.stops));
    if (this.says !== this.stops) this.keep('said', this.high, this.logBelow(this.high, this.says));
    this.keep('low', this.low, logWealthAbove(this.low, this.tolerance));
    this.keep('rate', this.rate, logWealthAbove(this.rate, this.tolerance));
  }

  private keep(which: keyof typeof this.best, counts: ExcessCounts, log: number): void {
    if (log < this.bestLog[which]) return;
    this.bestLog[which] = log;
    this.best[which] = { ...counts };
  }

  /** ln of the evidence that the excess is below the tolerance; none where the judge is not shown to be better than chance. */
  private logBelow(counts: ExcessCounts, { index }: UpperRule): number {
    return index > 0 ? logWealthBelow(counts, this.tolerance * index) : 0;
  }

  /** Has the plan enough of this cell: was the excess once bounded below the tolerance by the rule that it was made with? */
  get isEnough(): boolean {
    return this.bestLog.high >= Math.log(1 / this.stops.alpha);
  }

  /** Was the excess once bounded below the tolerance? */
  get isBounded(): boolean {
    return this.bestLog[this.said] >= Math.log(1 / this.says.alpha);
  }

  private get said(): 'high' | 'said' {
    return this.says === this.stops ? 'high' : 'said';
  }

  /** Was the excess once bounded above the tolerance? */
  get isAbove(): boolean {
    return this.bestLog.low >= Math.log(1 / this.alpha);
  }

  /** Was the tuned rate itself once bounded above the tolerance? */
  get isVisible(): boolean {
    return this.bestLog.rate >= Math.log(1 / this.alpha);
  }

  get eligibleShare(): number {
    let sum = 0;
    for (const { eligible, samples } of this.shares.values()) sum += eligible / samples;
    return this.shares.size === 0 ? 0 : sum / this.shares.size;
  }

  /** The upper bound of the excess, where it is bounded at its strongest look; below the tolerance exactly where `isBounded`. */
  get upper(): number {
    const judged = excessUpperBound(this.isBounded ? this.best[this.said] : this.high, this.says.alpha);
    return correctedUpper(judged, this.says.index);
  }

  /** The lower bound of the excess, likewise; above the tolerance exactly where `isAbove`. */
  get lower(): number {
    return excessLowerBound(this.isAbove ? this.best.low : this.low, this.alpha);
  }

  /** About by what factor the draws must grow, at the present rates, for the excess to be bounded below; null: never. */
  get growthToBounded(): number | null {
    return growth(this.high, (counts) => this.logBelow(counts, this.says) >= Math.log(1 / this.says.alpha));
  }

  /** The same for the excess to be bounded above the tolerance. */
  get growthToAbove(): number | null {
    return growth(this.low, (counts) => logWealthAbove(counts, this.tolerance) >= Math.log(1 / this.alpha));
  }
}

function put(counts: ExcessCounts, value: number): void {
  if (value < 0) counts.minus++;
  else if (value > 0) counts.plus++;
  else counts.zero++;
}

function growth(counts: ExcessCounts, holds: (counts: ExcessCounts) => boolean): number | null {
  const n = counts.minus + counts.zero + counts.plus;
  if (n === 0) return null;
  const at = (factor: number): boolean =>
    holds({
      minus: Math.round(counts.minus * factor),
      zero: Math.round(counts.zero * factor),
      plus: Math.round(counts.plus * factor),
    });
  return smallestFactor(at, 1e7 / n);
}
