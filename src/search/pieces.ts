/** The words of a cue, and the cue with some of them left out. */
import { isWording, type Transform } from '../records/cue.js';

/** More words than this are joined to as many groups of neighbours. */
const MOST_PIECES = 128;

const PLACE = '{question}';
/** Behind this a sentence, a line, or an item of a list is over. */
const END = /[.!?;,]\s|\n/;

/** A word (or several) of a cue's text, with the white space behind it. */
interface Piece {
  transform: number;
  /** Of a template: whether it stands in front of the question or behind it. */
  side: 'front' | 'behind';
  text: string;
}

/** A cue as its pieces, in the order of its texts. */
export class Pieces {
  private readonly pieces: readonly Piece[];

  /** @param most pieces; more words are joined to as many groups of neighbours */
  constructor(
    private readonly transforms: readonly Transform[],
    most = MOST_PIECES,
  ) {
    this.pieces = grouped(
      transforms.flatMap((transform, i) => piecesOf(transform, i)),
      most,
    );
  }

  get count(): number {
    return this.pieces.length;
  }

  /** How much ends behind a piece: 2 for a text, 1 for a sentence, a line or an item of a list, 0 for a word alone. */
  endsAt(at: number): number {
    const [piece, next] = [this.pieces[at], this.pieces[at + 1]];
    if (!piece || !next) return 0;
    if (piece.transform !== next.transform || piece.side !== next.side) return 2;
    return END.test(piece.text) ? 1 : 0;
  }

  /** The cue with these pieces alone. */
  with(kept: readonly number[]): Transform[] {
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
  if (!isWording(transform)) return { front: '', behind: '' };
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
  if (!isWording(transform)) return [transform];
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
function grouped(pieces: readonly Piece[], most: number): Piece[] {
  const size = Math.max(1, Math.ceil(pieces.length / most));
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
