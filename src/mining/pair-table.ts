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
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    hash ^= hash >>> 13;
    let at = hash & mask;
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
