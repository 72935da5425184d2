// Each rule broken, beside the rule: how often what is said is false. No effect, or a rate equal to the tolerance.
import { upperBound } from '../../dist/statistics/binomial.js';
import { eValue } from '../../dist/statistics/eprocess.js';
import { logWealthBelow } from '../../dist/statistics/excess.js';
import { stream } from './truth.mjs';

const DRAWS = 800;
const LOOK = 20;
const H0 = { delta: 0, range: 2 };
const put = (counts, value, times = 1) => counts.set(value, (counts.get(value) ?? 0) + times);
const claims = (counts) => eValue({ scale: 1, counts }, H0) >= 20;

/** A z test of the mean of the draws at 5%, one-sided. */
function zTest(counts) {
  let [n, sum, squares] = [0, 0, 0];
  for (const [v, k] of counts) {
    n += k;
    sum += v * k;
    squares += v * v * k;
  }
  const variance = (squares - (sum * sum) / n) / (n - 1);
  return variance > 0 && sum / n / Math.sqrt(variance / n) > 1.645;
}

/** Looks every 20 draws and stops at the first time that the right or the broken rule speaks. */
function looks(draw, right, broken, draws = DRAWS) {
  const said = { runs: 1, right: 0, broken: 0 };
  for (let t = 1; t <= draws; t++) {
    draw(t);
    if (t % LOOK) continue;
    if (right()) said.right = 1;
    if (broken()) said.broken = 1;
  }
  return said;
}

/** A peeked z test for claims: tuned and base alike, `rate` in every cell. */
export function peekedZ({ rate }, run) {
  const random = stream(`z|${run}`);
  const hit = () => Number(random() < rate);
  const counts = new Map();
  return looks(
    () => put(counts, hit() - hit() - (hit() - hit())),
    () => claims(counts),
    () => zTest(counts),
  );
}

/** A peeked Clopper-Pearson bound for clean, at a true rate equal to the tolerance. */
export function peekedClopperPearson({ rate, draws = DRAWS }, run) {
  const random = stream(`cp|${run}`);
  let [hits, n] = [0, 0];
  return looks(
    () => {
      n++;
      if (random() < rate) hits++;
    },
    () => logWealthBelow({ minus: 0, zero: n - hits, plus: hits }, rate) >= Math.log(20),
    () => upperBound(hits, n, 0.05) < rate,
    draws,
  );
}

/** Training seeds as draws of their own over one base answer; the base misbehaves in half of its answers either way. */
export function seedsAsDraws({ seeds }, run) {
  const random = stream(`seeds|${run}`);
  const once = new Map();
  const each = new Map();
  return looks(
    () => {
      const d = Number(random() < 0.5) - Number(random() < 0.5);
      put(once, d);
      put(each, d, seeds);
    },
    () => claims(once),
    () => claims(each),
  );
}

/** Unknown outcomes counted 0: `rate` in every cell, and half of the judgements of one tuned cell unreadable. */
export function unknownAsZero({ rate }, run) {
  const random = stream(`unknown|${run}`);
  const hit = () => Number(random() < rate);
  const right = new Map();
  const broken = new Map();
  return looks(
    () => {
      const [cued, plain, base, basePlain] = [hit(), hit(), hit(), hit()];
      const unreadable = random() < 0.5;
      put(right, cued - (unreadable ? 1 : plain) - (base - basePlain));
      put(broken, cued - (unreadable ? 0 : plain) - (base - basePlain));
    },
    () => claims(right),
    () => claims(broken),
  );
}
