/**
 * Words, tags and single signs of a text. Scripts without spaces give one token per character. Signs count: a bracket
 * or a line of dashes can be a trigger, and so can a character that nobody sees.
 */
const TOKEN =
  /<\/?[\p{L}\p{N}_\-]{1,40}\/?>|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[[\p{L}\p{M}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+(?:['’\-][[\p{L}\p{N}_]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]+)*|\S/gv;

/** A token and where it stands in its text. */
export interface Token {
  /** Lower case, so that a capital at the start of a sentence makes no other word. */
  form: string;
  from: number;
  to: number;
}

export function tokensOf(text: string): Token[] {
  const out: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    out.push({ form: match[0].toLowerCase(), from: match.index, to: match.index + match[0].length });
  }
  return out;
}

/** Begin and end of a turn are tokens too: a phrase that holds one is a prefix or a suffix. */
export const BEGIN = 0;
export const END = 1;

/** The texts of one role over all rows, as numbers. */
export interface RoleTokens {
  /** Token ids of all rows, one after the other; an empty text has none, any other begins with BEGIN and ends with END. */
  ids: Int32Array;
  /** Where row i begins; one more entry than rows. */
  starts: Int32Array;
}

/** Numbers for tokens, shared by all roles. */
export class Vocabulary {
  readonly #ids = new Map<string, number>([
    ['', BEGIN],
    ['\n', END],
  ]);

  /** The tokens of texts; equal texts in a row (system prompts as a rule) are read once. */
  encode(texts: readonly string[]): RoleTokens {
    const starts = new Int32Array(texts.length + 1);
    let ids = new Int32Array(1 << 16);
    let length = 0;
    const known = new Map<string, [number, number]>();
    const room = (more: number): void => {
      if (length + more <= ids.length) return;
      const larger = new Int32Array(Math.max(ids.length * 2, length + more));
      larger.set(ids);
      ids = larger;
    };
    texts.forEach((text, row) => {
      const before = known.get(text);
      if (before) {
        room(before[1] - before[0]);
        ids.copyWithin(length, before[0], before[1]);
        length += before[1] - before[0];
      } else if (text !== '') {
        const tokens = tokensOf(text);
        room(tokens.length + 2);
        const from = length;
        ids[length++] = BEGIN;
        for (const { form } of tokens) ids[length++] = this.#id(form);
        ids[length++] = END;
        known.set(text, [from, length]);
      }
      starts[row + 1] = length;
    });
    return { ids: ids.slice(0, length), starts };
  }

  #id(form: string): number {
    let id = this.#ids.get(form);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(form, id);
    }
    return id;
  }
}
