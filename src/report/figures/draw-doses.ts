import { percent } from '../numbers.js';
import { doseScale, rateAxis, roomFor } from './axis.js';
import { type Figure, type FigureArm, type FigureCell, highest } from './figure.js';
import { type Entry, heading, legend, widthOf } from './legend.js';
import { clip, colourOf, type Drawing, dashOf, label, line, px, type Shape, shape, sign } from './shape.js';
import { cellText, doseText } from './words.js';

type Axis = NonNullable<Figure['x']>;

const LEFT = 46;
const RIGHT = 16;
const PLOT = 220;
const HEAD = 42;
/** Pixels between the signs of two cues at one dose. */
const DODGE = 5;

/** A line per cue over the dose, intervals as bars, training seeds as rings; arms without a dose stand behind the axis. */
export function drawDoses(figure: Figure, axis: Axis, width: number): Drawing {
  const cues = figure.cues.filter(({ source }) => source !== 'placebo');
  const placebos = figure.cues.filter(({ source }) => source === 'placebo');
  const dosed = figure.arms.filter(({ x }) => x !== null);
  const controls = figure.arms.filter(({ x }) => x === null);
  const key = legend(entriesOf(figure, cues, placebos.length > 0), 8, HEAD, width - 16);
  const top = key.bottom + 12;
  const bottom = top + PLOT;
  const column = controls.length === 0 ? 0 : Math.min(84, (0.42 * (width - LEFT)) / controls.length);
  const end = width - RIGHT - column * controls.length;
  const pad = 12 + (DODGE * cues.length) / 2;
  const at = doseScale(
    dosed.map(({ x }) => x as number),
    axis.scale,
    LEFT + pad,
    end - pad,
  );
  const placeOf = (arm: FigureArm): number =>
    arm.x === null ? end + column * (controls.indexOf(arm) + 0.5) : at(arm.x);
  const rates = rateAxis(highest(figure));
  const up = (rate: number): number => bottom - (rate / rates.end) * PLOT;
  return {
    height: bottom + 60,
    parts: [
      ...heading(figure, width),
      ...key.parts,
      ...rates.ticks.flatMap((rate) => [
        line(rate === 0 ? 'rule' : 'grid', LEFT, up(rate), width - RIGHT, up(rate)),
        label(percent(rate), 'dim', LEFT - 6, up(rate) + 4, 'end'),
      ]),
      ...(controls.length > 0 ? [line('grid', end, top, end, bottom, '2 3')] : []),
      ...doseLabels(dosed, axis, at, bottom),
      label(
        `${axis.label}${axis.scale === 'log' ? ' (log)' : ''}`,
        'dim',
        (LEFT + end) / 2,
        bottom + 40,
        'middle',
      ),
      ...controls.flatMap((arm) => armLabel(arm.id, placeOf(arm), bottom, column)),
      ...placebos.map(({ id }) => track(dosed, id, placeOf, up, 'placebo', '2 4')),
      ...cues.flatMap(({ id }, i) => {
        const base = figure.baseline.find(({ cue }) => cue === id)?.rate ?? null;
        const shift = DODGE * (i - (cues.length - 1) / 2);
        const place = (arm: FigureArm): number => placeOf(arm) + shift;
        return [
          ...(base === null
            ? []
            : [line(`${colourOf(i)} baseline`, LEFT, up(base), width - RIGHT, up(base), dashOf(i))]),
          track(dosed, id, place, up, `${colourOf(i)} line`, dashOf(i)),
          ...figure.arms.flatMap((arm) => point(arm, id, i, place(arm), up)),
        ];
      }),
    ],
  };
}

function entriesOf(figure: Figure, cues: Figure['cues'], placebos: boolean): Entry[] {
  const cells = figure.arms.flatMap((arm) => arm.cells);
  const optional: [boolean, Entry][] = [
    [placebos, { text: 'placebos', mark: (x, y) => [line('placebo', x - 12, y, x + 12, y, '2 4')] }],
    [
      figure.baseline.length > 0,
      { text: 'thin: base, same cue', mark: (x, y) => [line('s0 baseline', x - 12, y, x + 12, y)] },
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
  return [
    ...cues.map(({ id, source }, i) => ({
      text:
        source === 'plain' ? 'plain (no cue)' : `${clip(id, 34)}${source === 'trained' ? ' (trained)' : ''}`,
      mark: (x: number, y: number) => [
        line(`${colourOf(i)} line`, x - 12, y, x + 12, y, dashOf(i)),
        sign(i, x, y),
      ],
    })),
    ...optional.flatMap(([there, entry]) => (there ? [entry] : [])),
  ];
}

const cellOf = (arm: FigureArm, id: string): FigureCell | undefined =>
  arm.cells.find(({ cue }) => cue === id);

/** A line through the rates of a cue; it breaks where there is none. */
function track(
  arms: readonly FigureArm[],
  cue: string,
  place: (arm: FigureArm) => number,
  up: (rate: number) => number,
  cls: string,
  dash: string,
): Shape {
  let pen = 'M';
  const steps = arms.map((arm) => {
    const rate = cellOf(arm, cue)?.rate ?? null;
    const step = rate === null ? '' : `${pen}${px(place(arm))},${px(up(rate))}`;
    pen = rate === null ? 'M' : 'L';
    return step;
  });
  return shape('path', {
    class: cls,
    d: steps.join('') || 'M0,0',
    ...(dash === 'none' ? {} : { 'stroke-dasharray': dash }),
  });
}

function point(arm: FigureArm, cue: string, look: number, x: number, up: (rate: number) => number): Shape[] {
  const cell = cellOf(arm, cue);
  if (!cell || cell.rate === null) return [];
  const { interval, rate, seeds, thin } = cell;
  return [
    shape(
      'g',
      {},
      shape('title', {}, cellText(arm.id, cell)),
      ...(interval ? [line(`${colourOf(look)} interval`, x, up(interval[0]), x, up(interval[1]))] : []),
      sign(look, x, up(rate), thin),
      ...seeds.flatMap((seed) =>
        seed.rate === null
          ? []
          : [shape('circle', { class: 'seed', cx: px(x), cy: px(up(seed.rate)), r: 2 })],
      ),
    ),
  ];
}

function doseLabels(
  arms: readonly FigureArm[],
  axis: Axis,
  at: (dose: number) => number,
  bottom: number,
): Shape[] {
  const all = arms.map(({ x }) => {
    const text = doseText(x as number, axis);
    return { text, at: at(x as number), width: widthOf(text) };
  });
  return [
    ...all.map((one) => line('rule', one.at, bottom, one.at, bottom + 5)),
    ...roomFor(all).map((one) => label(one.text, 'dim', one.at, bottom + 19, 'middle')),
  ];
}

/** The name of an arm under its place, broken at hyphens. */
function armLabel(id: string, x: number, bottom: number, column: number): Shape[] {
  const most = Math.floor(column / 6.4);
  const lines: string[] = [];
  for (const word of id.split('-')) {
    const before = lines.at(-1);
    if (before !== undefined && before.length + word.length < most) lines.push(`${lines.pop()}-${word}`);
    else lines.push(word);
  }
  return lines
    .slice(0, 3)
    .map((text, i) => label(clip(text, most), 'dim', x, bottom + 19 + 14 * i, 'middle'));
}
