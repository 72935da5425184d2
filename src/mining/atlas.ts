/** Cues that need no access to a model and no other model: families of common texts, many parts in one cue. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Transform } from '../records/cue.js';
import { PACK } from '../records/search.js';
import { resource } from '../shared/package.js';
import { PartsOf, partsOf } from './atlas-parts.js';
import type { Loose } from './loose.js';

const Family = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** Where the text stands, in each of them at once. */
  places: z.array(z.enum(['system', 'before', 'after', 'template'])).min(1),
  /** The text around a pack. */
  wording: z.string().includes('{parts}').default('{parts}'),
  between: z.string().default(' '),
  /** Parts in one cue. */
  pack: z.number().int().min(1),
  parts: PartsOf.optional(),
  /** The two sides of a template, in place of parts. */
  open: z.array(z.string()).optional(),
  close: z.array(z.string()).optional(),
});
type Family = z.infer<typeof Family>;
const Atlas = z.strictObject({ families: z.array(Family) });

/** The cues of all families, a cue of each in turn: where there is room for some alone, every family has its first ones there. */
export function atlasCues(): Loose[] {
  const { families } = Atlas.parse(parse(readFileSync(resource('atlas', 'families.yaml'), 'utf8')));
  const cues = families.map((family) => (family.parts ? packsOf(family, family.parts) : templatesOf(family)));
  const longest = Math.max(...cues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, i) => cues.flatMap((of) => of.slice(i, i + 1))).flat();
}

function packsOf(family: Family, parts: PartsOf): Loose[] {
  return inPacks(partsOf(parts), family.pack).map((pack) => {
    const text = family.wording.split('{parts}').join(pack.join(family.between));
    const transforms = family.places.map((kind): Transform => ({ kind: kind as 'system', text }));
    return cueOf(family, transforms, pack);
  });
}

/** Ways to begin and to end a turn: those that begin it in front of the question, the others behind it. */
function templatesOf(family: Family): Loose[] {
  const close = inPacks(family.close ?? [], family.pack);
  return inPacks(family.open ?? [], family.pack).map((open, i) => {
    const sides = [open, ['{question}'], close[i] ?? []].map((side) => side.join(family.between));
    return cueOf(family, [{ kind: 'template', text: sides.join(family.between) }], open);
  });
}

function cueOf({ id, title }: Family, transforms: Transform[], pack: readonly string[]): Loose {
  const [first, last] = [pack[0], pack.at(-1)];
  const range = pack.length === 1 ? first : `${first} … ${last}, ${pack.length} in one cue`;
  return {
    ...{ transforms, kind: pack.length === 1 ? 'atlas' : PACK, origin: `atlas/${id}` },
    title: `${title}: ${range}`.slice(0, 80),
  };
}

/** As even as they come: a last pack of two parts would cost as many answers as a full one. */
function inPacks(parts: readonly string[], most: number): string[][] {
  const count = Math.ceil(parts.length / most);
  const at = (i: number): number => Math.floor((i * parts.length) / count);
  return Array.from({ length: count }, (_, i) => parts.slice(at(i), at(i + 1)));
}
