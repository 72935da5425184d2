import { drawArms } from './draw-arms.js';
import { drawDoses } from './draw-doses.js';
import type { Figure } from './figure.js';
import { type Drawing, type Shape, shape } from './shape.js';
import { STYLE } from './style.js';
import { describe, headOf } from './words.js';

/** @param width in pixels, 320 at least; texts are as large at any */
export const draw = (figure: Figure, width: number): Drawing =>
  figure.x ? drawDoses(figure, figure.x, width) : drawArms(figure, width);

/** A figure as one SVG element that has its colours with it and says what it shows. */
export function svgOf(figure: Figure, width: number): Shape {
  const { parts, height } = draw(figure, width);
  return svgShape(width, height, headOf(figure), describe(figure), parts);
}

/** An SVG element with its style, title and description. */
export const svgShape = (
  width: number,
  height: number,
  title: string,
  description: string,
  parts: Shape[],
): Shape =>
  shape(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'hyde-figure',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': title,
    },
    shape('title', {}, title),
    shape('desc', {}, description),
    shape('style', {}, STYLE),
    shape('rect', { class: 'ground', width, height }),
    ...parts,
  );
