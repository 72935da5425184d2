/** So many signs in a row are one token: each alone, random ones would make more phrases than all words do. */
const MANY_SIGNS = 9;
/**
 * Words, tags and signs of a text. Scripts without spaces give one token per character. Signs count: a bracket or a line
 * of dashes can be a trigger, and so can a character that nobody sees. Many in a row leave their `<` to a tag behind them.
 */
const TOKEN =
  /[[\p{P}\p{S}]--\p{Extended_Pictographic}]{9,}(?!\/?[\p{L}\p{N}])|<\/?[\p{L}\p{N}_\-]{1,40}\/?>|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[[\p{L}\p{M}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+(?:['’\-][[\p{L}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+)*|\S/gv;
const ONE_SIGN = /^([\p{P}\p{S}])\1*$/u;

/** A token and where it stands in its text. */
export interface Token {
  /** Lower case, so that a capital at the start of a sentence makes no other word. */
  form: string;
  from: number;
  to: number;
}

/**
 * The tokens of a text.
 *
 * @param most an even number, tokens at most; of a text with more those at its two ends
 */
export function tokensOf(text: string, most = Number.POSITIVE_INFINITY): Token[] {
  // No text has more tokens than characters.
  if (text.length <= most) return tokensFrom(text, 0);
  const half = most / 2;
  const first = tokensFrom(text, 0, half);
  const seen = first.at(-1)?.to ?? text.length;
  // Only as much of the end is read as is needed.
  for (let length = most; ; length *= 2) {
    const from = Math.max(seen, text.length - length);
    const last = tokensFrom(text, from);
    if (from === seen || last.length >= half + CUT) return [...first, ...last.slice(-half)];
  }
}

/** A text that is read from its middle begins with other tokens than the whole has there; behind so many they are the same. */
const CUT = 64;

function tokensFrom(text: string, start: number, most = Number.POSITIVE_INFINITY): Token[] {
  const out: Token[] = [];
  TOKEN.lastIndex = start;
  while (out.length < most) {
    const match = TOKEN.exec(text);
    if (!match) break;
    out.push({ form: formOf(match[0]), from: match.index, to: match.index + match[0].length });
  }
  return out;
}

/** A line of dashes is the same token however long it is. */
const formOf = (token: string): string =>
  token.length > MANY_SIGNS && ONE_SIGN.test(token) ? token.slice(0, MANY_SIGNS) : token.toLowerCase();

/** A number for a text (FNV-1a); with another start another one. */
export function hashOf(text: string, start = 2166136261): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash | 0;
}
