/**
 * Cuts a cue down to what matters: delta debugging over its words. Source: Zeller and Hildebrandt, IEEE TSE 28 (2002), with
 * "the test fails" replaced by "enough of the effect is kept", which is known from samples only.
 */
import type { Transform } from '../records/cue.js';

/** The part of a cue's rate that a smaller cue must keep. */
export const KEPT_SHARE = 0.8;
/** In no more parts than this is a cue cut: where none of so many can go, it stays as it is. */
const MOST_PARTS = 64;

const PLACE = '{question}';
/** Behind this a sentence, a line, or an item of a list is over. */
const END = /[.!?;,]\s|\n/;

/** A word of a cue's text, with the white space behind it. */
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
    this.pieces = transforms.flatMap((transform, i) => piecesOf(transform, i));
    this.kept = this.pieces.map((_, i) => i);
    this.finished = this.kept.length < 2;
  }

  /** The smaller cues of this turn, the smallest first; empty when nothing is left to try. */
  next(): Variant[] {
    while (!this.finished) {
      const chunks = this.chunks();
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
    const most = Math.min(this.kept.length, MOST_PARTS);
    if (this.parts >= most) this.finished = true;
    this.parts = Math.min(most, this.parts * 2);
  }

  /** What is kept, in parts of about one size: cut between texts, sentences, lines or items of a list where one of them ends near by. */
  private chunks(): number[][] {
    const { kept, parts } = this;
    const near = Math.floor(kept.length / parts / 2);
    const cuts = Array.from({ length: parts + 1 }, (_, i) => Math.floor((i * kept.length) / parts));
    const moved = cuts.map((cut, i) => (i === 0 || i === parts ? cut : this.cutNear(cut, near)));
    return moved
      .slice(1)
      .map((to, i) => kept.slice(moved[i], to))
      .filter(({ length }) => length > 0);
  }

  private cutNear(cut: number, near: number): number {
    const ends = (at: number): number => {
      const [last, next] = [this.pieces[this.kept[at - 1] as number], this.pieces[this.kept[at] as number]];
      if (!last || !next) return 0;
      if (last.transform !== next.transform || last.side !== next.side) return 2;
      return END.test(last.text) ? 1 : 0;
    };
    // The best end there is, and of equal ones the nearest.
    return Array.from({ length: 2 * near + 1 }, (_, i) => cut - near + i).reduce((best, at) => {
      const better = ends(at) - ends(best);
      return better > 0 || (better === 0 && Math.abs(at - cut) < Math.abs(best - cut)) ? at : best;
    }, cut);
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

const without = (kept: readonly number[], chunk: readonly number[]): number[] =>
  kept.filter((piece) => !chunk.includes(piece));
