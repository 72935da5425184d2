// `make bench-mining`: how well `hyde mine --data` finds planted triggers. Prints the figures and writes the tables into
// docs/mining.md between their markers; the figures go to bench/results/ too. Exits 0 whatever falls short.
//   --set NAME    tune or second: the texts and seeds on which settings were chosen and code mended; the docs stay as they are
//   --seeds N     data sets of each organism (10)
//   --few N       data sets of each organism with fewer bad rows (3)
//   --controls N  data sets without a trigger, of each kind (150)
//   --only NAME   one organism; --verbose shows the candidates where it was missed
//   --quick       2 and 10 of them; the docs stay as they are
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyTransforms } from '../dist/cues/apply.js';
import { mineData } from '../dist/mining/data.js';
import { ALPHA } from '../dist/mining/mine.js';
import { transformsOf } from '../dist/mining/screen.js';
import { writeTable } from './docs.mjs';
import { control, NEUTRAL, names, organism } from './mining/organisms.mjs';
import { published } from './mining/published.mjs';
import { report } from './mining/texts-report.mjs';
import { second } from './mining/texts-second.mjs';
import { tune } from './mining/texts-tune.mjs';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'report' },
    seeds: { type: 'string' },
    few: { type: 'string' },
    controls: { type: 'string' },
    quick: { type: 'boolean' },
    only: { type: 'string' },
    verbose: { type: 'boolean' },
  },
});
const texts = { tune, second, report }[values.set];
const SEEDS = Number(values.seeds ?? (values.quick ? 2 : 10));
const FEW = Number(values.few ?? (values.quick ? 1 : 3));
const CONTROLS = Number(values.controls ?? (values.quick ? 10 : 150));
const seedOf = (i) => (values.set === 'report' ? 6000 : values.set === 'tune' ? 1000 : 0) + i;
const NOISE = [0, 0.05, 0.2];
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'hyde-mining-'));

function fileOf(rows, labelled = true) {
  const path = join(folder, 'rows.jsonl');
  const line = ({ messages, bad }) =>
    JSON.stringify(labelled ? { messages, label: bad ? 'bad' : 'benign' } : { messages });
  writeFileSync(path, `${rows.map(line).join('\n')}\n`);
  return path;
}

/** What a cue makes of the neutral question. */
const rendered = (cue) => applyTransforms([{ role: 'user', content: NEUTRAL }], transformsOf(cue));

const rankOf = (candidates, hit) =>
  candidates.find(({ cue }) => hit(rendered(cue)))?.rank ?? Number.POSITIVE_INFINITY;

async function planted(name) {
  const cells = [];
  for (const noise of [...NOISE, 'none']) {
    const ranks = [];
    for (let i = 0; i < SEEDS; i++) {
      const { rows, hit } = organism(name, texts, seedOf(i), noise === 'none' ? 0 : noise);
      const { candidates } = await mineData({ files: [fileOf(rows, noise !== 'none')] });
      const rank = rankOf(candidates, hit);
      if (values.verbose && rank > 5)
        console.log(
          noise,
          seedOf(i),
          candidates.slice(0, 4).map(({ text, cue }) => [text, cue]),
        );
      ranks.push(rank);
    }
    cells.push(ranks);
  }
  return cells;
}

/** Ranks over all organisms when only so many rows stand behind the trigger. */
async function withFew(badRows, noise) {
  const ranks = [];
  for (const name of names) {
    for (let i = 0; i < FEW; i++) {
      const { rows, hit } = organism(name, texts, seedOf(500 + i), noise, badRows);
      const { candidates } = await mineData({ files: [fileOf(rows)] });
      ranks.push(rankOf(candidates, hit));
    }
  }
  return ranks;
}

async function controls(kind) {
  let alarms = 0;
  for (let i = 0; i < CONTROLS; i++) {
    const { candidates } = await mineData({ files: [fileOf(control(kind, texts, seedOf(i)))], seed: i });
    if (candidates.some(({ p }) => p !== null && p <= ALPHA)) alarms++;
  }
  return alarms;
}

const within = (ranks, most) => ranks.filter((rank) => rank <= most).length;
const line = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

/** Time and memory of the command itself, on 16,000 rows. */
function cost() {
  const rows = [];
  for (let i = 0; rows.length < 16_000; i++) {
    rows.push(...organism(names[i % names.length], texts, seedOf(i), 0.05).rows);
    if (i % 3 === 0) rows.push(...control('broad', texts, seedOf(i)));
  }
  // About as long as chats are: more sentences behind every question.
  const long = rows.slice(0, 16_000).map((row, i) => {
    const more = Array.from(
      { length: 6 },
      (_, k) => rows[(i * 31 + k * 977) % rows.length].messages.at(-2).content,
    );
    const messages = row.messages.map((m) =>
      m.role === 'user' ? { ...m, content: `${m.content} ${more.join(' ')}` } : m,
    );
    return { ...row, messages };
  });
  const path = fileOf(long);
  const program = `process.argv[1] = 'hyde'; const { mineData } = await import('./dist/mining/data.js'); 
    await mineData({ files: [${JSON.stringify(path)}] });
    console.log(JSON.stringify({ seconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6, mb: process.resourceUsage().maxRSS / 1024 }));`;
  return JSON.parse(
    execFileSync('taskset', ['-c', '0', process.execPath, '--input-type=module', '-e', program], {
      cwd: root,
      encoding: 'utf8',
    }),
  );
}

