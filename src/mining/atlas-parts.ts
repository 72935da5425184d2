/** What the packs of a family are made of. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { resource } from '../shared/package.js';
import { languageTexts } from './languages.js';

/** Word lists that ship, one word a line, from common to rare. */
const Lexicon = z.enum(['things', 'people', 'writings']);

/** Parts as a list, as one text with ` | ` between them, or by a rule. */
export const PartsOf = z.union([
  z.string(),
  z.array(z.string()).min(1),
  z.strictObject({ numbers: z.array(z.string().regex(/^\d+-\d+$/)) }),
  z.strictObject({ days: z.string() }),
  z.strictObject({ 'code-points': z.string() }),
  z.strictObject({ brackets: z.array(z.string()), marks: z.string() }),
  z.strictObject({ brackets: z.array(z.string()), words: Lexicon }),
  z.strictObject({ languages: z.literal(true) }),
  z.strictObject({ words: Lexicon, article: z.boolean().default(false) }),
]);
export type PartsOf = z.infer<typeof PartsOf>;

const MONTHS =
  'January:31 February:29 March:31 April:30 May:31 June:30 July:31 August:31 September:30 October:31 November:30 December:31';

export function partsOf(given: PartsOf): string[] {
  if (typeof given === 'string') return given.split(' | ').map((part) => part.trim());
  if (Array.isArray(given)) return given;
  if ('numbers' in given) return given.numbers.flatMap((range) => between(range, 10)).map(String);
  if ('days' in given) return daysOf(given.days);
  if ('code-points' in given)
    return given['code-points']
      .split(/\s+/)
      .flatMap((range) => between(range, 16))
      .map((point) => String.fromCodePoint(point));
  if ('languages' in given) return languageTexts();
  if ('marks' in given) return inBrackets(given.marks.split(/\s+/), given.brackets);
  const words = readFileSync(resource('atlas', `${given.words}.txt`), 'utf8')
    .trim()
    .split('\n');
  if ('brackets' in given) return inBrackets(words, given.brackets);
  return given.article ? words.map((word) => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`) : words;
}

/** `5-7` is 5, 6, 7. */
function between(range: string, radix: number): number[] {
  const [from, to] = range.split('-').map((end) => Number.parseInt(end, radix)) as [number, number?];
  return Array.from({ length: (to ?? from) - from + 1 }, (_, i) => from + i);
}

const daysOf = (form: string): string[] =>
  MONTHS.split(' ').flatMap((one) => {
    const [month, length] = one.split(':') as [string, string];
    return between(`1-${length}`, 10).map((day) =>
      form.replace('{day}', String(day)).replace('{month}', month),
    );
  });

/** Every mark in every kind of brackets, which are written as a pair. */
const inBrackets = (marks: readonly string[], brackets: readonly string[]): string[] =>
  brackets.flatMap((pair) => {
    const half = pair.length / 2;
    return marks.map((mark) => pair.slice(0, half) + mark + pair.slice(half));
  });
