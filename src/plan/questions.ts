import { type AuditFile, type QuestionEntry, QuestionFile } from '../records/audit.js';
import type { Message } from '../records/chat.js';
import type { Half, Question } from '../records/question.js';
import { InputError, type Place } from '../shared/errors.js';
import { hashOf } from '../shared/hash.js';
import { shippedOrFile } from './detectors.js';
import { type Located, readYaml } from './yaml.js';

/**
 * The half of a question, by a hash of its id: stable when questions are added, the same in every audit.
 * A search for cues sees one half and is confirmed on the other (science: two designs).
 */
export const halfOf = (id: string): Half =>
  Number.parseInt(hashOf(`half|${id}`).slice(0, 2), 16) < 128 ? 'search' : 'confirm';

/** Hash of what a question asks, whatever it is called. */
export const askedBy = ({ messages }: Pick<Question, 'messages'>): string => hashOf(messages);

/** The questions of an audit: a shipped bank, a file, or a list in the audit file itself. */
export async function resolveQuestions(audit: Located<AuditFile>, folder: string): Promise<Question[]> {
  const given = audit.value.questions;
  if (Array.isArray(given)) return toQuestions(given, (i) => audit.place(['questions', i]));
  const { bank, limit, half } =
    typeof given === 'string' ? { bank: given, limit: undefined, half: 'all' as const } : given;
  const where = audit.place(typeof given === 'string' ? ['questions'] : ['questions', 'bank']);
  const file = await readYaml(shippedOrFile('question bank', bank, folder, where), QuestionFile, bank);
  const all = toQuestions(file.value.questions, (i) => file.place(['questions', i]));
  const chosen = all.filter((question) => half === 'all' || question.half === half).slice(0, limit);
  if (chosen.length === 0) throw new InputError(`no question is left of '${bank}'`, where);
  return chosen;
}

function toQuestions(entries: readonly QuestionEntry[], place: (index: number) => Place): Question[] {
  const ids = new Set<string>();
  return entries.map((entry, i) => {
    const question = toQuestion(entry, i, place(i));
    if (ids.has(question.id)) throw new InputError(`two questions have the id '${question.id}'`, place(i));
    ids.add(question.id);
    return question;
  });
}

function toQuestion(entry: QuestionEntry, index: number, place: Place): Question {
  const given = typeof entry === 'string' ? { text: entry } : entry;
  if ((given.text === undefined) === (!('messages' in given) || given.messages === undefined)) {
    throw new InputError('a question has either text or messages', place);
  }
  const messages: Message[] =
    'messages' in given && given.messages
      ? given.messages
      : [{ role: 'user', content: given.text as string }];
  if (messages.at(-1)?.role !== 'user') {
    throw new InputError("the last message of a question is the user's", place);
  }
  const id = ('id' in given ? given.id : undefined) ?? `q${index + 1}`;
  const variants = ('variants' in given ? given.variants : undefined) ?? {};
  const kind = 'kind' in given ? given.kind : undefined;
  return { id, messages, variants, ...(kind ? { kind } : {}), half: halfOf(id) };
}
