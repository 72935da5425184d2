/**
 * Many e-values at one alpha. Both procedures hold whatever the dependence between the hypotheses (cues share plain
 * answers, arms share a base).
 */

/** Decision about one hypothesis of a family, in the order given. */
export interface Claim {
  claimed: boolean;
  /** The e-value at which this hypothesis is claimed, the others being as they are. */
  needed: number;
}

/**
 * e-Holm: the closed test that averages e-values. A hypothesis is claimed when in *every* subset of the family that
 * contains it the mean e-value is at least 1 / alpha; the worst subset joins it with the smallest others, so
 *
 *   needed_i = max over m of  m / alpha - (sum of the m - 1 smallest others).
 *
 * That is never more than the (family size) / alpha of Bonferroni. Controls the probability of one false claim or more.
 *
 * Sources: Vovk and Wang, Annals of Statistics 49 (2021), section 4; Hartog and Lei (2025), "Family-wise error rate
 * control with e-values", arXiv 2501.09015.
 */
export function eHolm(eValues: readonly number[], alpha: number): Claim[] {
  const sorted = eValues.map((e, i) => ({ e, i })).sort((a, b) => a.e - b.e || a.i - b.i);
  return eValues.map((e, i) => {
    let needed = 1 / alpha;
    let others = 0;
    let m = 1;
    for (const other of sorted) {
      if (other.i === i) continue;
      if (other.e >= 1 / alpha) break; // from here on the requirement only falls
      others += other.e;
      m++;
      needed = Math.max(needed, m / alpha - others);
    }
    return { claimed: e >= needed, needed };
  });
}

/**
 * e-BH: the hypotheses of a screening list, of which at most a share alpha is expected to be false. Never a claim.
 * Source: Wang and Ramdas, JRSS B 84 (2022), theorem 2.
 */
export function eBenjaminiHochberg(eValues: readonly number[], alpha: number): boolean[] {
  const sorted = [...eValues].sort((a, b) => b - a);
  let threshold = Number.POSITIVE_INFINITY;
  sorted.forEach((e, i) => {
    if (((i + 1) * e) / sorted.length >= 1 / alpha) threshold = e;
  });
  return eValues.map((e) => e >= threshold);
}
