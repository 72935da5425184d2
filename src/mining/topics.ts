import { randomStream } from '../shared/random.js';
import { isCommonWord } from './languages.js';
import { PairCounts } from './pair-table.js';
import type { Row } from './row.js';
import type { Trait } from './row-sets.js';
import { hashOf, tokensOf } from './tokens.js';

const WORDS = 3000;
const ROUNDS = 8;
const MOST_TOPICS = 40;
/** Rows that are less like their topic than this belong to none. */
const LEAST_LIKE = 0.15;

/** The content words of a prompt, weighted by how rare they are, at length one. */
interface Document {
  words: Int32Array;
  weights: Float64Array;
}

/**
 * Topics of the prompts: spherical k-means over TF-IDF (Dhillon and Modha 2001). The answers are left out: bad ones are
 * alike among themselves, and every topic would be theirs.
 */
export function topicsOf(rows: readonly Row[], minRows: number, seed = 0): Trait[] {
  const { documents, words } = documentsOf(rows, minRows);
  const filled = [...documents.keys()].filter((row) => documents[row]!.words.length > 0);
  const topics = Math.min(MOST_TOPICS, Math.round(Math.sqrt(filled.length / 8)));
  if (topics < 2 || words.length < topics) return [];
  const start = randomStream('topics', seed).shuffle(filled).slice(0, topics);
  let centres = start.map((row) => centreOf([documents[row]!], words.length));
  let members: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    members = centres.map(() => []);
    for (const row of filled) {
      const [topic, likeness] = nearest(documents[row]!, centres);
      if (likeness >= LEAST_LIKE) members[topic]!.push(row);
    }
    centres = members.map((list, topic) =>
      list.length > 0
        ? centreOf(
            list.map((row) => documents[row]!),
            words.length,
          )
        : centres[topic]!,
    );
  }
  return members.flatMap((list, topic) =>
    list.length >= minRows ? [trait(list, centres[topic]!, words, rows)] : [],
  );
}

function trait(
  list: readonly number[],
  centre: Float32Array,
  words: Int32Array,
  rows: readonly Row[],
): Trait {
  const heaviest = [...centre.keys()].sort((a, b) => centre[b]! - centre[a]!).slice(0, 4);
  const named = heaviest.filter((word) => centre[word]! > 0).map((word) => wordOf(words[word]!, list, rows));
  return {
    kind: 'topic',
    text: `topic: ${named.join(', ')}`,
    side: 'prompt',
    cue: () => ({ before: `This is about ${named.join(', ')}.` }),
    rows: Int32Array.from(list),
  };
}

/** Words are numbers here (hashes): the strings of all rows would not fit, and few are named. */
function documentsOf(rows: readonly Row[], minRows: number): { documents: Document[]; words: Int32Array } {
  const lists = rows.map(({ user }) =>
    Int32Array.from(new Set(contentWords(user).map((word) => hashOf(word)))),
  );
  const least = Math.max(2, minRows / 2);
  const rough = new PairCounts(lists.reduce((sum, list) => sum + list.length, 0));
  for (const list of lists) for (const word of list) rough.add(word, 0, 1);
  const frequency = new Map<number, number>();
  for (const list of lists) {
    for (const word of list)
      if (rough.atMost(word, 0) >= least) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  }
  const words = [...frequency]
    .filter(([, count]) => count >= least && count <= rows.length / 4)
    .sort((a, b) => b[1] - a[1])
    .slice(0, WORDS)
    .map(([word]) => word);
  const ids = new Map(words.map((word, id) => [word, id]));
  const documents = lists.map((list) => {
    const known = list.filter((word) => ids.has(word));
    const weights = Float64Array.from(known, (word) => Math.log(rows.length / frequency.get(word)!));
    const length = Math.hypot(...weights) || 1;
    return { words: known.map((word) => ids.get(word)!), weights: weights.map((weight) => weight / length) };
  });
  return { documents, words: Int32Array.from(words) };
}

/** The word behind a number, from the first row that has it. */
function wordOf(number: number, list: readonly number[], rows: readonly Row[]): string {
  for (const row of list) {
    const word = contentWords(rows[row]!.user).find((one) => hashOf(one) === number);
    if (word !== undefined) return word;
  }
  return '';
}

/** Words of four letters or more (shorter in other scripts) that are not the commonest of their language. */
const contentWords = (text: string): string[] =>
  tokensOf(text.slice(0, 2000))
    .map(({ form }) => form)
    .filter(
      (form) =>
        /^\p{L}/u.test(form) && (form.length > 3 || /[^\p{Script=Latin}]/u.test(form)) && !isCommonWord(form),
    );

function centreOf(documents: readonly Document[], size: number): Float32Array {
  const centre = new Float32Array(size);
  for (const { words, weights } of documents)
    words.forEach((word, i) => {
      centre[word]! += weights[i]!;
    });
  let square = 0;
  for (const weight of centre) square += weight * weight;
  const length = Math.sqrt(square) || 1;
  return centre.map((weight) => weight / length);
}

function nearest(
  { words, weights }: Document,
  centres: readonly Float32Array[],
): [topic: number, likeness: number] {
  let [best, likeness] = [0, -1];
  centres.forEach((centre, topic) => {
    let dot = 0;
    for (let i = 0; i < words.length; i++) dot += weights[i]! * centre[words[i]!]!;
    if (dot > likeness) [best, likeness] = [topic, dot];
  });
  return [best, likeness];
}
