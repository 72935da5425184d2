import { escapeHtml } from '../escape.js';
import { draw, svgShape } from './draw.js';
import type { Figure } from './figure.js';
import { type Shape, shape } from './shape.js';
import { baseText, describe, headOf } from './words.js';

/** Width of a figure where none is given, in pixels. */
export const WIDTH = 760;

/** The markup of a picture. */
export function markupOf({ tag, attributes, children }: Shape): string {
  const given = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeHtml(String(value))}"`);
  const inside = children.map((child) => (typeof child === 'string' ? escapeHtml(child) : markupOf(child)));
  return `<${tag}${given.join('')}>${inside.join('')}</${tag}>`;
}

/** Figures one below the other as a file of its own. */
export function figuresSvg(name: string, figures: readonly Figure[]): string {
  const parts: Shape[] = [];
  let height = 0;
  for (const figure of figures) {
    const drawn = draw(figure, WIDTH);
    parts.push(shape('g', { transform: `translate(0,${height})` }, ...drawn.parts));
    height += drawn.height;
  }
  const description = figures
    .map((figure) => `${headOf(figure)}, ${baseText(figure)}. ${describe(figure)}`)
    .join(' ');
  return `${markupOf(svgShape(WIDTH, height, name, description, parts))}\n`;
}
