function hashed(first: number, second: number): number {
  let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** How often pairs were seen, never too few: pairs whose hashes are equal share a count. Most rare pairs are told by it in 8 MB at most. */
export class PairCounts {
  readonly #counts: Uint16Array;

  /** @param pairs about as many will be counted */
  constructor(pairs: number) {
    this.#counts = new Uint16Array(2 ** Math.min(22, Math.max(10, Math.ceil(Math.log2(4 * pairs + 1)))));
  }

  add(first: number, second: number, times: number): void {
    const at = hashed(first, second) & (this.#counts.length - 1);
    this.#counts[at] = Math.min(0xffff, this.#counts[at]! + times);
  }

  atMost(first: number, second: number): number {
    const count = this.#counts[hashed(first, second) & (this.#counts.length - 1)]!;
    return count === 0xffff ? Number.POSITIVE_INFINITY : count;
  }
}

/** Numbers for pairs of numbers, counted up from 0: a hash table on typed arrays, a tenth of a Map's memory. */
export class PairTable {
  #first = new Int32Array(1 << 12);
  #second = new Int32Array(1 << 12);
  /** Number of the pair plus one; 0 marks an empty place. */
  #number = new Int32Array(1 << 12);
  size = 0;

  /** The pair's number; a new pair gets the next one. */
  numberOf(first: number, second: number): number {
    let at = this.#placeOf(first, second);
    if (this.#number[at] === 0) {
      if (this.size * 2 >= this.#number.length) {
        this.#grow();
        at = this.#placeOf(first, second);
      }
      this.#first[at] = first;
      this.#second[at] = second;
      this.#number[at] = ++this.size;
    }
    return this.#number[at]! - 1;
  }

  #placeOf(first: number, second: number): number {
    const mask = this.#number.length - 1;
    let at = hashed(first, second) & mask;
    while (this.#number[at] !== 0 && (this.#first[at] !== first || this.#second[at] !== second))
      at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const [first, second, number] = [this.#first, this.#second, this.#number];
    const length = number.length * 2;
    this.#first = new Int32Array(length);
    this.#second = new Int32Array(length);
    this.#number = new Int32Array(length);
    for (let i = 0; i < number.length; i++) {
      if (number[i] === 0) continue;
      const at = this.#placeOf(first[i]!, second[i]!);
      this.#first[at] = first[i]!;
      this.#second[at] = second[i]!;
      this.#number[at] = number[i]!;
    }
  }
}
