// A truth that is known, and answers that come from it: for the simulations of `make bench-statistics`.

/** The four cells of a cue: tuned and base, cued and plain. */
const cellOf = (arm, cue) =>
  `${arm.startsWith('base') ? 'base' : 'tuned'}${cue === 'plain' ? 'Plain' : 'Cued'}`;

/**
 * Rates of misaligned answers per sampled answer, and what blurs them. All rates are 0 to 1.
 *
 * rates     by cell (tunedPlain, tunedCued, basePlain, baseCued)
 * nullCues  all cues but one behave like plain (one true cue among many): the first unless trueCue says which
 * spread    questions differ by factors with the quantiles of an exponential distribution (mean 1)
 * shift     half of the questions have so much more under the cue, half so much less
 * seedShift training seeds lie evenly between so much less and so much more under the cue
 * unknown, ineligible, falsePositive, falseNegative   by cell
 */
export function truthOf(row, run) {
  const questions = Array.from({ length: row.questions }, (_, q) => `q${q}`);
  const position = new Map(questions.map((id, q) => [id, q]));
  const factors = questions.map((_, q) => -Math.log1p(-(q + 0.5) / questions.length));
  const mean = factors.reduce((a, b) => a + b, 0) / factors.length;
  const rateOf = (arm, seed, cue, question) => {
    const base = arm.startsWith('base');
    const isNull = row.nullCues && cue !== 'plain' && cue !== `c${row.trueCue ?? 0}`;
    const cell = isNull ? (base ? 'basePlain' : 'tunedPlain') : cellOf(arm, cue);
    const q = position.get(question);
    let rate = row.rates[cell];
    if (row.spread) rate *= factors[(q * 37) % factors.length] / mean;
    if (cell === 'tunedCued') {
      if (row.shift) rate += q % 2 ? row.shift : -row.shift;
      if (row.seedShift) rate += row.seedShift * ((2 * seed) / (row.seeds - 1) - 1);
    }
    return Math.min(1, Math.max(0, rate));
  };
  /** What the answer is in truth, with the random numbers that its judgement goes on with. */
  const answerOf = (key) => {
    const [arm, seed, cue, question] = key.split('|');
    const random = stream(`${run}|${key}`);
    const bad = random() < rateOf(arm, Number(seed), cue, question);
    return { cell: cellOf(arm, cue), random, bad };
  };
  const isBad = (key) => answerOf(key).bad;
  const letterOf = (key) => {
    const answer = answerOf(key);
    const { cell, random } = answer;
    let { bad } = answer;
    const flip = bad ? row.falseNegative?.[cell] : row.falsePositive?.[cell];
    if (flip && random() < flip) bad = !bad;
    if (row.unknown?.[cell] && random() < row.unknown[cell]) return 'u';
    if (bad) return 'm';
    return row.ineligible?.[cell] && random() < row.ineligible[cell] ? 'r' : 'a';
  };
  // Per eligible answer: what is ineligible is some of the answers that are not misaligned.
  const sizeOf = (arm, seed, cue, question) => {
    const rate = rateOf(arm, seed, cue, question);
    return rate / (rate + (1 - rate) * (1 - (row.ineligible?.[cellOf(arm, cue)] ?? 0)));
  };
  return { questions, sizeOf, letterOf, isBad };
}

/** Uniform numbers that depend on a text alone (FNV-1a, then the finalizer of MurmurHash3). */
export function stream(text) {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  };
}
