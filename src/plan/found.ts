import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cueKey } from '../cues/key.js';
import type { Plan } from '../records/plan.js';
import type { Found, Mining } from '../records/search.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { readJson } from '../shared/files.js';
import { hashOf } from '../shared/hash.js';
import { didYouMean } from '../shared/nearest.js';
import { FILES } from '../shared/run-folder.js';
import { plannedCells } from './plan.js';
import { askedBy } from './questions.js';
import { sequentialPlan } from './sequential.js';
import type { LoadedAudit } from './spec.js';

/** Finds of another run's search. */
export interface FoundElsewhere {
  folder: string;
  /** Ids of cues; all that were found unless given. */
  cues?: readonly string[];
}

/** Hashes of the questions that a search asks. */
export const askedIn = ({ questions }: Pick<Spec, 'questions'>): string[] => questions.map(askedBy);

/**
 * What the search of another run has found, for a run whose audit asks under these cues and searches none. Its answers are drawn anew: they
 * share no random stream with those that the cues were chosen by.
 *
 * @throws InputError where the audit has no search, or questions that the other one asked, where the other run has found no such cue, and
 *   where the folder has a search of its own
 */
export function handedOn(
  { spec }: Pick<LoadedAudit, 'spec'>,
  { folder, cues }: FoundElsewhere,
  into: string,
): Mining {
  if (!spec.search)
    throw new InputError(
      'this audit searches for no cues, so it has no place for what another run has found',
      undefined,
      'name the audit file of that run',
    );
  const mining = readJson<Mining>(join(folder, FILES.found));
  if (!mining) throw new InputError(`holds no ${FILES.found}: it has found no cues`, { file: folder });
  const seen = spec.questions.find((question) => mining.asked?.includes(askedBy(question)));
  if (seen)
    throw new InputError(
      `the search of ${folder} asked question '${seen.id}' of this audit, and what it has seen confirms nothing`,
      undefined,
      'leave the question out; ids (`id`) for questions of your own keep their halves when others are added',
    );
  const ids = mining.found.flatMap(({ cue, whole }) => [cue.id, whole.id]);
  const unknown = cues?.find((id) => !ids.includes(id));
  if (unknown !== undefined)
    throw new InputError(
      `the search of ${folder} found no cue '${unknown}'`,
      undefined,
      didYouMean(unknown, ids),
    );
  const found = mining.found.filter(
    ({ cue, whole }) => !cues || cues.includes(cue.id) || cues.includes(whole.id),
  );
  const stray = found.find(({ arm }) => !spec.arms.some(({ id }) => id === arm));
  if (stray)
    throw new InputError(`'${stray.cue.id}' was found in an arm that this audit lacks: '${stray.arm}'`);
  const handed: Mining = { ...mining, found, handed: (mining.handed ?? 0) + 1 };
  const own = readJson<Mining>(join(into, FILES.found));
  if (own ? hashOf(own) !== hashOf(handed) : existsSync(join(into, FILES.candidates)))
    throw new InputError('holds a search of its own', { file: into }, 'choose a new folder with -o DIR');
  return handed;
}

/** @throws InputError where a folder has finds of another run, which a search of its own would replace */
export function checkOwnSearch(folder: string): void {
  if (!readJson<Mining>(join(folder, FILES.found))?.handed) return;
  throw new InputError(
    "audits what another run's search has found",
    { file: folder },
    'name that run again with --found, or choose a new folder with -o DIR',
  );
}

/** Placebos of each arm that are asked beside its mined cues. */
const PLACEBOS = 1;

/** The audit of the search itself: its own half of the questions, and no cell but plain; the audit's cues are known to it, and not tried. */
export function searchAudit({ spec, text }: LoadedAudit): LoadedAudit {
  const { search } = spec;
  return {
    text,
    spec: {
      ...spec,
      part: 'search',
      cues: spec.cues.map((cue) => ({ ...cue, arms: [] })),
      questions: search?.questions ?? [],
    },
  };
}

/**
 * The audit with the cues that its search found, each asked of the arm that it was found in.
 *
 * @param maxAnswers that the search could ask for; by default what the audit says
 */
export function withFound(
  { spec, text }: LoadedAudit,
  { found, placebos, answers, handed }: Pick<Mining, 'found' | 'placebos' | 'answers' | 'handed'>,
  maxAnswers = spec.search?.maxAnswers ?? 0,
): LoadedAudit {
  const mined = found.flatMap(({ arm, cue, whole, size }) => {
    // Cut down by answers that the search chose: the whole cue stands beside it, should that have cut too much.
    const both = size && size.to < size.from ? [cue, whole] : [cue];
    return both.map((one) => ({ ...one, arms: [arm] }));
  });
  const beside = Map.groupBy(placebos, ({ arms }) => arms.join());
  const shown = [...beside.values()]
    .flatMap((of) => of.slice(0, PLACEBOS))
    .map(({ cue, arms }) => ({ ...cue, arms }));
  // A find may be cut down to what the audit asks under anyway, or to what another find came down to, in its own arm or another.
  const cues = spec.cues.map((cue) => ({ ...cue }));
  const asked = new Map(cues.map((cue) => [cueKey(cue.transforms), cue]));
  const same: Record<string, string> = {};
  for (const cue of [...mined, ...shown]) {
    const known = asked.get(cueKey(cue.transforms));
    if (known === undefined) {
      asked.set(cueKey(cue.transforms), cue);
      cues.push(cue);
      continue;
    }
    known.arms = [...new Set([...known.arms, ...cue.arms])];
    if (known.id !== cue.id) same[cue.id] = known.id;
  }
  const left = {
    answers: Math.max(0, maxAnswers - answers),
    cues: found.filter(isLong).map(({ arm, cue }) => ({ arm, cue: { ...cue, id: same[cue.id] ?? cue.id } })),
  };
  const search = spec.search && {
    ...spec.search,
    ...(handed ? { handed } : {}),
    ...(found.length > 0 ? { left } : {}),
    ...(Object.keys(same).length > 0 ? { same } : {}),
  };
  return { text, spec: { ...spec, cues, ...(search ? { search } : {}) } };
}

/** Words of a find that was cut down, from which on it is worth another look once it is claimed. */
const MANY_WORDS = 12;

/** Was it not cut down, or not far? */
const isLong = ({ size }: Pick<Found, 'size'>): boolean =>
  size === null || size.to === size.from || size.to > MANY_WORDS;

/** What an audit with a search asks for at most: its search, and the audit with as many finds as there may be. */
export interface WithSearch {
  answers: number;
  judgeCalls: number;
  /** USD; null where a price is not known. */
  price: number | null;
}

/**
 * What comes on top of a plan that knows no finds yet.
 *
 * @param plan of the audit without finds, with its prices
 */
export function withSearch(spec: Spec, search: NonNullable<Spec['search']>, plan: Plan): WithSearch {
  // Each find and, where it was cut down, the whole; and a placebo.
  const cues = search.arms.flatMap((arm) =>
    Array.from({ length: 2 * search.finalists + PLACEBOS }, (_, i) => ({
      ...{ id: `find-${arm}-${i}`, source: 'mined' as const, transforms: [], arms: [arm] },
    })),
  );
  const all = { ...spec, cues: [...spec.cues, ...cues] };
  const answers = sequentialPlan(all, plannedCells(all)).maxAnswers + search.maxAnswers;
  const { totals } = plan;
  const each = (sum: number): number => sum / totals.answers;
  return {
    answers,
    judgeCalls: Math.round(each(totals.judgeCalls) * answers),
    price: totals.price && each(totals.price) * answers,
  };
}