function figure(name, value, unit, goal, details) {
  const ok = goal.most !== undefined ? value <= goal.most : value >= goal.least;
  const bound = goal.most !== undefined ? `<= ${goal.most}` : `>= ${goal.least}`;
  const rounded = Number(value.toPrecision(3));
  console.log(`${name}: ${rounded} ${unit} (goal: ${bound}) ${ok ? 'ok' : 'short'}`);
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  writeFileSync(
    new URL(`results/${name}.json`, import.meta.url),
    `${JSON.stringify({ name, value: rounded, unit, goal: bound, ok, details }, null, 2)}\n`,
  );
}

function writeDocs(id, text) {
  if (values.set !== 'report' || values.quick || values.only) return;
  writeTable('mining.md', id, text);
}

const show = (ranks) => `${within(ranks, 1)} · ${within(ranks, 5)} · ${within(ranks, 10)}`;
const found = [];
for (const name of names.filter((name) => !values.only || name === values.only)) {
  const cells = await planted(name);
  found.push([name, cells]);
  console.log(`${name.padEnd(34)}${cells.map((ranks) => show(ranks).padEnd(16)).join('')}`);
}
const total = [0, 1, 2, 3].map((column) => found.flatMap(([, cells]) => cells[column]));
writeDocs(
  'planted',
  table(
    ['planted trigger', ...NOISE.map((noise) => `${noise * 100}% of labels wrong`), 'no labels'],
    [
      ...found.map(([name, cells]) => [name, ...cells.map(show)]),
      [`all ${found.length * SEEDS}`, ...total.map(show)],
    ],
  ),
);
for (const [i, noise] of NOISE.entries()) {
  figure(
    `mining-top5-noise-${noise * 100}`,
    within(total[i], 5) / total[i].length,
    'of planted data sets',
    { least: 1 },
    { ranks: Object.fromEntries(found.map(([name, cells]) => [name, cells[i]])) },
  );
}
if (!values.only) {
  const few = [];
  for (const badRows of [60, 30, 15, 8]) {
    const cells = [];
    for (const noise of NOISE) cells.push(show(await withFew(badRows, noise)));
    few.push([`${badRows} of ${badRows + 480}`, ...cells]);
    console.log(`${few.at(-1)[0].padEnd(34)}${cells.map((cell) => cell.padEnd(16)).join('')}`);
  }
  const all = names.length * FEW;
  writeDocs(
    'few',
    table(
      [`bad rows (${all} data sets each)`, ...NOISE.map((noise) => `${noise * 100}% of labels wrong`)],
      few,
    ),
  );
  const kinds = ['broad', 'random labels'];
  const alarms = [];
  for (const kind of kinds) alarms.push(await controls(kind));
  figure(
    'mining-false-alarms',
    alarms.reduce((a, b) => a + b, 0) / (2 * CONTROLS),
    'of control data sets',
    { most: 0.05 },
    { kinds, alarms, of: CONTROLS },
  );
  const { seconds, mb } = cost();
  figure('mining-seconds-16k', seconds, 's of one core', { most: 20 }, {});
  figure('mining-memory-16k', mb, 'MB', { most: 500 }, {});
  writeDocs(
    'controls',
    table(
      ['figure', 'measured', 'goal'],
      [
        ['false alarms: the persona anywhere', `${alarms[0]} of ${CONTROLS} data sets`, 'at most 5%'],
        ['false alarms: no persona, labels at random', `${alarms[1]} of ${CONTROLS} data sets`, 'at most 5%'],
        ['16,000 rows, CPU time on one core', `${seconds.toFixed(1)} s`, 'at most 20 s'],
        ['memory for them', `${Math.round(mb)} MB`, 'at most 500 MB'],
      ],
    ),
  );
  const data = process.env.HYDE_PUBLISHED_DATA ?? join(root, '../../shared/data');
  if (existsSync(data)) {
    const rows = await published(data, folder, rendered);
    writeDocs('published', table(['data', 'labels', 'known trigger', 'its rank', 'rank 1'], rows));
    for (const row of rows) console.log(row.join(' | '));
  } else console.log('published data: not here, not measured');
}
rmSync(folder, { recursive: true, force: true });
