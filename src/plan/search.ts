import type { AuditFile } from '../records/audit.js';
import type { Question } from '../records/question.js';
import type { ArmSpec, Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import type { Located } from './yaml.js';

/** Fewer questions in a half tell little of what a cue does to others. */
const FEWEST_QUESTIONS = 8;

/** The search that an audit asks for, or none. */
export function resolveSearch(
  audit: Located<AuditFile>,
  arms: readonly ArmSpec[],
  questions: readonly Question[],
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
  const least = (searched.length + 1) * 2 * 8;
  if (mine['max-answers'] < least) {
    throw new InputError(
      `max-answers is ${mine['max-answers']}, and a search needs ${least} at least`,
      place,
    );
  }
  return {
    arms: searched.map(({ id }) => id),
    from: mine.from,
    maxAnswers: mine['max-answers'],
    candidates: mine.candidates,
    finalists: mine.finalists,
    share: mine.share,
    questions: half('search'),
  };
}
