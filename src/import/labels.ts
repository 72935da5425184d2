/** Ids for what a table calls by names of its own. */
import { CUE_JOIN } from '../records/ids.js';
import { shortHash } from '../shared/hash.js';

/** Longest part of an id that is made of a text. */
const LONGEST = 56;

/** Lower case, and a hyphen for whatever an id cannot hold; `+` and `@` stay between parts, as composed cues and several bases have them. */
function slug(label: string): string {
  const parts = label
    .normalize('NFKD')
    .toLowerCase()
    .split(/([+@])/)
    .map((part) =>
      part === CUE_JOIN || part === '@' ? part : part.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, ''),
    );
  const whole = parts.join('');
  const clean = /^[a-z0-9-]+([+@][a-z0-9-]+)*$/.test(whole) ? whole : whole.replace(/[+@-]+/g, '-');
  const cut = clean.slice(0, LONGEST).replace(/^[-+@]+|[-+@]+$/g, '');
  return cut || `id-${shortHash(label).slice(0, 8)}`;
}

/**
 * An id for each label. A label that is an id keeps it; where two labels would share one, the later in the alphabet gets
 * a part of its hash, so that neither the order of the rows nor of the files changes an id.
 */
export function idsOf(labels: Iterable<string>): Map<string, string> {
  const all = [...new Set(labels)].toSorted((a, b) => {
    const [x, y] = [slug(a) === a ? 0 : 1, slug(b) === b ? 0 : 1];
    return x - y || (a < b ? -1 : a > b ? 1 : 0);
  });
  const taken = new Set<string>();
  const ids = new Map<string, string>();
  for (const label of all) {
    const short = slug(label);
    const id =
      taken.has(short) || (short.length === LONGEST && label !== short)
        ? `${short}-${shortHash(label).slice(0, 8)}`
        : short;
    taken.add(id);
    ids.set(label, id);
  }
  return ids;
}

/** A label; whole numbers in one spelling, since tables write 1 as `01` or `1.0` too. */
export function plainNumber(label: string): string {
  return /^\d+(\.0+)?$/.test(label) ? label.replace(/\.0+$/, '').replace(/^0+(?=\d)/, '') : label;
}

/**
 * Training seeds as numbers: labels that are whole numbers are them, other labels (model names) count from 1 in
 * alphabetical order.
 */
export function seedsOf(labels: Iterable<string>): Map<string, number> {
  const all = [...new Set(labels)];
  const numbers = all.map(Number);
  const whole = numbers.every((n, i) => Number.isSafeInteger(n) && n >= 0 && all[i] !== '');
  if (whole && new Set(numbers).size === all.length)
    return new Map(all.map((label, i) => [label, numbers[i] as number]));
  if (all.length === 1) return new Map([[all[0] as string, 0]]);
  return new Map(all.toSorted().map((label, i) => [label, i + 1]));
}
