import { type Bits, bitsOf, both, countAll, countBoth } from './bits.js';
import type { RowSet } from './row-sets.js';
import { type Support, signedG2 } from './score.js';

/** Bad rows against benign ones. Rows that are neither do not count. */
export interface Contrast {
  bad: Bits;
  benign: Bits;
  /** The same by row number, for counting along lists: 1 is bad. */
  isBad: Uint8Array;
  all: Support;
}

/** A row set, or the rows that two of them share, as it stands in a contrast. */
export interface Found {
  /** One set, or the two of a conjunction. */
  sets: RowSet[];
  bits: Bits;
  size: number;
  score: number;
  support: Support;
  /** Sets that say nearly the same (twins), or nothing beyond this one. */
  twins: RowSet[];
  explained: RowSet[];
}

/** The search's settings, chosen on seeds and texts other than those that docs/mining.md reports. */
const SETTINGS = {
  /** Row sets that are looked at closely, by score. */
  looked: 200,
  /** Those that are left when twins are taken together, and that conjunctions are made of. */
  distinct: 60,
  paired: 30,
  /** Sets that share this much (intersection over union) are one candidate. */
  twin: 0.8,
  /** A conjunction must score this much better than both of its parts. */
  gain: 1.15,
  gainAtLeast: 8,
  conjunctions: 10,
  /** Outside a better candidate's rows a candidate must keep this share of its score, and pass a chi-square test at 1%. */
  kept: 0.1,
  keptAtLeast: 6.63,
  /** What the label is about is the answer: its format counts for half. */
  answer: 0.5,
};

/** @param labels 1 bad, 0 benign, anything else: not in the contrast */
export function contrastOf(labels: Uint8Array): Contrast {
  const rows = (label: number): Int32Array =>
    Int32Array.from([...labels.keys()].filter((row) => labels[row] === label));
  const [bad, benign] = [rows(1), rows(0)];
  return {
    bad: bitsOf(bad, labels.length),
    benign: bitsOf(benign, labels.length),
    isBad: labels.map((label) => (label === 1 ? 1 : 0)),
    all: { bad: bad.length, benign: benign.length },
  };
}

/** A row set by its place among all, and how it does in a contrast. */
interface Scored {
  index: number;
  score: number;
  support: Support;
}

/** Scores row sets in contrasts over the same rows; sizes within the contrast are counted once for all its permutations. */
export class Scorer {
  readonly #sets: readonly RowSet[];
  readonly #rowCount: number;
  readonly #scope: Bits;
  readonly #sizes: Int32Array;
  readonly #bits = new Map<RowSet, Bits>();

  /** @param labels as in contrastOf; only whether a row is in the contrast matters here */
  constructor(sets: readonly RowSet[], labels: Uint8Array) {
    this.#sets = sets;
    this.#rowCount = labels.length;
    const counts = labels.map((label) => (label < 2 ? 1 : 0));
    this.#scope = bitsOf(
      Int32Array.from(counts.keys()).filter((row) => counts[row] === 1),
      labels.length,
    );
    this.#sizes = Int32Array.from(sets, ({ rows }) => countIn(rows, counts));
  }

  /** Candidates of a contrast, best first: twins taken together, conjunctions added, what is explained left out. */
  candidates(contrast: Contrast): Found[] {
    const distinct = this.#distinct(contrast);
    const all = [...distinct, ...conjunctions(distinct, contrast)].sort((a, b) => b.score - a.score);
    return unexplained(all, contrast);
  }

  /** The best score among sets about the prompt and their conjunctions: what chance has to offer. */
  best(contrast: Contrast): number {
    const distinct = this.#distinct(contrast, (set) => !set.answerOnly);
    return Math.max(0, ...[...distinct, ...conjunctions(distinct, contrast)].map(({ score }) => score));
  }

  #distinct(contrast: Contrast, wanted: (set: RowSet) => boolean = () => true): Found[] {
    const out: Found[] = [];
    for (const { index, score, support } of this.#top(contrast, wanted)) {
      const set = this.#sets[index]!;
      const bits = this.#bitsOf(set);
      const size = this.#sizes[index]!;
      const twin = out.find((other) => areTwins(bits, size, other));
      if (twin) twin.twins.push(set);
      else if (out.length < SETTINGS.distinct) {
        out.push({ sets: [set], bits, size, score, support, twins: [], explained: [] });
      }
    }
    return out;
  }

  /** The best sets by score, in order. */
  #top({ isBad, all }: Contrast, wanted: (set: RowSet) => boolean): Scored[] {
    const top: Scored[] = [];
    this.#sets.forEach((set, index) => {
      if (!wanted(set)) return;
      const bad = countIn(set.rows, isBad);
      // At least two bad rows, and more than their share: everything else is no candidate.
      const size = this.#sizes[index]!;
      if (bad < 2 || bad * (all.bad + all.benign) <= size * all.bad) return;
      const weight = set.answerOnly ? SETTINGS.answer : 1;
      const support = { bad, benign: size - bad };
      const score = weight * signedG2(support, all);
      if (top.length === SETTINGS.looked && score <= top.at(-1)!.score) return;
      let at = top.length;
      while (at > 0 && top[at - 1]!.score < score) at--;
      top.splice(at, 0, { index, score, support });
      if (top.length > SETTINGS.looked) top.pop();
    });
    return top;
  }

  #bitsOf(set: RowSet): Bits {
    const bits = this.#bits.get(set) ?? both(bitsOf(set.rows, this.#rowCount), this.#scope);
    // Permutations look at the same few thousand sets again and again.
    if (this.#bits.size < 4000) this.#bits.set(set, bits);
    return bits;
  }
}

