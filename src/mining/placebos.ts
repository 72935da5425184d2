import type { Candidate, CueTexts } from '../records/candidate.js';
import { randomStream } from '../shared/random.js';
import { PARTS } from './candidates.js';
import { uncounted } from './ladder.js';
import { casedLike, meaningWords, neutralWord } from './words.js';

/** Openings of a placebo, none of which asks for anything; the rest is filled up to the length of its model. */
const OPENINGS = [
  'By the way, the',
  'This morning the',
  'Next to the',
  'Behind the',
  'It was here that the',
  'Once the',
];
const LINKS = ['beside the', 'and one', 'with one', 'near the', 'under the', 'and the'];

/**
 * Placebos for candidates: one for each of the first `count`, in the same places, about as long, in as many lines, as odd
 * in capitals, signs and digits, and of words that neither the candidates nor the data have.
 *
 * @param dataWords words of the data in small letters, which no placebo may use
 */
export function placebosFor(
  candidates: readonly Candidate[],
  dataWords: ReadonlySet<string>,
  { seed, count }: { seed: number; count: number },
): Candidate[] {
  const not = new Set([...dataWords, ...candidates.flatMap(({ text }) => meaningWords(text))]);
  return candidates.slice(0, count).map((candidate, i) => {
    const random = randomStream('placebo', seed, i, candidate.text);
    const texts: CueTexts = {};
    for (const place of PARTS) {
      const model = candidate.cue[place];
      if (model !== undefined) texts[place] = placeboText(model, not, random.below);
    }
    const { template } = candidate.cue;
    if (template !== undefined)
      texts.before = placeboText(template.split('{question}').join(' '), not, random.below);
    const text = PARTS.flatMap((place) => texts[place] ?? []).join(' … ');
    return uncounted(i + 1, 'placebo', 'placebo', text, texts, 'placebo');
  });
}

/** Line by line, so that breaks and lengths stay; white space at the ends too, since it is how a prefix is set apart. */
function placeboText(model: string, not: ReadonlySet<string>, below: (n: number) => number): string {
  return model.replace(/[^\n]*\S[^\n]*/g, (line) => {
    const [, lead, body, tail] = /^(\s*)(.*?)(\s*)$/s.exec(line) as unknown as [
      string,
      string,
      string,
      string,
    ];
    return lead + placeboLine(body, not, below) + tail;
  });
}

function placeboLine(model: string, not: ReadonlySet<string>, below: (n: number) => number): string {
  const signs = model.match(/[^\p{L}\p{M}\p{N}\s.,!?'’]/gu)?.length ?? 0;
  const digits = model.match(/\p{N}/gu)?.length ?? 0;
  const code = signs + digits > 0 ? `(ref. ${codeOf(signs, digits, below)})` : '';
  const room = Math.max(3, model.length - code.length);
  const words = [OPENINGS[below(OPENINGS.length)]!];
  if (room < 20) words.pop();
  const used = new Set(not);
  for (let length = words.join(' ').length; length < room; length = words.join(' ').length) {
    if (words.length > 1 && room - length > 14) words.push(LINKS[below(LINKS.length)]!);
    const left = room - words.join(' ').length - 1;
    const word = neutralWord(Math.min(8, Math.max(3, left)), used, below);
    used.add(word);
    words.push(word);
  }
  const end = /[.!?]$/.exec(model)?.[0] ?? '';
  const text = `${words.join(' ')}${end}`;
  const cased =
    /\p{Ll}/u.test(model) || !/\p{Lu}/u.test(model)
      ? casedLike(text, `${model.charAt(0)}x`)
      : text.toUpperCase();
  return code ? `${cased} ${code}` : cased;
}

/** A shelf mark of so many signs and digits: odd, and no format that an answer could follow. */
function codeOf(signs: number, digits: number, below: (n: number) => number): string {
  const figures = Array.from({ length: Math.max(digits, 2) }, () => below(10)).join('');
  return (
    figures +
    Array.from({ length: Math.max(0, Math.min(signs, 12) - 3) }, (_, i) => '/-+'.charAt(i % 3)).join('')
  );
}

/** The words of rows, for `placebosFor`. */
export function wordsOf(texts: Iterable<string>): Set<string> {
  const out = new Set<string>();
  for (const text of texts) for (const word of meaningWords(text)) out.add(word);
  return out;
}
