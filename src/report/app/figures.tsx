import { h, type VNode } from 'preact';
import { printable } from '../../shared/printable.js';
import { svgOf } from '../figures/draw.js';
import type { Figure } from '../figures/figure.js';
import type { Shape } from '../figures/shape.js';
import type { Data } from './data.js';
import { useWidth } from './width.js';

/** Narrower, texts would run into each other. */
const LEAST = 320;

/** The paper's figures of this run: by dose, or arm beside arm. */
export function Figures({ data: { evidence } }: { data: Data }) {
  if (evidence.figures.length === 0) return null;
  return (
    <section id="figures" aria-labelledby="figures-title">
      <h2 id="figures-title">{evidence.figures.length === 1 ? 'Figure' : 'Figures'}</h2>
      <div class="charts">
        {evidence.figures.map((figure, i) => (
          <Chart key={i} figure={figure} />
        ))}
      </div>
    </section>
  );
}

function Chart({ figure }: { figure: Figure }) {
  const { place, width } = useWidth();
  return (
    <figure class="chart">
      <div ref={place}>{width > 0 && elementOf(svgOf(figure, Math.max(LEAST, width)))}</div>
    </figure>
  );
}

const elementOf = ({ tag, attributes, children }: Shape): VNode =>
  h(
    tag,
    attributes,
    ...children.map((child) => (typeof child === 'string' ? printable(child) : elementOf(child))),
  );