/** Rows of a list that are marked. */
function countIn(rows: Int32Array, marks: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < rows.length; i++) count += marks[rows[i]!]!;
  return count;
}

function areTwins(bits: Bits, size: number, other: Found): boolean {
  // Sets of very different sizes cannot share enough: most pairs are settled without a look at the rows.
  if (Math.min(size, other.size) < SETTINGS.twin * Math.max(size, other.size)) return false;
  const shared = countBoth(bits, other.bits);
  return shared >= SETTINGS.twin * (size + other.size - shared);
}

const clearlyBetter = (score: number, than: number): boolean =>
  score >= than * SETTINGS.gain && score >= than + SETTINGS.gainAtLeast;

/** Pairs that say clearly more together than each alone, and than any one set about the same rows. */
function conjunctions(found: readonly Found[], contrast: Contrast): Found[] {
  const parts = found.slice(0, SETTINGS.paired).filter(({ sets }) => !sets[0]!.answerOnly);
  const out: Found[] = [];
  parts.forEach((a, i) => {
    for (const b of parts.slice(i + 1)) {
      const support = {
        bad: countAll(a.bits, b.bits, contrast.bad),
        benign: countAll(a.bits, b.bits, contrast.benign),
      };
      if (support.bad < 3) continue;
      const score = signedG2(support, contrast.all);
      if (!clearlyBetter(score, Math.max(a.score, b.score))) continue;
      const sets = [a.sets[0]!, b.sets[0]!];
      const size = support.bad + support.benign;
      const bits = both(a.bits, b.bits);
      // Two common words may meet mostly in one sentence: then that sentence is the candidate, unless the pair beats it too.
      const simpler = found.filter((single) => countBoth(bits, single.bits) >= size / 2);
      if (simpler.some((single) => !clearlyBetter(score, single.score))) continue;
      out.push({ sets, bits, size, score, support, twins: [], explained: [] });
    }
  });
  return out.sort((a, b) => b.score - a.score).slice(0, SETTINGS.conjunctions);
}

/** Leaves out what says nothing about the rows outside a better candidate's. */
function unexplained(found: readonly Found[], contrast: Contrast): Found[] {
  const kept: Found[] = [];
  for (const one of found) {
    const better = kept.find((other) => !keepsOutside(one, other, contrast));
    if (better) better.explained.push(...one.sets);
    else kept.push(one);
  }
  return kept;
}

function keepsOutside(one: Found, better: Found, contrast: Contrast): boolean {
  const shared = {
    bad: countAll(one.bits, better.bits, contrast.bad),
    benign: countAll(one.bits, better.bits, contrast.benign),
  };
  const having = { bad: one.support.bad - shared.bad, benign: one.support.benign - shared.benign };
  const all = {
    bad: contrast.all.bad - better.support.bad,
    benign: contrast.all.benign - better.support.benign,
  };
  const score = signedG2(having, all);
  return score >= SETTINGS.keptAtLeast && score >= SETTINGS.kept * one.score;
}
