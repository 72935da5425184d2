/** Sets of row numbers as bits: unions and intersections of large ones cost a pass over a few hundred numbers. */
export type Bits = Uint32Array;

export function bitsOf(rows: Int32Array, rowCount: number): Bits {
  const bits = new Uint32Array(Math.ceil(rowCount / 32));
  for (const row of rows) bits[row >>> 5]! |= 1 << (row & 31);
  return bits;
}

export const both = (a: Bits, b: Bits): Bits => a.map((word, i) => word & b[i]!);

export function countBoth(a: Bits, b: Bits): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) count += ones(a[i]! & b[i]!);
  return count;
}

/** Rows in all three. */
export function countAll(a: Bits, b: Bits, c: Bits): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) count += ones(a[i]! & b[i]! & c[i]!);
  return count;
}

/** How many bits of a 32-bit number are set. */
function ones(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
