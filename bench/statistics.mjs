// `make bench-statistics`: false claims, false clean, power, stopping times and coverage over a grid of known truths, on all
// cores. Prints the tables and writes them into docs/statistics.md between its markers.
//   --quick       a hundredth of the runs, in seconds; the docs stay as they are
//   --scale X     X times the runs; the docs are written at 1, or with --write
//   --only ID     one table: claims, stopping, clean, false-clean, calibration, fixed, whole, intervals, broken
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { tableOf, writeTable } from './docs.mjs';
import { tables } from './statistics/grid.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    scale: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean' },
  },
});
const scale = values.quick ? 0.01 : Number(values.scale ?? 1);
const chosen = tables.filter(({ id }) => !values.only || id === values.only);
const CHUNKS = 4;

/** Jobs of about a quarter of a row each, the long rows first. */
function jobsOf(table) {
  return table.rows.flatMap((row, index) => {
    const runs = Math.max(2, Math.round(table.runs * (row.weight ?? 1) * scale));
    const size = Math.ceil(runs / CHUNKS);
    const starts = Array.from({ length: Math.ceil(runs / size) }, (_, i) => i * size);
    return starts.map((from) => ({ table: table.id, row: index, from, to: Math.min(runs, from + size) }));
  });
}

async function simulateAll(jobs) {
  const sums = new Map();
  const queue = [...jobs].reverse();
  let done = 0;
  const one = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./statistics/worker.mjs', import.meta.url));
      const next = () => {
        const job = queue.pop();
        if (job) worker.postMessage(job);
        else worker.terminate().then(() => resolve());
      };
      worker.on('error', reject);
      worker.on('message', ({ job, sums: found }) => {
        const key = `${job.table}|${job.row}`;
        const total = sums.get(key) ?? {};
        for (const [name, value] of Object.entries(found)) total[name] = (total[name] ?? 0) + value;
        sums.set(key, total);
        if (process.stderr.isTTY) process.stderr.write(`\r${++done} of ${jobs.length} `);
        next();
      });
      next();
    });
  await Promise.all(Array.from({ length: availableParallelism() }, one));
  return sums;
}

/** One table in Markdown. */
function tableText(table, sums) {
  const names = Object.keys(table.columns);
  const cellsOf = (name, sum, row) => [
    name,
    ...names.map((column) =>
      table.only?.[column] && !table.only[column](row) ? '' : table.columns[column](sum, row),
    ),
  ];
  const rows = table.rows.map((row, i) => cellsOf(row.name, sums.get(`${table.id}|${i}`), row));
  if (table.total) {
    const all = {};
    for (let i = 0; i < table.rows.length; i++) {
      for (const [k, v] of Object.entries(sums.get(`${table.id}|${i}`))) all[k] = (all[k] ?? 0) + v;
    }
    rows.push(cellsOf('all together', all, {}));
  }
  return `**${table.title}**\n\n${tableOf(['truth', ...names], rows)}`;
}

const start = performance.now();
const sums = await simulateAll(chosen.flatMap(jobsOf));
if (process.stderr.isTTY) process.stderr.write('\n');
for (const table of chosen) {
  const text = tableText(table, sums);
  console.log(`${text}\n`);
  if (scale === 1 || values.write) writeTable('statistics.md', table.id, text);
}
console.log(`${Math.round((performance.now() - start) / 1000)} s on ${availableParallelism()} cores`);
