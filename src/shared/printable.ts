/**
 * Text of models and users, made safe to show: nothing in it can move a cursor, change a colour, set a
 * terminal's title or turn the direction of the text around it. What was there stays visible.
 */

/**
 * C0 and C1 controls but newline and tab, line and paragraph separators, bidi controls, and characters that are
 * invisible by design (zero width space, word joiner, byte order mark, tags). Joiners of emoji and scripts stay.
 */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Replaces control characters, escape sequences and bidi controls by visible symbols; lone surrogates by U+FFFD. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(UNPRINTABLE, (character) => symbolOf(character.codePointAt(0) as number));
}

/** The same on one line: newlines and tabs become spaces, runs of space one. */
export const printableLine = (text: string): string => printable(text.replace(/[\s]+/g, ' ')).trim();

/** JSON in which such characters stand as escapes: the same value for a parser, harmless on a terminal. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(UNPRINTABLE, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );

/** U+001B is ␛ (control pictures), U+007F ␡; what has no picture is named: ⟦U+202E⟧. */
function symbolOf(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `\u27e6U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e7`;
}
