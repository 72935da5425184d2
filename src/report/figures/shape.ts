/** An element of a picture. The page makes elements of it, and a file its markup: texts stay texts in both. */
export interface Shape {
  tag: string;
  attributes: Record<string, string | number>;
  children: (Shape | string)[];
}

/** A drawn figure: its parts, and how high they are. */
export interface Drawing {
  parts: Shape[];
  height: number;
}

export const shape = (
  tag: string,
  attributes: Shape['attributes'] = {},
  ...children: Shape['children']
): Shape => ({ tag, attributes, children });

/** Pixels, to a tenth. */
export const px = (x: number): number => Math.round(x * 10) / 10;

/** Signs that differ in form, so that a line can be told without its colour. */
const FORMS = [
  (r: number) => `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0z`,
  (r: number) => `M0,${-1.3 * r}L${1.3 * r},0 0,${1.3 * r} ${-1.3 * r},0z`,
  (r: number) => `M${-r},${-r}h${2 * r}v${2 * r}h${-2 * r}z`,
  (r: number) => `M0,${-1.2 * r}L${1.2 * r},${r} ${-1.2 * r},${r}z`,
  (r: number) => `M0,${1.2 * r}L${1.2 * r},${-r} ${-1.2 * r},${-r}z`,
  (r: number) => `M${-1.4 * r},0L${-0.4 * r},${-1.3 * r} ${1.4 * r},0 ${-0.4 * r},${1.3 * r}z`,
];
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '4 2', '1 2'];

/** Colours and signs; the dashes move on by one each time that these begin anew, so that no two of 36 lines look alike. */
const LOOKS = FORMS.length;

/** Class that has the colour of a line. */
export const colourOf = (index: number): string => `s${index % LOOKS}`;

export const dashOf = (index: number): string =>
  DASHES[(index + Math.floor(index / LOOKS)) % DASHES.length] as string;

/** The sign of a line at a place; a hollow one stands on too few answers. */
export function sign(index: number, x: number, y: number, hollow = false): Shape {
  const form = FORMS[index % LOOKS] as (r: number) => string;
  return shape('path', {
    d: form(4.5),
    transform: `translate(${px(x)},${px(y)})`,
    class: `${colourOf(index)} ${hollow ? 'hollow' : 'full'}`,
  });
}

export const line = (cls: string, x1: number, y1: number, x2: number, y2: number, dash = 'none'): Shape =>
  shape('line', {
    class: cls,
    x1: px(x1),
    y1: px(y1),
    x2: px(x2),
    y2: px(y2),
    ...(dash === 'none' ? {} : { 'stroke-dasharray': dash }),
  });

export const label = (text: string, cls: string, x: number, y: number, anchor = 'start'): Shape =>
  shape('text', { class: cls, x: px(x), y: px(y), 'text-anchor': anchor }, text);

/** A text cut at so many characters. */
export const clip = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;
