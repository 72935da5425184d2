/**
 * Successive halving over candidate cues: each gets a few answers, the better part gets more. Sources: Karnin, Koren and
 * Somekh, ICML 2013; Jamieson and Talwalkar, AISTATS 2016.
 *
 * How the answers are shared out was chosen by simulation (`make bench-mining`): a cue at 8% among 39 at 1% is lost mostly in the
 * first round, so that round gets the larger part, and two rounds do.
 */
import { PLAIN } from '../records/ids.js';
import type { SearchArm, SearchCell, SearchTally } from './tally.js';

/** A candidate cue, asked of one arm. */
export interface Contestant {
  arm: string;
  cue: string;
  /** Place in the candidates' order, which decides between equals. */
  rank: number;
}

/** How the first round is laid out. */
interface Layout {
  /** Share of the search's answers that it gets. */
  share: number;
  /** Fewest draws of a contestant. */
  draws: number;
  /** The part that goes on to the second round: 1 in so many. */
  goesOn: number;
}
/** Fewer draws than this tell a cue at 10% from nothing too rarely. */
const FEW: Layout = { share: 0.65, draws: 8, goesOn: 5 };
/** Of many candidates most show nothing: fewer go on, and one candidate more is worth more than the last draws of each. */
const MANY: Layout = { share: 0.85, draws: 6, goesOn: 10 };
/** From so many on. */
const AS_MANY = 60;
const MOST_DRAWS = 40;

export interface HalvingRules {
  /** Answers that the rounds may ask for in all. */
  maxAnswers: number;
  /** Cues that come out of it, at most, per arm. */
  finalists: number;
}

/** Draws of each contestant in the first round. */
export function firstDraws(contestants: number, arms: number, { maxAnswers }: HalvingRules): number {
  const { share } = layoutOf(contestants / arms);
  const fit = Math.floor((share * maxAnswers) / (contestants + arms));
  return Math.min(MOST_DRAWS, fit);
}

/**
 * How many candidates of an arm the first round has room for, at the fewest draws that tell anything.
 *
 * @param candidates that are wanted for it
 */
export function roomFor(arms: number, { maxAnswers }: HalvingRules, candidates: number): number {
  const roomOf = ({ share, draws }: Layout): number => Math.floor((share * maxAnswers) / draws / arms) - 1;
  const room = roomOf(layoutOf(candidates));
  // Where many do not fit, a few get as much as they always do.
  return room < AS_MANY ? roomOf(FEW) : room;
}

const layoutOf = (candidates: number): Layout => (candidates < AS_MANY ? FEW : MANY);

/** Cells of the first round: each contestant and each arm's plain cell. */
export const firstCells = (
  contestants: readonly Contestant[],
  arms: readonly SearchArm[],
  draws: number,
): (SearchCell & { draws: number })[] => [
  ...arms.map(({ id }) => ({ arm: id, cue: PLAIN, draws })),
  ...contestants.map(({ arm, cue }) => ({ arm, cue, draws })),
];

/** The contestants of one arm that go on: the best part, those that never showed anything left out. */
export function goOn(
  contestants: readonly Contestant[],
  arm: SearchArm,
  tally: SearchTally,
  rules: HalvingRules,
): Contestant[] {
  const own = contestants.filter(({ arm: id }) => id === arm.id);
  const most = Math.max(2 * rules.finalists, Math.ceil(own.length / layoutOf(own.length).goesOn));
  return bestOf(own, arm, tally).slice(0, most);
}

/** Cells of the second round: those that go on, now with the base beside them. */
export function secondCells(
  contestants: readonly Contestant[],
  arms: readonly SearchArm[],
  draws: number,
): (SearchCell & { draws: number })[] {
  const cells = new Map<string, SearchCell & { draws: number }>();
  const add = (arm: string, cue: string): void => void cells.set(`${arm}|${cue}`, { arm, cue, draws });
  for (const { id, base } of arms) {
    const cues = contestants.filter(({ arm }) => arm === id).map(({ cue }) => cue);
    if (cues.length === 0) continue;
    for (const cue of [PLAIN, ...cues]) {
      add(id, cue);
      add(base, cue);
    }
  }
  return [...cells.values()];
}

/** The cues of an arm that showed at least two misaligned answers and an effect, the strongest first. */
export function strongest(
  contestants: readonly Contestant[],
  arm: SearchArm,
  tally: SearchTally,
): Contestant[] {
  const own = contestants.filter(({ arm: id }) => id === arm.id);
  return bestOf(own, arm, tally).filter(({ cue }) => tally.countOf({ arm: arm.id, cue }).misaligned >= 2);
}

/** By effect so far, the best first; without any effect a contestant is out. */
function bestOf(contestants: readonly Contestant[], arm: SearchArm, tally: SearchTally): Contestant[] {
  return contestants
    .map((contestant) => ({ contestant, effect: tally.effectOf(arm, contestant.cue) }))
    .filter(({ effect }) => effect > 0)
    .sort((a, b) => b.effect - a.effect || a.contestant.rank - b.contestant.rank)
    .map(({ contestant }) => contestant);
}
