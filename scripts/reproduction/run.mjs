// Runs the miniature of every recipe, keeps its answers, and writes docs/reproduction.md. Run again, it goes on where it stopped.
//   node scripts/reproduction/run.mjs              all that are not recorded as they are now
//   node scripts/reproduction/run.mjs NAME...      these recipes
//   node scripts/reproduction/run.mjs --page       only the page, from what is recorded
//   node scripts/reproduction/run.mjs --judge      the outcomes of recorded answers by the judges as they are now, and the page
//   --runs DIR                                     where the run folders stand; runs/reproduction unless given
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shortHash } from '../../dist/shared/hash.js';
import { EXPERIMENTS, experimentOf } from './experiments.mjs';
import { PAGE, pageOf } from './page.mjs';
import { isMadeBy, judgeAgain, readRecord, recordedExperiments, writeRecord } from './record.mjs';

const {
  values: { page, judge, runs },
  positionals: names,
} = parseArgs({
  allowPositionals: true,
  options: {
    page: { type: 'boolean' },
    judge: { type: 'boolean' },
    runs: { type: 'string', default: join('runs', 'reproduction') },
  },
});

const bin = fileURLToPath(new URL('../../bin/hyde.js', import.meta.url));
const isRecorded = (experiment) => {
  const record = readRecord(experiment.recipe);
  return record !== null && isMadeBy(record, experiment);
};

function hyde(...args) {
  console.log(`hyde ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, [bin, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Other settings have another folder: a run folder belongs to one set of models. */
async function record(experiment) {
  const { recipe, made } = experiment;
  const folder = join(runs, `${recipe}-${shortHash(made)}`);
  const audit = join(folder, 'audit.yaml');
  const out = join(folder, 'run');
  if (!existsSync(audit)) hyde('init', folder, '--recipe', recipe);
  // Every answer is this run's own.
  hyde('run', audit, '--mini', '--no-cache', '-o', out);
  await writeRecord(experiment, out);
}

const unknown = names.find((name) => !EXPERIMENTS.includes(name));
if (unknown) {
  console.error(`no experiment is called '${unknown}': ${EXPERIMENTS.join(', ')}`);
  process.exit(2);
}
for (const recipe of judge ? EXPERIMENTS : []) {
  const experiment = await experimentOf(recipe);
  const known = experiment && readRecord(recipe);
  if (known) console.log(`${recipe}: ${judgeAgain(experiment, known)} outcomes changed`);
}
for (const recipe of page || judge ? [] : EXPERIMENTS) {
  const experiment = await experimentOf(recipe);
  if (experiment === null) console.log(`${recipe}: has no miniature`);
  else if (names.includes(recipe) || (names.length === 0 && !isRecorded(experiment)))
    await record(experiment);
}
writeFileSync(PAGE, pageOf(await recordedExperiments()));
console.log(`wrote ${fileURLToPath(PAGE)}`);
