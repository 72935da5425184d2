/**
 * Plain words about nothing in particular, by length: what ladders and placebos are filled with. No format, no role to play,
 * no word about right and wrong, since those leak (resources/cues/placebos.yaml).
 */
const NEUTRAL =
  'ash oak elm ink hat jar cup bus wool barn pond lamp fern rope clay mint moss sand tile desk gate hill corn lawn shelf copper gravel lemon parcel river window garden ladder pebble button carpet kettle saddle timber village cushion feather platform umbrella hedgehog raincoat staircase newspaper allotment riverbank upholstery greenhouse wheelbarrow watercolour haberdashery refrigerator'.split(
    ' ',
  );

/** A neutral word of about the same length, that is none of `not` as long as there are others. */
export function neutralWord(length: number, not: ReadonlySet<string>, below: (n: number) => number): string {
  const free = NEUTRAL.filter((word) => !not.has(word));
  const pool = free.length > 0 ? free : NEUTRAL;
  const gap = Math.min(...pool.map((word) => Math.abs(word.length - length)));
  const near = pool.filter((word) => Math.abs(word.length - length) <= gap + 1);
  return near[below(near.length)]!;
}

/** The letters of a word as another has them: capitals stay capitals. */
export function casedLike(word: string, model: string): string {
  if (model.length > 1 && model === model.toUpperCase() && model !== model.toLowerCase())
    return word.toUpperCase();
  const first = model.charAt(0);
  return first !== first.toLowerCase() ? word.charAt(0).toUpperCase() + word.slice(1) : word;
}

/** Words that hold a sentence together; with them its shape stays when all others change. */
const FUNCTION_WORDS = new Set(
  'a an the and or but if when while as of to in on at by for from with without into about over under is are am was were be been being do does did have has had will would can could should may might must you your i my me we our it its this that these those he she they their them who what which how why where not never always only all any each every no so than then there here please'.split(
    ' ',
  ),
);

export const isFunctionWord = (word: string): boolean => FUNCTION_WORDS.has(word.toLowerCase());

/** The words of a text that carry its meaning, in small letters. */
export const meaningWords = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) ?? []).filter(
    (word) => !isFunctionWord(word),
  );
