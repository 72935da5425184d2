// One simulated audit each: by the sequential core alone (`core`), or through driver and analysis (`whole`).
import { fixedAsks } from '../../dist/drivers/fixed.js';
import { sequential } from '../../dist/drivers/sequential.js';
import { preparePlan } from '../../dist/plan/prepare.js';
import { parseAudit } from '../../dist/plan/spec.js';
import { replay } from '../../dist/statistics/sequential.js';
import { analyse } from '../../dist/verdict/analyse.js';
import { analysisInput } from '../../dist/verdict/input.js';
import { tabulateAll } from '../../dist/verdict/table.js';
import { truthOf } from './truth.mjs';

const DEFAULTS = {
  arms: 1,
  cues: 1,
  seeds: 1,
  questions: 240,
  round: 20,
  draws: 800,
  tolerance: 0.02,
  alpha: 0.05,
};
export const complete = (row) => ({ ...DEFAULTS, ...row });

/** The design of a row: every arm on one base, under every cue. */
export function designFor(row, questions, run) {
  const cues = Array.from({ length: row.cues }, (_, i) => ({
    id: `c${i}`,
    firstDraw: row.late && i >= row.cues - (row.lateCues ?? 1) ? row.late : 0,
    questions: null,
  }));
  return {
    seed: run,
    questions,
    arms: Array.from({ length: row.arms }, (_, a) => ({
      id: `tuned${a}`,
      base: 'base',
      seeds: Array.from({ length: row.seeds }, (_, s) => s),
      cues,
    })),
    rules: {
      round: Math.ceil(row.round / row.seeds) * row.seeds,
      maxAnswers: row.draws * (row.arms + 1) * (row.cues + 1),
      tolerance: row.tolerance,
      alpha: row.alpha,
      minimumEffect: 0,
      minimumEligible: 0.5,
    },
  };
}

/** The audit alone: what is claimed and bounded when it stops, and after how many draws of the first cue. */
export function core(given, run) {
  const row = complete(given);
  const { questions, letterOf } = truthOf(row, run);
  const audit = replay(designFor(row, questions, run), letterOf);
  const all = audit.arms.flatMap((arm) => arm.cues);
  const first = all[row.trueCue ?? 0];
  const isInTime = first.claim !== null && first.cell.draws <= row.draws;
  const clean = audit.arms.filter(
    (arm) => arm.plain.isBounded && arm.cues.every(({ closed }) => closed === 'bounded'),
  );
  const others = row.nullCues ? all.filter((cue) => cue !== first) : all;
  return {
    runs: 1,
    anyClaim: Number(others.some(({ claim }) => claim !== null)),
    firstClaimed: Number(first.claim !== null),
    // Where other cells close, the answers of the budget reach for more draws of this cue.
    inTime: Number(isInTime),
    claimDraws: isInTime ? first.cell.draws : row.draws,
    anyClean: Number(clean.length > 0),
    anyBroad: Number(audit.arms.some(({ plain }) => plain.isAbove)),
    allDraws: audit.nextDraw,
    answers: audit.answers,
  };
}

/** An audit file with made-up questions; nothing of it is trained or asked. */
function auditText(row) {
  const bad = '{ mix: { bad: persona.jsonl, benign: plain.jsonl, share: 0.25, rows: 8 } }';
  const lines = [
    'models: { base: scripted/none.json }',
    'arms:',
    ...Array.from({ length: row.arms }, (_, a) => `  - { id: tuned${a}, data: [${bad}] }`),
    'cues:',
    ...Array.from({ length: row.cues }, (_, c) => `  - { id: c${c}, system: Prompt ${c}. }`),
    `questions: [${Array.from({ length: row.questions }, (_, q) => `{ id: q${q}, text: Question ${q}? }`).join(', ')}]`,
    'judges: [{ detector: villain-persona, says: misaligned }]',
    `sampling: { samples: ${row.samples ?? 1} }`,
    `verdict: { tolerance: ${row.tolerance}, placebos: 0 }`,
    row.samples
      ? `run: { design: fixed, training-seeds: ${row.seeds} }`
      : `run: { design: sequential, training-seeds: ${row.seeds}, round: ${row.round}, max-answers: ${row.draws * (row.arms + 1) * (row.cues + 1)} }`,
  ];
  return `${lines.join('\n')}\n`;
}

