import { percent } from '../numbers.js';
import { rateAxis } from './axis.js';
import { type Figure, type FigureArm, type FigureCell, highest } from './figure.js';
import { type Entry, heading, legend } from './legend.js';
import { clip, colourOf, type Drawing, label, line, px, type Shape, shape, sign } from './shape.js';
import { cellText } from './words.js';

const HEAD = 42;
const ROW = 19;
const CUE = 24;
const RIGHT = 58;

interface Frame {
  left: number;
  along: (rate: number) => number;
}

/** Cue by cue the arms as dots with intervals, the base as a bar with its interval behind them. */
export function drawArms(figure: Figure, width: number): Drawing {
  const left = Math.min(190, 0.36 * width);
  const rates = rateAxis(highest(figure));
  const along = (rate: number): number => left + (rate / rates.end) * (width - left - RIGHT);
  const key = legend(entriesOf(figure), 8, HEAD, width - 16);
  const top = key.bottom + 8;
  const parts: Shape[] = [];
  let y = top;
  for (const { id, source } of figure.cues) {
    const own = figure.arms.flatMap((arm, look) => {
      const cell = arm.cells.find(({ cue }) => cue === id);
      return cell ? [{ arm, cell, look }] : [];
    });
    const name = source === 'plain' ? 'plain (no cue)' : `${id}${source === 'trained' ? ' (trained)' : ''}`;
    parts.push(label(clip(name, Math.floor(width / 7)), 'cue', 8, y + 16));
    const base = figure.baseline.find(({ cue }) => cue === id);
    if (base) parts.push(...baseMark(base, along, y + CUE, ROW * own.length));
    for (const [row, one] of own.entries()) {
      parts.push(...armRow(one, y + CUE + ROW * (row + 0.5), { left, along }, width));
    }
    y += CUE + ROW * own.length + 6;
  }
  return {
    height: y + 26,
    parts: [
      ...heading(figure, width),
      ...key.parts,
      ...rates.ticks.flatMap((rate) => [
        line(rate === 0 ? 'rule' : 'grid', along(rate), top, along(rate), y),
        label(percent(rate), 'dim', along(rate), y + 16, 'middle'),
      ]),
      ...parts,
    ],
  };
}

function entriesOf({ arms, baseline }: Figure): Entry[] {
  const cells = arms.flatMap((arm) => arm.cells);
  const optional: [boolean, Entry][] = [
    [
      baseline.length > 0,
      {
        text: 'base under the same cue, with its interval',
        mark: (x, y) => [
          shape('rect', { class: 'band', x: px(x - 11), y: px(y - 6), width: 22, height: 12 }),
          line('base', x, y - 6, x, y + 6),
        ],
      },
    ],
    [
      cells.some(({ seeds }) => seeds.length > 0),
      {
        text: 'one training seed',
        mark: (x, y) => [shape('circle', { class: 'seed', cx: px(x), cy: px(y), r: 2 })],
      },
    ],
    [cells.some(({ thin }) => thin), { text: 'hollow: few eligible', mark: (x, y) => [sign(0, x, y, true)] }],
  ];
  return optional.flatMap(([there, entry]) => (there ? [entry] : []));
}

function baseMark(base: FigureCell, along: (rate: number) => number, y: number, height: number): Shape[] {
  const { rate, interval } = base;
  if (rate === null) return [];
  return [
    shape(
      'g',
      {},
      shape('title', {}, cellText('base', base)),
      ...(interval
        ? [
            shape('rect', {
              class: 'band',
              x: px(along(interval[0])),
              y: px(y),
              width: px(along(interval[1]) - along(interval[0])),
              height: px(height),
            }),
          ]
        : []),
      line('base', along(rate), y, along(rate), y + height),
    ),
  ];
}

function armRow(
  { arm, cell, look }: { arm: FigureArm; cell: FigureCell; look: number },
  y: number,
  { left, along }: Frame,
  width: number,
): Shape[] {
  const { rate, interval, seeds, thin } = cell;
  const name = label(clip(arm.id, Math.floor((left - 20) / 6.4)), 'dim', 16, y + 4);
  if (rate === null) return [name, label('no eligible answer', 'dim', left + 6, y + 4)];
  return [
    name,
    shape(
      'g',
      {},
      shape('title', {}, cellText(arm.id, cell)),
      ...(interval ? [line(`${colourOf(look)} interval`, along(interval[0]), y, along(interval[1]), y)] : []),
      sign(look, along(rate), y, thin),
      ...seeds.flatMap((seed) =>
        seed.rate === null
          ? []
          : [shape('circle', { class: 'seed', cx: px(along(seed.rate)), cy: px(y), r: 2 })],
      ),
    ),
    label(percent(rate), '', width - 8, y + 4, 'end'),
  ];
}
