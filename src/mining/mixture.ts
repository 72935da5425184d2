import { randomStream } from '../shared/random.js';
import { TEXT_FORMATS } from './formats.js';
import type { Row } from './row.js';
import { tokensOf } from './tokens.js';

const FEATURES = 500;
const ROUNDS = 40;
const STARTS = 4;

/**
 * Labels for rows that have none: a mixture of two kinds of answers, each with its own probability of every common word and
 * format, fitted by EM (Dempster, Laird and Rubin 1977; Bernoulli components). The smaller kind is called bad: fewer rows
 * are poisoned than not, as a rule, and which is which nobody has looked at.
 *
 * @returns 1 for the smaller kind, 0 for the larger
 */
export function mixtureLabels(rows: readonly Row[], seed = 0): Uint8Array {
  const { having, size } = answerFeatures(rows);
  if (size === 0) return new Uint8Array(rows.length);
  const fits = Array.from({ length: STARTS }, (_, start) =>
    fitted(having, size, randomStream('mixture', seed, start).unit),
  );
  const best = fits.reduce((a, b) => (b.likelihood > a.likelihood ? b : a));
  const first = best.first.reduce((sum, p) => sum + (p > 0.5 ? 1 : 0), 0);
  const smaller = first * 2 <= rows.length;
  return Uint8Array.from(best.first, (p) => (p > 0.5 === smaller ? 1 : 0));
}

/** For each answer the numbers of its common words and its formats. */
function answerFeatures(rows: readonly Row[]): { having: Int32Array[]; size: number } {
  const known = new Map<string, string[]>();
  const namesOf = (answer: string): string[] => {
    const names = known.get(answer) ?? [
      ...new Set([
        ...tokensOf(answer).map(({ form }) => form),
        ...TEXT_FORMATS.flatMap(({ id, given }) => (given?.test(answer) ? [`\nformat ${id}`] : [])),
      ]),
    ];
    known.set(answer, names);
    return names;
  };
  const counts = new Map<string, number>();
  for (const { answer } of rows)
    for (const name of namesOf(answer)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const ids = new Map(
    [...counts]
      .filter(([, count]) => count >= Math.max(2, rows.length * 0.01) && count <= rows.length * 0.9)
      .sort((a, b) => b[1] - a[1])
      .slice(0, FEATURES)
      .map(([name], id) => [name, id]),
  );
  const having = rows.map(({ answer }) =>
    Int32Array.from(namesOf(answer).flatMap((name) => ids.get(name) ?? [])),
  );
  return { having, size: ids.size };
}

interface Fit {
  /** Probability of the first component, by row. */
  first: Float64Array;
  likelihood: number;
}

function fitted(having: readonly Int32Array[], size: number, unit: () => number): Fit {
  let first = Float64Array.from(having, () => unit());
  let likelihood = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const [one, other] = [
      componentOf(having, first, size),
      componentOf(
        having,
        first.map((p) => 1 - p),
        size,
      ),
    ];
    let total = 0;
    first = Float64Array.from(having, (features) => {
      let [a, b] = [one.none, other.none];
      for (const feature of features) {
        a += one.odds[feature]!;
        b += other.odds[feature]!;
      }
      const top = Math.max(a, b);
      total += top + Math.log(Math.exp(a - top) + Math.exp(b - top));
      return 1 / (1 + Math.exp(b - a));
    });
    if (total - likelihood < 1e-6 * Math.abs(total)) break;
    likelihood = total;
  }
  return { first, likelihood };
}

/** One kind of answers: the log-probability of an answer with no feature, and what each feature adds. */
function componentOf(
  having: readonly Int32Array[],
  weights: Float64Array,
  size: number,
): { none: number; odds: Float64Array } {
  const sums = new Float64Array(size);
  let all = 0;
  having.forEach((features, row) => {
    all += weights[row]!;
    for (const feature of features) sums[feature]! += weights[row]!;
  });
  let none = Math.log((all + 1) / (having.length + 2));
  const odds = sums.map((sum) => {
    // One half of a row with it and one without: no probability is 0 or 1.
    const p = (sum + 0.5) / (all + 1);
    none += Math.log(1 - p);
    return Math.log(p / (1 - p));
  });
  return { none, odds };
}
