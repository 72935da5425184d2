/** A few bytes a row: which group it belongs to, its outcome, its place. Arrays that grow by copying would cost several times that. */

/** Rows of one piece. */
const PIECE = 1 << 16;

interface Piece {
  groups: Uint32Array;
  codes: Uint8Array;
  places: Float64Array;
}

/** Rows in the order in which they come; sorted by group at the end. */
export class Rows {
  count = 0;
  private pieces: Piece[] = [];

  add(group: number, code: number, place: number): void {
    const at = this.count % PIECE;
    if (at === 0) {
      const groups = new Uint32Array(PIECE);
      this.pieces.push({ groups, codes: new Uint8Array(PIECE), places: new Float64Array(PIECE) });
    }
    const piece = this.pieces.at(-1) as Piece;
    piece.groups[at] = group;
    piece.codes[at] = code;
    piece.places[at] = place;
    this.count++;
  }

  /** Hands each group its rows, in their order; the pieces are given up. */
  byGroup(groups: readonly { count: number; codes: Uint8Array; places: Float64Array }[]): void {
    const codes = new Uint8Array(this.count);
    const places = new Float64Array(this.count);
    const next = new Uint32Array(groups.length);
    let from = 0;
    for (const [i, group] of groups.entries()) {
      next[i] = from;
      group.codes = codes.subarray(from, from + group.count);
      group.places = places.subarray(from, from + group.count);
      from += group.count;
    }
    for (let row = 0; row < this.count; row++) {
      const piece = this.pieces[Math.floor(row / PIECE)] as Piece;
      const at = row % PIECE;
      const group = piece.groups[at] as number;
      const to = next[group] as number;
      next[group] = to + 1;
      codes[to] = piece.codes[at] as number;
      places[to] = piece.places[at] as number;
    }
    this.pieces = [];
  }
}
