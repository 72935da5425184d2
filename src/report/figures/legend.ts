import type { Figure } from './figure.js';
import { clip, label, type Shape } from './shape.js';
import { baseText, headOf } from './words.js';

/** What stands in a legend: a sign, drawn around a point, and its name. */
export interface Entry {
  text: string;
  mark(x: number, y: number): Shape[];
}

const SIGN = 30;
const LETTER = 6.4;
const LINE = 19;

/** Width that a text takes, about. */
export const widthOf = (text: string): number => text.length * LETTER;

/** Entries side by side, as many in a line as there is room for. @returns the legend, and the height where it ends */
export function legend(entries: readonly Entry[], left: number, top: number, width: number) {
  const parts: Shape[] = [];
  let [x, y] = [left, top + LINE / 2];
  for (const { text, mark } of entries) {
    const room = SIGN + widthOf(text) + 14;
    if (x > left && x + room > left + width) [x, y] = [left, y + LINE];
    parts.push(...mark(x + SIGN / 2 - 2, y), label(text, 'dim', x + SIGN, y + 4));
    x += room;
  }
  return { parts, bottom: y + LINE / 2 };
}

/** The two lines above a figure. */
export const heading = (figure: Figure, width: number): Shape[] => [
  label(headOf(figure), 'head', 8, 18),
  label(clip(baseText(figure), Math.floor(width / LETTER)), 'dim', 8, 36),
];
