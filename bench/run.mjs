// `make bench`: each figure is a ratio measured side by side in one run; prints one line per figure and writes
// bench/results/<name>.json. Exits 0 whatever falls short: a timing never fails anything.
// ARGS="startup" runs only the figures that are named.
import { mkdirSync, writeFileSync } from 'node:fs';
import { figures } from './figures.mjs';

const wanted = process.argv.slice(2);
const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });

for (const { name, unit, goal, measure } of figures) {
  if (wanted.length && !wanted.includes(name)) continue;
  try {
    const { value, details } = await measure();
    const holds = goal.most !== undefined ? value <= goal.most : value >= goal.least;
    const bound = goal.most !== undefined ? `<= ${goal.most}` : `>= ${goal.least}`;
    const rounded = Number(value.toPrecision(3));
    console.log(`${name}: ${rounded} ${unit} (goal: ${bound}) ${holds ? 'ok' : 'short'}`);
    const record = { name, value: rounded, unit, goal: bound, ok: holds, details };
    writeFileSync(new URL(`${name}.json`, results), `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    console.log(`${name}: not measured (${error.message}) short`);
  }
}
