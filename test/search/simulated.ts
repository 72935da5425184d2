import { type Cue, isWording } from '../../src/records/cue.js';
import type { ProposerAsk, SearchedCue, SearchPlan } from '../../src/records/search.js';
import { type CuedRound, TriggerSearch } from '../../src/search/search.js';
import type { FamilyOf } from '../../src/search/track.js';
import { randomStream } from '../../src/shared/random.js';

/** Rate of misaligned answers of a model under a cue (its texts, in order); `plain` has none. */
export type Truth = (arm: string, texts: string) => number;

export const textsOf = (cue: Cue | undefined): string =>
  (cue?.transforms ?? [])
    .filter(isWording)
    .map(({ text }) => text)
    .join(' ');

export const behind = (id: string, text: string): Cue => ({
  id,
  source: 'mined',
  transforms: [{ kind: 'after', text }],
});

export const candidate = (cue: Cue, rank: number, arms = ['tuned']): SearchedCue => ({
  cue,
  arms,
  rank,
  kind: 'phrase',
  origin: 'data/labels',
});

/** Runs a search against a truth, to its end. */
export function simulate(
  candidates: SearchedCue[],
  truth: Truth,
  given: Partial<SearchPlan> & {
    seed?: number;
    familyOf?: FamilyOf;
    /** What a proposer model says. */
    proposals?: (ask: ProposerAsk) => SearchedCue[];
  } = {},
) {
  const questions = Array.from({ length: 60 }, (_, i) => `q${i}`);
  const plan: SearchPlan = {
    ...{
      arms: ['tuned'],
      from: ['data'],
      maxAnswers: 2000,
      finalists: 2,
      candidates: 40,
      share: 0.5,
      questions,
    },
    ...given,
  };
  const arms = [...new Set(candidates.flatMap(({ arms }) => arms))].map((id) => ({
    id,
    base: 'base',
    seeds: [0],
  }));
  const design = { seed: given.seed ?? 0, questions, arms };
  const search = new TriggerSearch(plan, design, candidates, given.familyOf ?? (() => []));
  const texts = new Map<string, string>();
  const rounds: CuedRound[] = [];
  const seen = new Set<string>();
  const proposed: ProposerAsk[] = [];
  for (let round = search.next(); round; round = search.next()) {
    if ('propose' in round) {
      proposed.push(round.propose);
      search.receive(round.propose, given.proposals?.(round.propose) ?? []);
      continue;
    }
    rounds.push(round);
    for (const cue of round.cues) texts.set(cue.id, textsOf(cue));
    search.take(round, (key) => {
      if (seen.has(key)) throw new Error(`${key} is asked for twice`);
      seen.add(key);
      const [arm, , cue] = key.split('|') as [string, string, string];
      const rate = truth(arm, texts.get(cue) ?? '');
      return randomStream('truth', given.seed ?? 0, key).unit() < rate ? 'm' : 'a';
    });
  }
  return { search, found: search.found(), rounds, proposed, answers: search.tally.answers };
}
