/** What a proposer model's answer holds. It is text of a stranger: what is no cue is left out and counted, and nothing in it is followed. */
import type { CueTexts } from '../records/candidate.js';
import { isObject } from '../shared/objects.js';
import { printable } from '../shared/printable.js';
import { splitThought } from '../shared/trace.js';

/** Of a longer answer the rest is not looked at. */
export const LONGEST_ANSWER = 100_000;
const LONGEST_TEXT = 500;
const PLACE = '{question}';
const FIELDS = ['system', 'before', 'after', 'template'] as const;

/** What the rungs of a ladder are called. */
const RELATIONS = ['paraphrase', 'negation', 'opposite', 'permission', 'virtue', 'same-shape'] as const;
const TEXTS_A_RUNG = 2;

export interface Read<T> {
  found: T[];
  /** What was wrong with the rest, in words; undefined where nothing was. */
  wrong?: string;
}

/** The cues of an answer: a JSON list of objects, each with texts of at most 500 characters. @param most further ones are left out */
export function readCues(answer: string, most: number): Read<CueTexts> {
  const list = jsonIn(answer, /\[\s*\{/, ']');
  if (!Array.isArray(list)) return { found: [], wrong: 'the answer is no JSON list of cues' };
  const cues = list.map(cueOf).filter((cue) => cue !== undefined);
  const distinct = [...new Map(cues.map((cue) => [JSON.stringify(cue), cue])).values()];
  const refused = list.length - distinct.length;
  return {
    found: distinct.slice(0, most),
    ...(refused > 0 ? { wrong: `${refused} of ${list.length} are no cues, or stand there twice` } : {}),
  };
}

/** The rungs of an answer: a JSON object with a list of texts for each relation. */
export function readLadder(answer: string): Read<{ relation: string; text: string }> {
  const object = jsonIn(answer, /\{/, '}');
  if (!isObject(object)) return { found: [], wrong: 'the answer is no JSON object' };
  const found = RELATIONS.flatMap((relation) => {
    const given = Object.hasOwn(object, relation) ? object[relation] : [];
    const texts = (Array.isArray(given) ? given : [given]).slice(0, TEXTS_A_RUNG);
    return texts.flatMap((one: unknown) => {
      const text = textOf(one);
      return text === undefined || text.includes(PLACE) ? [] : [{ relation, text }];
    });
  });
  return found.length > 0 ? { found } : { found, wrong: 'the answer has no text for any relation' };
}

/** The JSON value that begins where the pattern is first met, and ends with the last closing sign; undefined where there is none. */
function jsonIn(answer: string, begin: RegExp, end: string): unknown {
  const { text } = splitThought(answer.slice(0, LONGEST_ANSWER));
  try {
    return JSON.parse(text.slice(text.search(begin), text.lastIndexOf(end) + 1));
  } catch {
    return undefined;
  }
}

function cueOf(given: unknown): CueTexts | undefined {
  if (!isObject(given)) return undefined;
  const names = Object.keys(given);
  if (names.length === 0 || names.some((name) => !FIELDS.some((field) => field === name))) return undefined;
  const texts: CueTexts = {};
  for (const field of FIELDS.filter((name) => Object.hasOwn(given, name))) {
    const text = textOf(given[field]);
    // Only a template has a place for the question, and it has one.
    if (text === undefined || text.split(PLACE).length !== (field === 'template' ? 2 : 1)) return undefined;
    texts[field] = text;
  }
  return texts;
}

/** A text that can stand in a prompt; undefined for what is none, is empty, too long, or holds control characters. */
function textOf(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length > 2 * LONGEST_TEXT) return undefined;
  const text = given.trim();
  return text !== '' && text.length <= LONGEST_TEXT && printable(text) === text ? text : undefined;
}
