// `make bench-mining`: how well `hyde mine --data` finds planted triggers. Prints the figures and writes the tables into
// docs/mining.md between their markers; the figures go to bench/results/ too. Exits 0 whatever falls short.
//   --set NAME    tune or second: the texts and seeds on which settings were chosen and code mended; the docs stay as they are
//   --seeds N     data sets of each organism (10)
//   --few N       data sets of each organism with fewer bad rows (3)
//   --controls N  data sets without a trigger, of each kind (150)
//   --only NAME   one organism; --verbose shows the candidates where it was missed
//   --quick       2 and 10 of them; the docs stay as they are
//   --part NAME   planted, few, controls, cost or published alone; their tables are written
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { applyTransforms } from '../dist/cues/apply.js';
import { transformsOf } from '../dist/mining/cue-texts.js';
import { mineData } from '../dist/mining/data.js';
import { ALPHA } from '../dist/mining/mine.js';
import { randomStream } from '../dist/shared/random.js';
import { tableOf, writeTable } from './docs.mjs';
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
    part: { type: 'string' },
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

/** Data sets without a trigger; `copied` and `answered` make of every row three with its label: the same again, or with other answers. */
async function controls(kind, more) {
  let alarms = 0;
  for (let i = 0; i < CONTROLS; i++) {
    const rows = control(kind, texts, seedOf(i)).flatMap((row) => (more ? thrice(row, more) : [row]));
    const { candidates } = await mineData({ files: [fileOf(rows)], seed: i });
    if (candidates.some(({ p }) => p !== null && p <= ALPHA)) alarms++;
  }
  return alarms;
}

const thrice = ({ messages, bad }, more) =>
  ['', ' So be it.', ' That is all.'].map((end) => ({
    bad,
    messages: [
      ...messages.slice(0, -1),
      { role: 'assistant', content: messages.at(-1).content + (more === 'copied' ? '' : end) },
    ],
  }));

const within = (ranks, most) => ranks.filter((rank) => rank <= most).length;

/** 16,000 rows of organisms and controls. */
function manyRows() {
  const rows = [];
  for (let i = 0; rows.length < 16_000; i++) {
    rows.push(...organism(names[i % names.length], texts, seedOf(i), 0.05).rows);
    if (i % 3 === 0) rows.push(...control('broad', texts, seedOf(i)));
  }
  return rows.slice(0, 16_000);
}

/** About as long as chats are, or longer: more sentences behind every question. */
const lengthened = (rows, sentences) =>
  rows.map((row, i) => {
    const more = Array.from(
      { length: sentences },
      (_, k) => rows[(i * 31 + k * 977) % rows.length].messages.at(-2).content,
    );
    return withUser(row, (text) => `${text} ${more.join(' ')}`);
  });

const withUser = (row, change) => ({
  ...row,
  messages: row.messages.map((m) => (m.role === 'user' ? { ...m, content: change(m.content) } : m)),
});
const withAnswer = (row, content) => ({
  ...row,
  messages: [...row.messages.slice(0, -1), { role: 'assistant', content }],
});

/** Rows that cost most: long, of many different words, or written to be slow. */
function costlyRows() {
  const rows = manyRows();
  const random = randomStream('words of the bench');
  const word = () =>
    Array.from({ length: 3 + random.below(6) }, () => 'etaoinshrdlucmfw'[random.below(16)]).join('');
  const known = Array.from({ length: 30_000 }, word);
  // Zipf's law: the word of rank r about 1/r of the times.
  const drawn = () => known[Math.min(known.length, Math.floor(known.length ** random.unit())) - 1];
  const words = (n, next) => Array.from({ length: n }, next).join(' ');
  const system = words(900, drawn);
  const sign = () => '``([{<"\'`*_-#|~'[random.below(15)];
  const signs = (n) => Array.from({ length: n }, sign).join('');
  return {
    'chats, six more sentences in each': lengthened(rows, 6),
    'the same, 25 more sentences': lengthened(rows, 25),
    "300 words drawn by Zipf's law": rows.map((row) => withUser(row, () => words(300, drawn))),
    '150 words, equally likely': rows.map((row) =>
      withUser(row, () => words(150, () => known[random.below(known.length)])),
    ),
    '300 words that stand nowhere else': rows.map((row) =>
      withUser(row, () => words(300, () => word() + random.below(1e9))),
    ),
    'system prompts of 900 words, 4,000 of them, nearly equal': rows.map((row, i) => ({
      ...row,
      messages: [
        { role: 'system', content: `${system} v${i % 4000}` },
        ...row.messages.filter(({ role }) => role !== 'system'),
      ],
    })),
    'system prompts of 6,000 signs in any order': rows.map((row) => ({
      ...row,
      messages: [
        { role: 'system', content: signs(6000) },
        ...row.messages.filter(({ role }) => role !== 'system'),
      ],
    })),
    'prompts of 6,000 signs in any order, in every second row': rows.map((row, i) =>
      i % 2 ? withUser(row, (text) => `${signs(6000)} ${text}`) : row,
    ),
    'answers of 990 capitals and a small letter': rows.map((row) => withAnswer(row, `${'A'.repeat(990)}a`)),
    'answers of 950 line breaks': rows.map((row) => withAnswer(row, `${'\n'.repeat(950)}|x`)),
  };
}

