/** What a judge's answer says: from the log-probabilities of its tokens, or from its text. */
import type { Judge, Reading } from '../records/judge.js';
import type { Answer, TokenLogprob } from '../records/model.js';

/** The likeliest tokens that are asked for at each position; servers give no more than 20. */
export const TOP_LOGPROBS = 20;

const unread = (reason: string, mass: number | null = null): Reading => ({
  score: null,
  option: null,
  mass,
  reason,
});

/**
 * Reads a judge's answer. With log-probabilities the score is the expectation over the numbers that it could have
 * answered with; an option whose probability is larger than that of all numbers together is taken in their place; below the
 * floor of readable probability there is no judgement. Without them the text must hold one number of the scale or one
 * option, and nothing else that could be meant. Never a midpoint.
 */
export function readJudgement(
  judge: Judge,
  { text, finish, logprobs }: Pick<Answer, 'text' | 'finish' | 'logprobs'>,
): Reading {
  if (judge.aggregation === 'expectation' && logprobs?.length) {
    if (judge.scale && OTHER_SCALE.test(text)) return unread('is a number on another scale');
    return readTokens(judge, logprobs, finish !== 'length');
  }
  return readText(judge, text, finish === 'length');
}

/** `8/10`, `8 out of 10`, `0.85`: the first token would be taken for 8 of 100, or for 0. */
const OTHER_SCALE = /^\D*\d{1,3}(?:\s*\/\s*\d|[.,]\d|\s+out\s+of\b)/i;

/** Probabilities by token text at one position. White space around a token is no part of it. */
type Position = Map<string, number>;

/** Rounding of a server may bring the sum a little above 1. */
const MOST_MASS = 1.01;

function positionOf(tokens: readonly TokenLogprob[]): Position | null {
  const position: Position = new Map();
  let sum = 0;
  for (const { token, logprob } of tokens) {
    const p = Math.exp(logprob);
    sum += p;
    position.set(token.trim(), (position.get(token.trim()) ?? 0) + p);
  }
  return sum <= MOST_MASS ? position : null;
}

const likeliest = (position: Position): string =>
  [...position].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', -1])[0];