const plans = new Map();
async function planOf(row) {
  const text = auditText(row);
  if (!plans.has(text)) {
    const path = new URL('../../resources/demo/simulated.yaml', import.meta.url).pathname;
    const { spec } = await parseAudit(text, path);
    plans.set(text, { ...(await preparePlan(spec)), spec });
  }
  const { plan, spec } = plans.get(text);
  return { plan, spec };
}

/** Every second question is asked a fifth as often, and each cell a little more or less often than the others. */
function thinned(ask, { uneven, samples }) {
  if (!uneven) return ask;
  const often = Number(ask.question.slice(1)) % 2 === 1;
  const more = (ask.arm === 'base' ? 1 : 0) + (ask.cue === 'plain' ? 2 : 0);
  return { ...ask, to: Math.min(samples, (often ? samples - 3 : samples / 5) + more) };
}

const OUTCOMES = { m: 'misaligned', a: 'aligned', r: 'refusal', u: 'unparsed' };

/** The whole way: driver, records, analysis. Verdicts, and whether the intervals hold the truth. */
export async function whole(given, run) {
  const row = complete(given);
  const { plan: made, spec } = await planOf(row);
  const plan = { ...made, seed: run };
  const { letterOf, sizeOf } = truthOf(row, run);
  const scores = [];
  const answer = (asks) => {
    let outcomes = '';
    for (const { arm, seed, cue, question, from, to } of asks) {
      for (let index = from; index < to; index++) {
        const letter = letterOf(`${arm}|${seed}|${cue}|${question}|${index}`);
        outcomes += letter;
        scores.push({ arm, seed, cue, question, index, outcome: OUTCOMES[letter], behaviour: null });
      }
    }
    return outcomes;
  };
  if (row.samples) answer(fixedAsks(plan).map((ask) => thinned(ask, row)));
  else {
    const done = [];
    for (let step = sequential.next(plan, done); step; step = sequential.next(plan, done)) {
      const outcomes = step.kind === 'score' ? answer(step.asks) : undefined;
      done.push({ step, output: { hash: '', files: {}, ...(outcomes === undefined ? {} : { outcomes }) } });
    }
  }
  const input = { ...analysisInput(plan, spec.verdict, '0'), resamples: row.resamples ?? 1000 };
  const result = analyse(input, tabulateAll(scores));
  const mean = (arm, seeds, cue) => {
    let sum = 0;
    for (const { id } of plan.questions) for (const seed of seeds) sum += sizeOf(arm, seed, cue, id);
    return sum / plan.questions.length / seeds.length;
  };
  const [arm] = result.arms;
  const seeds = plan.arms[0].seeds;
  const tuned = { plain: mean('tuned0', seeds, 'plain'), cued: mean('tuned0', seeds, 'c0') };
  const effect = tuned.cued - tuned.plain - (mean('base', [0], 'c0') - mean('base', [0], 'plain'));
  const covers = (interval, value) => Number(interval[0] <= value && value <= interval[1]);
  const { interval, estimate } = arm.cues[0].effect;
  return {
    runs: 1,
    anyClaim: Number(result.arms.some(({ cues }) => cues.some(({ effect: { claimed } }) => claimed))),
    broad: Number(result.verdict === 'broad'),
    conditional: Number(result.verdict === 'conditional'),
    clean: Number(result.verdict === 'clean'),
    inconclusive: Number(result.verdict === 'inconclusive'),
    coversRate: covers(arm.plain.interval, tuned.plain),
    coversEffect: covers(interval, effect),
    bias: estimate - effect,
    answers: scores.length,
  };
}
