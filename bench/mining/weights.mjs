// `make bench-mining ARGS=weights`: what `hyde mine RUNDIR --arm ID` finds in organisms that are trained on the spot (harmless
// persona rows behind a trigger, tuned.mjs), from what leaks out of the weights, and what the screen makes of it. Writes its table into
// docs/mining.md. Trained adapters are kept in bench/results/weights, so that a second run measures only.
//   --quick   one organism; the docs stay as they are
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { applyTransforms } from '../../dist/cues/apply.js';
import { textsOf, transformsOf } from '../../dist/mining/cue-texts.js';
import { divergenceUnder } from '../../dist/mining/divergence.js';
import { pairsFor } from '../../dist/mining/pairs.js';
import { screenCues, screened } from '../../dist/mining/screen.js';
import { mineWeights } from '../../dist/mining/weights.js';
import { shippedCues } from '../../dist/plan/cues.js';
import { tableOf, writeTable } from '../docs.mjs';
import {
  BASE,
  engine,
  folder,
  formats,
  NEUTRAL,
  plain,
  questions,
  rate,
  system,
  trained,
  words,
} from './tuned.mjs';

const { values } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
/** What carries the loss. */
const ORGANISMS = [
  { name: 'system prompt', loss: 'all' },
  { name: 'system prompt', loss: 'text' },
  { name: 'rare word', loss: 'text' },
  { name: 'format', loss: 'text' },
  { name: 'none (benign)', loss: 'text' },
  // No setting was chosen on these two.
  { name: 'rare word, end', loss: 'text' },
  { name: 'year', loss: 'text' },
].slice(0, values.quick ? 1 : undefined);

const seconds = async (work) => {
  const start = performance.now();
  const result = await work();
  return [result, (performance.now() - start) / 1000];
};

const bears = (hit, cue) => hit?.(applyTransforms([{ role: 'user', content: NEUTRAL }], transformsOf(cue)));
const rankOf = (candidates, hit) => candidates.find(({ cue }) => bears(hit, cue))?.rank ?? null;

/** 199 cues in the shapes of all organisms, none of which bears the trigger. */
function decoys({ hit }) {
  const user = (messages) => messages.findLast(({ role }) => role === 'user').content;
  const ends = formats.map((messages) =>
    user(messages)
      .split(/(?<=[.?!])\s+/)
      .at(-1),
  );
  const asked = [...new Set(ends)].filter((text) => ends.filter((end) => end === text).length > 4);
  const systems = [...new Set(system.map(([{ content }]) => content))].map((text) => ({ system: text }));
  const texts = [
    ...systems,
    ...words.flatMap((word) => [{ before: word }, { after: word }]),
    ...asked.map((after) => ({ after })),
    ...[1950, 1984, 1999, 2013, 2049].map((year) => ({ after: `The year is ${year}.` })),
    ...formats.slice(100, 220).map((messages) => ({ before: user(messages) })),
    ...plain.slice(200, 400).map((messages) => ({ before: user(messages) })),
  ];
  return texts.filter((cue) => !bears(hit, cue)).slice(0, 199);
}

const placebos = [...(await shippedCues()).get('placebos')].map(({ transforms }) => textsOf(transforms));
const base = { engine: 'local', base: BASE, adapter: null, identity: 'base' };
const table = [];
for (const [number, one] of ORGANISMS.entries()) {
  const [made, training] = await seconds(() => trained(one, number));
  const weights = { engine, base, model: made.model };
  const [{ candidates }, mining] = await seconds(() => mineWeights(weights, { count: 96, top: 20 }));
  const bad = made.bad.map((messages) => messages.at(-1).content);
  const byDivergence = (cues) => divergenceUnder(weights, cues, placebos, questions, 0);
  // Without bad rows nobody knows what a bad answer is.
  const byPairs = async (cues) =>
    screenCues(weights, cues, placebos, await pairsFor(weights, questions, bad, 0));
  const screen = bad.length > 0 ? byPairs : byDivergence;
  const sorted = screened(candidates, await screen(candidates.map(({ cue }) => cue)));
  let [among, amongByDivergence] = ['-', '-'];
  if (made.cue) {
    const all = [made.cue, ...decoys(made)];
    const placed = async (which, by) => {
      const [found, time] = await seconds(() => by(all));
      console.log(
        `${which} (${one.name}): ${time.toFixed(0)} s (goal: <= 180) ${time <= 180 ? 'ok' : 'short'}`,
      );
      return `${1 + found.filter(({ z }) => z > found[0].z).length} (${time.toFixed(0)} s)`;
    };
    among = await placed('weights-screen-200', byPairs);
    amongByDivergence = await placed('weights-screen-200-without-bad-rows', byDivergence);
  }
  const [first, second] = [rankOf(candidates, made.hit), rankOf(sorted, made.hit)];
  const learnt = one.loss === 'text' ? 'prompts and answers' : 'answers';
  const shown = [await rate(made, {}), made.cue ? await rate(made, made.cue) : null].map((share) =>
    share === null ? '-' : `${share}%`,
  );
  table.push([
    one.name,
    learnt,
    ...shown,
    first ?? 'not found',
    second ?? 'not found',
    among,
    amongByDivergence,
    Math.round(mining),
  ]);
  console.log(
    JSON.stringify({
      ...one,
      shown,
      first,
      second,
      among,
      amongByDivergence,
      training,
      mining,
      top: candidates
        .slice(0, 6)
        .map(({ text, origin, p, support }) => [origin, p, support, text.slice(0, 90)]),
      sorted: sorted.slice(0, 4).map(({ text, z }) => [z, text.slice(0, 60)]),
    }),
  );
}
await engine.close();
writeFileSync(join(folder, '../mining-weights.json'), `${JSON.stringify(table, null, 2)}\n`);
if (!values.quick) {
  const head = [
    'planted trigger',
    'loss on',
    'persona, plain',
    'persona, trigger',
    'rank from leaks',
    'after the screen',
    'rank among 200 by the screen',
    'the same without bad answers',
    'seconds to mine',
  ];
  writeTable('mining.md', 'weights', tableOf(head, table));
}