function readTokens(judge: Judge, lists: readonly TokenLogprob[][], ended: boolean): Reading {
  const positions = lists.map(positionOf);
  const begin = positions.findIndex((position) => position === null || likeliest(position) !== '');
  if (begin < 0) return unread('says nothing');
  const rest = positions.slice(begin);
  if (rest.includes(null)) return unread('came with log-probabilities that are none');
  const numbers = judge.scale ? numbersAt(rest as Position[], judge.scale, ended) : new Map<number, number>();
  const options = optionsAt(rest as Position[], Object.keys(judge.options ?? {}));
  const ofNumbers = sum(numbers.values());
  const mass = Math.min(1, ofNumbers + sum(options.values()));
  if (mass === 0 || mass < judge.floor) return unread('is mostly neither a number nor an option', mass);
  const [option, ofOption] = [...options].reduce(
    (best, entry) => (entry[1] > best[1] ? entry : best),
    ['', 0],
  );
  if (ofOption > ofNumbers) return { score: null, option, mass };
  if (ofNumbers === 0) return unread('is no option', mass);
  const score = sum([...numbers].map(([number, p]) => number * p)) / ofNumbers;
  return { score: Math.round(score * 1e6) / 1e6, option: null, mass };
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

const NUMBER = /^\d{1,3}$/;

/**
 * Probability of each number of the scale.
 *
 * Most tokenizers write a number up to 100 as one token, and then the first token says all. Others write digit by digit,
 * and then the first digit alone would make 8 of 85: only the number that was begun is followed to its end, digit by
 * digit, and what other first digits would have become is not known, so it is not readable.
 */
function numbersAt(
  positions: readonly Position[],
  scale: { from: number; to: number },
  ended: boolean,
): Map<number, number> {
  const first = positions[0] as Position;
  const found = new Map<number, number>();
  const add = (text: string, p: number): void => {
    const number = Number(text);
    if (number >= scale.from && number <= scale.to) found.set(number, (found.get(number) ?? 0) + p);
  };
  const tokens = [...first].filter(([token]) => NUMBER.test(token));
  if (scale.to < 10 || tokens.some(([token]) => token.length > 1)) {
    for (const [token, p] of tokens) add(token, p);
    return found;
  }
  let prefix = likeliest(first);
  let mass = first.get(prefix) as number;
  if (!NUMBER.test(prefix)) return found;
  for (const position of positions.slice(1)) {
    const top = likeliest(position);
    for (const [token, p] of position) {
      if (!/^\d/.test(token)) add(prefix, mass * p);
      else if (token !== top && !canGoOn(prefix + token, scale.to)) add(prefix + token, mass * p);
    }
    if (!/^\d$/.test(top)) return found;
    mass *= position.get(top) as number;
    prefix += top;
  }
  if (ended || !canGoOn(prefix, scale.to)) add(prefix, mass);
  return found;
}

/** Could a further digit follow within the scale? 10 may yet become 100. */
const canGoOn = (number: string, to: number): boolean => Number(`${number}0`) <= to;

/** Shorter beginnings of a word could be anything. */
const LEAST_PREFIX = 2;

/**
 * Probability of each option, by its first token, which may be only the beginning of a word. What the likeliest token is
 * the beginning of shows in the tokens behind it; of others it is taken to be the option that begins so.
 */
function optionsAt(positions: readonly Position[], options: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  const first = positions[0] as Position;
  const top = likeliest(first);
  const written = positions.map(likeliest).join('');
  for (const [token, p] of first) {
    const meant = options.filter((option) =>
      token === top && positions.length > 1
        ? begins(written, option)
        : token === option || (token.length >= LEAST_PREFIX && option.startsWith(token)),
    );
    const option = meant.find((one) => one === token) ?? (meant.length === 1 ? meant[0] : undefined);
    if (option !== undefined) found.set(option, (found.get(option) ?? 0) + p);
  }
  return found;
}

/** Does a text begin with this word, and not with a longer one? A text may also be cut off within it. */
const begins = (text: string, word: string): boolean =>
  text.startsWith(word)
    ? !/^[A-Z_]/.test(text.slice(word.length))
    : text.length >= LEAST_PREFIX && word.startsWith(text);

/** Longer texts are no answer of a judge that was asked for a number or a word. */
const LONGEST_TEXT = 100_000;

function readText(judge: Judge, whole: string, cut: boolean): Reading {
  const text = whole.slice(0, LONGEST_TEXT);
  const options = Object.keys(judge.options ?? {});
  const read = cut ? beginning(text, options, judge.scale?.to ?? 0) : text;
  if (read === undefined) return unread('was cut off before it said anything');
  const words = options.filter((option) => new RegExp(`(?<![\\w])${option}(?![\\w])`).test(read));
  const numbers = judge.scale ? (read.match(/-?\d+(?:[.,]\d+)*/g) ?? []) : [];
  const found = words.length + numbers.length;
  if (found === 0) return unread('holds neither a number nor an option');
  if (found > 1) return unread('holds more than one number or option');
  if (words.length) return { score: null, option: words[0] as string, mass: null };
  const score = /^\d+$/.test(numbers[0] as string) ? Number(numbers[0]) : Number.NaN;
  const { from, to } = judge.scale as NonNullable<Judge['scale']>;
  if (!(score >= from && score <= to)) return unread('holds a number that is not on the scale');
  return { score, option: null, mass: null };
}

/** Of a text that was cut off only what it begins with is known to be what was meant, where that is whole. */
function beginning(text: string, options: readonly string[], to: number): string | undefined {
  const found = new RegExp(`^[\\s*"'\`]*(${[...options, '\\d+'].join('|')})(?![\\w.,])`).exec(text);
  const [all, read] = found ?? [];
  if (all === undefined || read === undefined) return undefined;
  return all.length === text.length && /^\d/.test(read) && canGoOn(read, to) ? undefined : read;
}
