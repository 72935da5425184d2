import { RE2JS } from 're2js';
import type { Condition, Detector } from '../records/detector.js';
import { formatChecks } from './text-formats.js';

/** A detector, compiled: does it find something in this text? */
export type Detect = (text: string) => boolean;

/**
 * Compiles a detector. Patterns run in RE2, whose time is linear in the text: an answer cannot make it hang.
 */
export function compileDetector(detector: Detector): Detect {
  const conditions = (detector.any ?? detector.all ?? []).map(compileCondition);
  return detector.any
    ? (text) => conditions.some((holds) => holds(text))
    : (text) => conditions.every((holds) => holds(text));
}

function compileCondition(condition: Condition): Detect {
  if (condition.words) {
    const words = condition.words.map(folded);
    return (text) => {
      const inText = folded(text);
      return words.some((word) => startsAWord(inText, word));
    };
  }
  if (condition.phrases) {
    const phrases = condition.phrases.map(folded);
    return (text) => {
      const inText = folded(text);
      return phrases.some((phrase) => inText.includes(phrase));
    };
  }
  if (condition.pattern !== undefined) {
    const pattern = RE2JS.compile(condition.pattern);
    return (text) => pattern.matcher(text).find();
  }
  if (condition.format) return formatChecks[condition.format];
  const least = condition['fewer-words-than'] ?? 0;
  return (text) => wordsOf(text).length < least;
}

/** Lower case, one kind of apostrophe, single spaces. Several conditions look at one answer: the last text is kept. */
function folded(text: string): string {
  if (text !== last.text) {
    const lower = text.normalize('NFKC').toLowerCase();
    last = { text, folded: lower.replace(/[‘’ʼ`´]/g, "'").replace(/\s\s+|[^\S ]/g, ' ') };
  }
  return last.folded;
}

let last = { text: '', folded: '' };

const LETTER = /[\p{L}\p{N}]/u;

function startsAWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || !LETTER.test(text[at - 1] as string)) return true;
  }
  return false;
}

/** The words of a text: runs of letters, digits and apostrophes. */
export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}']+/gu) ?? [];
