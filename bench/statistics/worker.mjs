// Runs simulations of one row and hands their sums back.
import { parentPort } from 'node:worker_threads';
import { peekedClopperPearson, peekedZ, seedsAsDraws, unknownAsZero } from './broken.mjs';
import { calibrated } from './calibrated.mjs';
import { tables } from './grid.mjs';
import { core, whole } from './simulate.mjs';

const brokenRules = { peekedClopperPearson, peekedZ, seedsAsDraws, unknownAsZero };
const simulators = { core, whole, calibrated, broken: (row, run) => brokenRules[row.broken](row, run) };

/** Sums of the runs `from` up to `to` of one row. */
async function sums({ table: id, row: index, from, to }) {
  const { rows, simulate } = tables.find((table) => table.id === id);
  const total = {};
  for (let run = from; run < to; run++) {
    const one = await simulators[simulate](rows[index], run);
    for (const [key, value] of Object.entries(one)) total[key] = (total[key] ?? 0) + value;
  }
  return total;
}

parentPort.on('message', async (job) => parentPort.postMessage({ job, sums: await sums(job) }));
