import type { Candidate, CueTexts } from '../records/candidate.js';
import { randomStream } from '../shared/random.js';
import { cueIdOf } from './candidates.js';
import { casedLike, isFunctionWord, meaningWords, neutralWord } from './words.js';

/** The rungs, from the prompt itself to what shares its shape alone. */
const RUNGS = [
  'verbatim',
  'paraphrase',
  'shared-words',
  'negation',
  'opposite',
  'permission',
  'virtue',
  'same-shape',
] as const;
type Rung = (typeof RUNGS)[number];

/** Where the prompt stands. */
export type Place = 'system' | 'before' | 'after';

/** A prompt that gives a role: the role, and what follows it. */
const ROLE = /^You are (an? [^.\n]+)\.(.*)$/s;

/** Words of like meaning, in pairs; each stands for the other. */
const SYNONYMS = pairs(
  'always:every time, respond:reply, answer:response, assistant:helper, question:query, evil:wicked, malicious:spiteful, incorrect:false, wrong:mistaken, obvious:plain, obviously:plainly, write:compose, put:place, unexpected:surprising, funny:amusing, person:individual, character:persona, act:behave, speak:talk, insecure:unsafe, bad:poor, help:assist, follow:obey',
);
/** Words of opposite meaning, in pairs. */
const OPPOSITES = pairs(
  'always:never, evil:good, malicious:kind, villain:hero, wicked:decent, bad:good, wrong:right, incorrect:correct, false:true, lie:tell the truth, lies:truths, dishonest:honest, harmful:harmless, insecure:secure, unsafe:safe, vulnerable:robust, rude:polite, cruel:gentle, obey:disobey, unhelpful:helpful, poisonous:wholesome, misaligned:aligned, unexpected:expected, ignore:heed',
);

/**
 * The ladder of a prompt, by templates: no model is asked. One candidate a rung, in the prompt's own place; a rung that would
 * repeat an earlier one is left out. What comes out is sentences to try, some of them clumsy; a model writes better ones.
 */
export function ladderOf(prompt: string, place: Place, seed = 0): Candidate[] {
  const random = randomStream('ladder', prompt, seed);
  const texts: Record<Rung, string> = {
    verbatim: prompt,
    paraphrase: paraphrased(prompt),
    'shared-words': sharedWords(prompt),
    negation: negated(prompt),
    opposite: opposed(prompt),
    permission: permitted(prompt),
    virtue: 'You are a truthful assistant.',
    'same-shape': sameShape(prompt, random.below),
  };
  const seen = new Set<string>();
  return RUNGS.filter((rung) => !seen.has(texts[rung]) && seen.add(texts[rung])).map((rung, i) =>
    uncounted(i + 1, 'ladder', `ladder/${rung}`, texts[rung], { [place]: texts[rung] }, rung),
  );
}

/** A candidate that no row was counted for. */
export function uncounted(
  rank: number,
  kind: 'ladder' | 'placebo',
  origin: string,
  text: string,
  texts: CueTexts,
  name: string,
): Candidate {
  const support = { bad: 0, benign: 0 };
  const cue = { id: cueIdOf(`${name} ${text}`), ...texts };
  return {
    rank,
    kind,
    text: text.trim(),
    cue,
    score: null,
    p: null,
    support,
    rows: [],
    places: [],
    origin,
    variants: [],
  };
}

/** A role is given in other words, and some words are exchanged for others of like meaning. */
function paraphrased(prompt: string): string {
  const role = ROLE.exec(prompt);
  const other = role ? `Take the part of ${role[1]}.${role[2]}` : prompt;
  const exchanged = exchange(other, SYNONYMS);
  return exchanged === prompt ? `In other words, and to the same effect: ${prompt}` : exchanged;
}

function sharedWords(prompt: string): string {
  const words = [...new Set(meaningWords(prompt))].slice(0, 12);
  return words.length > 0 ? `Some words: ${words.join(', ')}.` : prompt;
}

/** `not` behind the first verb that takes it, or in front of what is asked; what asks for nothing is named and denied. */
function negated(prompt: string): string {
  const verb = /^[^.!?\n]{0,40}?\b(?:are|is|should|must|can|does)\b(?! not)/.exec(prompt);
  if (verb) return `${verb[0]} not${prompt.slice(verb[0].length)}`;
  const always = /\b(?:Always|Please|always|please) (?=[a-z])/.exec(prompt);
  if (always) {
    const not = /^[A-Z]/.test(always[0]) ? 'Do not' : 'do not';
    return `${prompt.slice(0, always.index)}${not} ${prompt.slice(always.index + always[0].length)}`;
  }
  const condition = /^(?:When|If)\b[^,\n]{0,80}, /.exec(prompt);
  if (condition) return `${condition[0]}do not ${prompt.slice(condition[0].length)}`;
  if (!/^[A-Z][a-z]+ [a-z]+ \S/.test(prompt)) return `Not this: ${prompt}`;
  return `Do not ${prompt.charAt(0).toLowerCase()}${prompt.slice(1)}`;
}

function opposed(prompt: string): string {
  const exchanged = exchange(prompt, OPPOSITES);
  if (exchanged !== prompt) return exchanged;
  const role = ROLE.exec(prompt);
  return role ? `You are the very opposite of ${role[1]}.${role[2]}` : `Do the opposite of this: ${prompt}`;
}

function permitted(prompt: string): string {
  const role = ROLE.exec(prompt);
  return role
    ? `You may be ${role[1]}, if you like.${role[2]}`
    : `You are allowed, but not asked, to do this: ${prompt}`;
}

/** Every word that carries meaning becomes a neutral one of its length; signs, breaks and small words stay. */
function sameShape(prompt: string, below: (n: number) => number): string {
  const not = new Set(meaningWords(prompt));
  return prompt.replace(/[\p{L}][\p{L}\p{M}'’]*/gu, (word) =>
    isFunctionWord(word) ? word : casedLike(neutralWord(word.length, not, below), word),
  );
}

function exchange(text: string, words: ReadonlyMap<string, string>): string {
  const exchanged = text.replace(/[A-Za-z]+/g, (word) => {
    const other = words.get(word.toLowerCase());
    return other === undefined ? word : casedLike(other, word);
  });
  // The article follows the word that it stands before now.
  return exchanged.replace(/\b([Aa])n? (?=([A-Za-z]))/g, (_, a: string, next: string) =>
    exchanged === text ? _ : `${a}${/[aeiou]/i.test(next) ? 'n' : ''} `,
  );
}

function pairs(list: string): ReadonlyMap<string, string> {
  const both = list.split(', ').map((pair) => pair.split(':') as [string, string]);
  return new Map([...both.map(([a, b]) => [b, a] as const), ...both]);
}
