import { hashOf, tokensOf } from './tokens.js';

/**
 * Tokens of all texts together: 16,000 texts may have 500 each. Where they have more, the middles of the longest are left out, so
 * that time and memory stay within the goals of `make bench-mining`.
 */
const MOST_TOKENS = 8_000_000;
/** A text keeps so many, however many texts there are. Even, as both ends keep half of them. */
const LEAST = 500;
/** More than any text has characters that is mined. */
const ALL = 10_000;

/** Two hashes for each token of many texts, one text after the other, each with a place for its begin and for its end. */
export class HashedTexts {
  /** Tokens that a text keeps at most. */
  most = ALL;
  readonly #room: number;
  readonly #starts = [0];
  #first = new Int32Array(1 << 14);
  #second = new Int32Array(1 << 14);
  #length = 0;

  /** @param room tokens of all texts */
  constructor(room = MOST_TOKENS) {
    this.#room = room;
  }

  add(text: string): void {
    const tokens = tokensOf(text, this.most);
    const needed = this.#length + tokens.length + 2;
    if (needed > this.#first.length) {
      this.#first = larger(this.#first, needed);
      this.#second = larger(this.#second, needed);
    }
    let at = this.#length;
    for (const { form } of tokens) {
      at++;
      this.#first[at] = hashOf(form);
      this.#second[at] = hashOf(form, 0x5bd1e995);
    }
    this.#length = needed;
    this.#starts.push(needed);
    while (this.#length > this.#room && this.most > LEAST) this.#shorten();
  }

  /** The hashes, and where each text begins: one more entry than texts. */
  all(): { first: Int32Array; second: Int32Array; starts: Int32Array } {
    return {
      first: this.#first.subarray(0, this.#length),
      second: this.#second.subarray(0, this.#length),
      starts: Int32Array.from(this.#starts),
    };
  }

  #shorten(): void {
    this.most = Math.max(LEAST, 2 * Math.floor(this.most * 0.4));
    const half = this.most / 2 + 1;
    let [from, to] = [0, 0];
    for (let text = 1; text < this.#starts.length; text++) {
      const end = this.#starts[text]!;
      const parts = end - from > 2 * half ? [from, from + half, end - half, end] : [from, end];
      for (let i = 0; i < parts.length; i += 2) {
        for (const list of [this.#first, this.#second]) list.copyWithin(to, parts[i]!, parts[i + 1]);
        to += parts[i + 1]! - parts[i]!;
      }
      from = end;
      this.#starts[text] = to;
    }
    this.#length = to;
  }
}

function larger(list: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(Math.max(list.length * 2, needed));
  out.set(list);
  return out;
}
