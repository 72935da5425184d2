// Tables of the docs that benchmarks write.
import { readFileSync, writeFileSync } from 'node:fs';

/** Puts a table between its markers in a page of docs/. @throws Error where a marker is missing */
export function writeTable(page, id, text) {
  const path = new URL(`../docs/${page}`, import.meta.url);
  const docs = readFileSync(path, 'utf8');
  const [begin, end] = [`<!-- table: ${id} -->`, `<!-- end of ${id} -->`];
  const [a, b] = [docs.indexOf(begin), docs.indexOf(end)];
  if (a < 0 || b < a) throw new Error(`docs/${page} has no markers for the table '${id}'`);
  writeFileSync(path, `${docs.slice(0, a + begin.length)}\n\n${text}\n\n${docs.slice(b)}`);
}