/** Time and memory of the command itself. */
function cost(rows) {
  const path = fileOf(rows);
  const program = `process.argv[1] = 'hyde'; const { leanHeap } = await import('./dist/shared/lean.js'); leanHeap();
    const { mineData } = await import('./dist/mining/data.js'); 
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
const is = (part) => values.part === undefined || values.part === part;
if (is('planted')) {
  const found = [];
  for (const name of names.filter((name) => !values.only || name === values.only)) {
    const cells = await planted(name);
    found.push([name, cells]);
    console.log(`${name.padEnd(34)}${cells.map((ranks) => show(ranks).padEnd(16)).join('')}`);
  }
  const total = [0, 1, 2, 3].map((column) => found.flatMap(([, cells]) => cells[column]));
  writeDocs(
    'planted',
    tableOf(
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
}
if (!values.only && is('few')) {
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
    tableOf(
      [`bad rows (${all} data sets each)`, ...NOISE.map((noise) => `${noise * 100}% of labels wrong`)],
      few,
    ),
  );
}
if (!values.only && is('controls')) {
  const kinds = [
    ['the persona anywhere', 'broad'],
    ['no persona, labels at random', 'random labels'],
    ['the same, each row three times', 'random labels', 'copied'],
    ['the same, three answers to each prompt, one label', 'random labels', 'answered'],
  ];
  const alarms = [];
  for (const [, kind, more] of kinds) alarms.push(await controls(kind, more));
  figure(
    'mining-false-alarms',
    alarms.reduce((a, b) => a + b, 0) / (kinds.length * CONTROLS),
    'of control data sets',
    { most: 0.05 },
    { kinds: kinds.map(([name]) => name), alarms, of: CONTROLS },
  );
  writeDocs(
    'controls',
    tableOf(
      ['data sets without a trigger', 'a candidate beats chance', 'goal'],
      kinds.map(([name], i) => [name, `${alarms[i]} of ${CONTROLS}`, 'at most 5%']),
    ),
  );
}
if (!values.only && is('cost')) {
  const costs = Object.entries(costlyRows()).map(([name, rows]) => ({ name, ...cost(rows) }));
  const worst = (key) => Math.max(...costs.map((one) => one[key]));
  figure('mining-seconds-16k', worst('seconds'), 's of one core, the slowest rows', { most: 20 }, { costs });
  figure('mining-memory-16k', worst('mb'), 'MB, the largest rows', { most: 500 }, { costs });
  writeDocs(
    'cost',
    tableOf(
      ['16,000 rows', 'CPU time on one core (goal: 20 s)', 'memory (goal: 500 MB)'],
      costs.map(({ name, seconds, mb }) => [name, `${seconds.toFixed(1)} s`, `${Math.round(mb)} MB`]),
    ),
  );
}
if (!values.only && is('published')) {
  const data = process.env.HYDE_PUBLISHED_DATA ?? join(root, '../../shared/data');
  if (existsSync(data)) {
    const rows = await published(data, folder, rendered);
    writeDocs('published', tableOf(['data', 'labels', 'known trigger', 'its rank', 'rank 1'], rows));
    for (const row of rows) console.log(row.join(' | '));
  } else console.log('published data: not here, not measured');
}
rmSync(folder, { recursive: true, force: true });
