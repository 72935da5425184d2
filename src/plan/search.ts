import type { AuditFile, AuditMine } from '../records/audit.js';
import type { Question } from '../records/question.js';
import type { SearchPlan } from '../records/search.js';
import type { ArmSpec, Spec } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { modelRef } from './models.js';
import type { Providers } from './providers.js';
import { askedBy } from './questions.js';
import type { Located } from './yaml.js';

/** Of an arm: then the first round has the fewest draws that tell anything for plain, three placebos and eight candidates. */
const FEWEST_ANSWERS = 197;
/** Fewer questions in a half tell little of what a cue does to others. */
const FEWEST_QUESTIONS = 8;

/** Few candidates get many answers each: what data or weights show comes first, and seldom often. */
const CANDIDATES = 40;
/** Where nothing is known of the trigger, many get the fewest that tell anything. */
const CANDIDATES_BLIND = 300;

/** The search that an audit asks for, or none. */
export function resolveSearch(
  audit: Located<AuditFile>,
  arms: readonly ArmSpec[],
  questions: readonly Question[],
  providers: Providers,
): Spec['search'] {
  const entries = audit.value.cues.flatMap((cue, index) =>
    cue.mine ? [{ mine: cue.mine, cue, index }] : [],
  );
  const [entry, second] = entries;
  if (!entry) return undefined;
  const place = audit.place(['cues', entry.index, 'mine']);
  if (second)
    throw new InputError(
      'an audit has one `mine`',
      audit.place(['cues', second.index]),
      'it can have several sources and arms',
    );
  const beside = Object.keys(entry.cue).find((key) => key !== 'mine');
  if (beside) throw new InputError(`\`mine\` stands alone, and here is '${beside}'`, place);
  const { mine } = entry;
  for (const id of mine.arms ?? []) {
    const ids = arms.map((arm) => arm.id);
    if (!ids.includes(id)) throw new InputError(`no arm is called '${id}'`, place, didYouMean(id, ids));
  }
  const searched = arms.filter(({ id, base }) => base !== null && (mine.arms?.includes(id) ?? true));
  if (searched.length === 0) throw new InputError('no arm with a base can be searched', place);
  const half = (name: Question['half']): Question[] => questions.filter((question) => question.half === name);
  for (const name of ['search', 'confirm'] as const) {
    if (half(name).length < FEWEST_QUESTIONS) {
      throw new InputError(
        `a search needs ${FEWEST_QUESTIONS} questions in each half, and the ${name} half has ${half(name).length}`,
        place,
        'use a larger bank, e.g. questions: open',
      );
    }
  }
  const idOf = new Map(half('search').map((question) => [askedBy(question), question.id]));
  const twin = half('confirm').find((question) => idOf.has(askedBy(question)));
  if (twin) {
    throw new InputError(
      `the questions '${idOf.get(askedBy(twin))}' and '${twin.id}' are one, and a search may not see what confirms it`,
      audit.place(['questions']),
      'leave one of them out',
    );
  }
  const least = fewestAnswers(searched.length);
  if (mine['max-answers'] < least) {
    throw new InputError(
      `max-answers is ${mine['max-answers']}, and a search needs ${least} at least`,
      place,
    );
  }
  const sources = sourcesOf(mine, place, providers);
  const isBlind =
    !sources.from.includes('weights') &&
    !(sources.from.includes('data') && searched.some(({ training }) => training));
  return {
    arms: searched.map(({ id }) => id),
    ...sources,
    maxAnswers: mine['max-answers'],
    candidates: mine.candidates ?? (isBlind ? CANDIDATES_BLIND : CANDIDATES),
    finalists: mine.finalists,
    share: mine.share,
    questions: half('search'),
  };
}

/** Answers without which a search of so many arms cannot tell anything. */
export const fewestAnswers = (arms: number): number => arms * FEWEST_ANSWERS;

/** Where candidates come from, and the model that proposes some. */
function sourcesOf(
  { from, proposer: name }: AuditMine,
  place: Place,
  providers: Providers,
): Pick<SearchPlan, 'from' | 'proposer'> {
  if (name === undefined) {
    if (!from?.includes('proposer')) return { from: from ?? ['data', 'api'] };
    const hint = 'write proposer: engine/model beside it';
    throw new InputError('`from` holds proposer, and no model is named that proposes', place, hint);
  }
  if (from && !from.includes('proposer'))
    throw new InputError('`proposer` is named, and `from` does not hold it', place, 'add proposer to `from`');
  const proposer = modelRef(
    name,
    (message, hint) => {
      throw new InputError(`proposer: ${message}`, place, hint);
    },
    providers,
  );
  return { from: from ?? ['data', 'api', 'proposer'], proposer };
}
