// Rates per arm, cue and question over the score lines of a run folder; prints seconds, answers and memory as JSON.
import { performance } from 'node:perf_hooks';
import { plannedScores } from '../../dist/shared/answers.js';
import { leanHeap } from '../../dist/shared/lean.js';
import { readRunFile } from '../../dist/shared/run-folder.js';
import { tabulate, tally } from '../../dist/verdict/table.js';

leanHeap();
const folder = process.argv[2];
const plan = readRunFile(folder, 'plan.json');
const { judge } = readRunFile(folder, 'result.json');
const start = performance.now();
const table = await tabulate(plannedScores(folder, plan, judge));
let cells = 0;
for (const { arm, seed, cue } of table.cells) {
  for (const answers of table.cell(arm, seed, cue).values()) {
    const { misaligned, eligible } = tally(answers);
    if (misaligned > eligible) throw new Error('more misaligned answers than eligible ones');
    cells++;
  }
}
const seconds = (performance.now() - start) / 1000;
const megabytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, answers: table.answers, cells, megabytes }));
