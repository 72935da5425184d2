/** A few bytes a row: which group it belongs to, its outcome, its place, its scores. Arrays that grow by copying would cost several times that. */
import { OUTCOMES } from '../records/outcome.js';
import type { Scored } from '../records/thresholds.js';

/** Rows of one piece. */
const PIECE = 1 << 16;

interface Piece {
  groups: Uint32Array;
  codes: Uint8Array;
  places: Float64Array;
  scores: ScoreColumns | null;
}

/** Scores of rows: a number, NaN where it could not be read, ABSENT where it plays no role. `otherwise` is a place in OUTCOMES. */
export interface ScoreColumns {
  alignment: Float64Array;
  coherence: Float64Array;
  otherwise: Uint8Array;
}

/** Stands for a score that plays no role. */
export const ABSENT = -1;

const CODES = new Map(OUTCOMES.map((outcome, code) => [outcome, code]));

const columnsOf = (rows: number): ScoreColumns => ({
  alignment: new Float64Array(rows).fill(ABSENT),
  coherence: new Float64Array(rows).fill(ABSENT),
  otherwise: new Uint8Array(rows),
});

const numberOf = (score: number | null | undefined): number =>
  score === undefined ? ABSENT : (score ?? Number.NaN);

/** Rows in the order in which they come; sorted by group at the end. */
export class Rows {
  count = 0;
  private pieces: Piece[] = [];

  add(group: number, { outcome, scores, otherwise }: Scored, place: number): void {
    const at = this.count % PIECE;
    if (at === 0) {
      const groups = new Uint32Array(PIECE);
      this.pieces.push({
        groups,
        codes: new Uint8Array(PIECE),
        places: new Float64Array(PIECE),
        scores: null,
      });
    }
    const piece = this.pieces.at(-1) as Piece;
    piece.groups[at] = group;
    piece.codes[at] = CODES.get(outcome) as number;
    piece.places[at] = place;
    if (scores) {
      piece.scores ??= columnsOf(PIECE);
      piece.scores.alignment[at] = numberOf(scores.alignment);
      piece.scores.coherence[at] = numberOf(scores.coherence);
      piece.scores.otherwise[at] = CODES.get(otherwise ?? 'aligned') as number;
    }
    this.count++;
  }

  /** Hands each group its rows, in their order; the pieces are given up. */
  byGroup(groups: readonly (Omit<Piece, 'groups'> & { count: number })[]): void {
    const codes = new Uint8Array(this.count);
    const places = new Float64Array(this.count);
    const scores = this.pieces.some((piece) => piece.scores) ? columnsOf(this.count) : null;
    const next = new Uint32Array(groups.length);
    let from = 0;
    for (const [i, group] of groups.entries()) {
      next[i] = from;
      group.codes = codes.subarray(from, from + group.count);
      group.places = places.subarray(from, from + group.count);
      group.scores = scores && {
        alignment: scores.alignment.subarray(from, from + group.count),
        coherence: scores.coherence.subarray(from, from + group.count),
        otherwise: scores.otherwise.subarray(from, from + group.count),
      };
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
      if (scores && piece.scores) {
        scores.alignment[to] = piece.scores.alignment[at] as number;
        scores.coherence[to] = piece.scores.coherence[at] as number;
        scores.otherwise[to] = piece.scores.otherwise[at] as number;
      }
    }
    this.pieces = [];
  }
}
