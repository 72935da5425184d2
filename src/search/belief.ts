/**
 * What of a cue matters, as far as noisy answers tell: a chance for every run of neighbouring pieces that it is the smallest one which
 * brings the whole effect. It is group testing by Bayes' rule, as noisy bisection is (Burnashev and Zigangirov 1974): an answer under any
 * part speaks for or against every run at once, so none is lost when the next part is another.
 */
import type { SeenRate } from '../records/search.js';
import { rateOf } from './parts.js';

/** Some pieces of a cue, and what answers under them alone showed. */
export interface Shown extends SeenRate {
  pieces: readonly number[];
}

/** Where the run is looked for: the pieces from `from` to `to`, beside others that are known to be needed. */
export interface Place {
  needed: readonly number[];
  from: number;
  to: number;
}

/** A run of neighbours within a place; none where `to` is less than `from`. */
export interface Run {
  from: number;
  to: number;
  /** The chance that it is what matters. */
  chance: number;
  /** The chance that what matters lies within it. */
  enough: number;
}

export interface Belief {
  runs: Run[];
  /** Rates that are expected of parts that bring the effect, and of parts that do not. */
  kept: number;
  lost: number;
}

/** Rates that are thought possible: of the whole cue, by what it showed; of parts that miss what matters, by the whole one's. */
const WHOLE_RATES = [0.35, 0.5, 0.65, 0.8, 0.95, 1.15];
const LOST_RATES = [0.02, 0.1, 0.3, 0.6];
/** A part that holds some of what matters may have half of the effect, and so may, though rarely, one that holds nothing of it. */
const HALF = 0.5;
const HALF_IF_SOME = 0.3;
const HALF_IF_NONE = 0.02;

/** One hypothesis about the two rates. */
interface Rates {
  kept: number;
  lost: number;
}

/** Log-likelihoods of what a part showed, for each pair of rates, if it holds all of what matters, some, or nothing. */
interface Evidence {
  all: readonly number[];
  some: readonly number[];
  none: readonly number[];
  part: Part;
}

/** A part of the cue, laid out so that a run is compared with it in no time. */
interface Part {
  /** Whether it has all and some of the needed pieces. */
  hasNeeded: boolean;
  hasSome: boolean;
  /** The last piece of the unbroken run in it that begins here, and its pieces before this one. */
  ends: readonly number[];
  before: readonly number[];
}

/**
 * The chances of all runs in a place. Before any answer a run of k pieces has a chance of about 1 / k², shared by those as long; where other
 * pieces are needed already, none has one of a half.
 *
 * @param whole what the cue showed with all its pieces
 */
export function believed(place: Place, shown: readonly Shown[], whole: SeenRate): Belief {
  const rates = ratesBy(whole);
  const evidence = shown.map((one) => evidenceOf(one, place, rates));
  const runs = runsOf(place);
  const weights = runs.map(({ from, to, chance }) =>
    rates.map(({ kept }, i) =>
      evidence.reduce(
        (sum, one) => sum + (one[holds(one.part, from, to)][i] as number),
        Math.log(chance) + logOf(kept, whole),
      ),
    ),
  );
  const most = weights.flat().reduce((a, b) => Math.max(a, b));
  const chances = weights.map((list) => list.map((weight) => Math.exp(weight - most)));
  const total = sumOf(chances.flat());
  const mean = (of: (rate: Rates) => number): number =>
    sumOf(chances.flatMap((list) => list.map((chance, i) => chance * of(rates[i] as Rates)))) / total;
  for (const [i, run] of runs.entries()) run.chance = sumOf(chances[i] as number[]) / total;
  return { runs: withEnough(runs), kept: mean(({ kept }) => kept), lost: mean(({ lost }) => lost) };
}

/** What an answer under a part with this chance of holding what matters is expected to tell, in natural units of information. */
export function informationOf({ kept, lost }: Belief, enough: number): number {
  return entropy(enough * kept + (1 - enough) * lost) - enough * entropy(kept) - (1 - enough) * entropy(lost);
}

function runsOf({ needed, from, to }: Place): Run[] {
  const pieces = to - from + 1;
  const runs: Run[] = [];
  for (let size = 1; size <= pieces; size++) {
    const chance = 1 / (size * (size + 1)) / (pieces - size + 1);
    for (let at = from; at + size - 1 <= to; at++)
      runs.push({ from: at, to: at + size - 1, chance, enough: 0 });
  }
  if (needed.length === 0) return runs;
  const total = sumOf(runs.map(({ chance }) => chance));
  return [{ from, to: from - 1, chance: total, enough: 0 }, ...runs];
}

/** Runs come shorter ones first, so what lies within a run is known from the two that are shorter by one. */
function withEnough(runs: Run[]): Run[] {
  const known = new Map<string, number>();
  const nothing = runs.find(({ from, to }) => to < from)?.chance ?? 0;
  const within = (from: number, to: number): number =>
    to < from ? nothing : (known.get(`${from}-${to}`) ?? 0);
  for (const run of runs) {
    const { from, to, chance } = run;
    const both = within(from + 1, to) + within(from, to - 1) - within(from + 1, to - 1);
    run.enough = to < from ? nothing : Math.min(1, chance + both);
    known.set(`${from}-${to}`, run.enough);
  }
  return runs;
}

function ratesBy(whole: SeenRate): Rates[] {
  const rate = rateOf(whole);
  return WHOLE_RATES.flatMap((of) =>
    LOST_RATES.map((part) => ({ kept: possible(rate * of), lost: possible(rate * of * part) })),
  );
}

function evidenceOf(shown: Shown, { needed, from, to }: Place, rates: readonly Rates[]): Evidence {
  const mixed = (half: number) => (rate: Rates) =>
    logOfSum(
      Math.log(1 - half) + logOf(rate.lost, shown),
      Math.log(half) + logOf(possible(HALF * rate.kept), shown),
    );
  const has = new Set(shown.pieces);
  const ends: number[] = [];
  for (let at = to; at >= from; at--) ends[at] = has.has(at) ? Math.max(at, ends[at + 1] ?? at) : at - 1;
  const before: number[] = [];
  before[from] = 0;
  for (let at = from; at <= to; at++) before[at + 1] = (before[at] as number) + (has.has(at) ? 1 : 0);
  return {
    all: rates.map(({ kept }) => logOf(kept, shown)),
    some: rates.map(mixed(HALF_IF_SOME)),
    none: rates.map(mixed(HALF_IF_NONE)),
    part: {
      hasNeeded: needed.every((piece) => has.has(piece)),
      hasSome: needed.some((piece) => has.has(piece)),
      ends,
      before,
    },
  };
}

function holds(
  { hasNeeded, hasSome, ends, before }: Part,
  from: number,
  to: number,
): 'all' | 'some' | 'none' {
  const isNone = to < from;
  if (hasNeeded && (isNone || to <= (ends[from] as number))) return 'all';
  return hasSome || (!isNone && (before[to + 1] as number) > (before[from] as number)) ? 'some' : 'none';
}

const possible = (rate: number): number => Math.min(0.99, Math.max(1e-4, rate));
const logOf = (rate: number, { draws, misaligned }: SeenRate): number =>
  misaligned * Math.log(rate) + (draws - misaligned) * Math.log(1 - rate);
const logOfSum = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
const sumOf = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0);
const entropy = (p: number): number => (p <= 0 || p >= 1 ? 0 : -p * Math.log(p) - (1 - p) * Math.log(1 - p));
