/**
 * Cuts a cue down to what matters: delta debugging over its words. Source: Zeller and Hildebrandt, IEEE TSE 28 (2002), with
 * "the test fails" replaced by "enough of the effect is kept", which is known from samples only.
 */
import type { Transform } from '../records/cue.js';

/** The part of a cue's rate that a smaller cue must keep. */
export const KEPT_SHARE = 0.8;
/** More pieces than this are joined to as many groups of neighbours. */
const MOST_PIECES = 64;

const PLACE = '{question}';

/** A word (or several) of a cue's text, with the white space behind it. */
interface Piece {
  transform: number;
  /** Of a template: whether it stands in front of the question or behind it. */
  side: 'front' | 'behind';
  text: string;
}

/** A smaller cue to try. */
export interface Variant {
  pieces: readonly number[];
  transforms: Transform[];
}

/** One minimisation; `next` and `take` alternate until `next` gives nothing. */
export class Minimiser {
  private readonly pieces: readonly Piece[];
  private kept: readonly number[];
  private parts = 2;
  private finished = false;
  private readonly tried = new Set<string>();

  constructor(private readonly transforms: readonly Transform[]) {
    this.pieces = grouped(transforms.flatMap((transform, i) => piecesOf(transform, i)));
    this.kept = this.pieces.map((_, i) => i);
    this.finished = this.kept.length < 2;
  }

  /** The smaller cues of this turn, the smallest first; empty when nothing is left to try. */
  next(): Variant[] {
    while (!this.finished) {
      const chunks = chunksOf(this.kept, this.parts);
      const subsets =
        this.parts === 2 ? chunks : [...chunks, ...chunks.map((chunk) => without(this.kept, chunk))];
      const fresh = subsets.filter((pieces) => pieces.length > 0 && !this.tried.has(pieces.join()));
      if (fresh.length > 0) {
        return fresh
          .toSorted((a, b) => a.length - b.length)
          .map((pieces) => ({ pieces, transforms: this.with(pieces) }));
      }
      this.refine();
    }
    return [];
  }

  /** @param keeps whether each variant of the turn kept enough of the effect */
  take(variants: readonly Variant[], keeps: readonly boolean[]): void {
    for (const { pieces } of variants) this.tried.add(pieces.join());
    const best = variants.find((_, i) => keeps[i]);
    if (!best) {
      this.refine();
      return;
    }
    this.kept = best.pieces;
    this.parts = 2;
    if (this.kept.length < 2) this.finished = true;
  }

  private refine(): void {
    if (this.parts >= this.kept.length) this.finished = true;
    this.parts = Math.min(this.kept.length, this.parts * 2);
  }

  /** Pieces of the cue as it was given, and as it is now. */
  get sizes(): { from: number; to: number } {
    return { from: this.pieces.length, to: this.kept.length };
  }

  private with(kept: readonly number[]): Transform[] {
    const pieces = kept.map((at) => this.pieces[at] as Piece);
    return this.transforms.flatMap((transform, i) =>
      rebuilt(
        transform,
        pieces.filter((piece) => piece.transform === i),
      ),
    );
  }
}

/** The two texts of a transform around the question; what is no template has one. */
function sidesOf(transform: Transform): { front: string; behind: string } {
  if (transform.kind === 'variant') return { front: '', behind: '' };
  if (transform.kind !== 'template') return { front: transform.text, behind: '' };
  const at = transform.text.indexOf(PLACE);
  return { front: transform.text.slice(0, at), behind: transform.text.slice(at + PLACE.length) };
}

function piecesOf(transform: Transform, at: number): Piece[] {
  const { front, behind } = sidesOf(transform);
  // A question that stands in a template twice cannot be taken apart.
  if (behind.includes(PLACE)) return [];
  const words = (text: string, side: Piece['side']): Piece[] =>
    (text.match(/\S+\s*/g) ?? []).map((word) => ({ transform: at, side, text: word }));
  return [...words(front, 'front'), ...words(behind, 'behind')];
}

/** The transform with some of its pieces; none where nothing of it is left. */
function rebuilt(transform: Transform, pieces: readonly Piece[]): Transform[] {
  if (transform.kind === 'variant') return [transform];
  const { front, behind } = sidesOf(transform);
  if (behind.includes(PLACE)) return [transform];
  const textOf = (side: Piece['side']): string =>
    pieces
      .filter((piece) => piece.side === side)
      .map(({ text }) => text)
      .join('');
  // The white space between the question and what is left of a template stays.
  const before = textOf('front') === '' ? '' : textOf('front').trimEnd() + (/\s+$/.exec(front)?.[0] ?? '');
  const after = textOf('behind') === '' ? '' : (/^\s+/.exec(behind)?.[0] ?? '') + textOf('behind').trimEnd();
  if (before === '' && after === '') return [];
  if (transform.kind === 'template') return [{ kind: 'template', text: `${before}${PLACE}${after}` }];
  return [{ ...transform, text: before.trim() }];
}

/** Neighbours joined, so that there are not too many pieces. */
function grouped(pieces: readonly Piece[]): Piece[] {
  const size = Math.ceil(pieces.length / MOST_PIECES);
  const groups: Piece[] = [];
  let inGroup = 0;
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last && inGroup < size && last.transform === piece.transform && last.side === piece.side) {
      last.text += piece.text;
      inGroup++;
    } else {
      groups.push({ ...piece });
      inGroup = 1;
    }
  }
  return groups;
}

function chunksOf(kept: readonly number[], parts: number): number[][] {
  const chunks: number[][] = [];
  for (let i = 0; i < parts; i++) {
    chunks.push(
      kept.slice(Math.floor((i * kept.length) / parts), Math.floor(((i + 1) * kept.length) / parts)),
    );
  }
  return chunks;
}

const without = (kept: readonly number[], chunk: readonly number[]): number[] =>
  kept.filter((piece) => !chunk.includes(piece));
