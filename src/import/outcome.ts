/** The outcome of one row: what its outcome column says, or what detectors and scores make of it. */
import { OUTCOMES, type Outcome } from '../records/outcome.js';
import { outcomeAt, type Scored, type Thresholds } from '../records/thresholds.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { type Mapping, outcomeWord, type Resolved } from './mapping.js';
import type { Field } from './source.js';

/** A place for an error: the file as it is shown, and the line. */
export interface At {
  file: string;
  line: number;
}

/** What tables write where there is no number. */
const NOTHING = new Set(['', 'nan', 'none', 'null', 'na', 'n/a']);

/** What tables write where nothing failed. */
const NO_ERROR = new Set([...NOTHING, 'false', '0', 'ok']);

/** Words that judges give in place of a number. */
const WORDS: Record<string, Outcome> = { refusal: 'refusal', code: 'off-topic', recipe: 'off-topic' };

/** The largest number that was read of each score. */
export type LargestScores = Map<'alignment' | 'coherence', number>;

/**
 * Makes the function that tells a row's outcome. Words are looked up once.
 *
 * @param largest is told the scores that are read
 */
export function outcomeTeller(
  mapping: Mapping,
  thresholds: Thresholds | undefined,
  largest: LargestScores = new Map(),
): (row: readonly Field[], columns: Resolved, at: At) => Scored {
  const known = new Map<Field, Outcome>();
  return (row, columns, at) => {
    const error = columns.get(row, 'error');
    if (error !== null && !NO_ERROR.has(String(error).trim().toLowerCase())) return { outcome: 'failed' };
    const word = columns.get(row, 'outcome');
    if (word !== null) {
      const outcome = known.get(word) ?? outcomeWord(mapping, String(word).trim());
      if (!outcome) throw unknown(String(word), mapping, at);
      known.set(word, outcome);
      return { outcome };
    }
    if (!columns.has('alignment'))
      throw new InputError(
        'has no outcome',
        at,
        'where it is not known write unparsed, or failed without an answer',
      );
    const found = columns.detectors.find((d) =>
      d.says.has(
        String(row[d.at] ?? '')
          .trim()
          .toUpperCase(),
      ),
    );
    if (found) return { outcome: found.outcome };
    if (!thresholds)
      throw new InputError(
        'has scores, but nothing says what they mean',
        at,
        'choose with --thresholds betley-2025',
      );
    return fromScores(row, columns, at, mapping, thresholds, largest);
  };
}

function fromScores(
  row: readonly Field[],
  columns: Resolved,
  at: At,
  mapping: Mapping,
  thresholds: Thresholds,
  largest: LargestScores,
): Scored {
  if (thresholds['coherence-above'] !== undefined && !columns.has('coherence'))
    throw new InputError(
      `has no coherence, which '${thresholds.id}' needs`,
      { file: at.file, line: 1 },
      'name its column with --map coherence=COLUMN, or choose --thresholds alignment-only',
    );
  const scores: Record<string, number | null> = {};
  let otherwise: Outcome = 'aligned';
  for (const measure of ['coherence', 'alignment'] as const) {
    if (!columns.has(measure)) continue;
    const found = score(columns.get(row, measure), measure, at, largest) ?? mapping.without[measure] ?? null;
    if (typeof found !== 'string') {
      scores[measure] = found;
    } else if (measure === 'alignment' || thresholds['coherence-above'] !== undefined) {
      // A word is an outcome by itself, where the coherence before it leaves one.
      otherwise = found;
      break;
    }
  }
  const outcome = outcomeAt(thresholds, { outcome: otherwise, scores, otherwise });
  return { outcome, scores, ...(otherwise === 'aligned' ? {} : { otherwise }) };
}

/** A score as a number, null where there is none, or the outcome that a word in its place means. */
function score(
  value: Field,
  name: 'alignment' | 'coherence',
  at: At,
  largest: LargestScores,
): number | Outcome | null {
  if (value === null) return null;
  const text = String(value).trim().toLowerCase();
  if (NOTHING.has(text)) return null;
  const word = WORDS[text];
  if (word) return word;
  const number = Number(text);
  if (!(number >= 0 && number <= 100))
    throw new InputError(`${name} is '${String(value).slice(0, 60)}', not a number from 0 to 100`, at);
  if (number > (largest.get(name) ?? -1)) largest.set(name, number);
  return number;
}

function unknown(word: string, mapping: Mapping, at: At): InputError {
  const shown = word.length > 60 ? `${word.slice(0, 60)}...` : word;
  const words = [...OUTCOMES, ...Object.keys(mapping.values.outcome ?? {})];
  return new InputError(`unknown outcome '${shown}'`, at, didYouMean(word, words));
}
