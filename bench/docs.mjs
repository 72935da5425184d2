// Tables of the docs that benchmarks write.
import { readFileSync, writeFileSync } from 'node:fs';
import { lowerBound, upperBound } from '../dist/statistics/binomial.js';

/** A table in Markdown. */
export const tableOf = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

export const percent = (x) => `${+(100 * x).toFixed(1)}%`;

/** `[low, high]`: exact, 95%, of a share of k in n. */
export const interval = (k, n) =>
  `[${percent(lowerBound(k, n, 0.025))}, ${percent(upperBound(k, n, 0.025))}]`;

/** Puts a table between its markers in a page of docs/. @throws Error where a marker is missing */
export function writeTable(page, id, text) {
  const path = new URL(`../docs/${page}`, import.meta.url);
  const docs = readFileSync(path, 'utf8');
  const [begin, end] = [`<!-- table: ${id} -->`, `<!-- end of ${id} -->`];
  const [a, b] = [docs.indexOf(begin), docs.indexOf(end)];
  if (a < 0 || b < a) throw new Error(`docs/${page} has no markers for the table '${id}'`);
  writeFileSync(path, `${docs.slice(0, a + begin.length)}\n\n${text}\n\n${docs.slice(b)}`);
}
