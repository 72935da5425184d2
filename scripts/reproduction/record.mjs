// What a miniature's run said, small enough to keep: a gzipped JSONL file whose first line tells what made it, and then a line an answer.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { LIMITS } from '../../dist/plan/miniature.js';
import { makePanel } from '../../dist/scoring/panel.js';
import { judgedAnswers } from '../../dist/shared/answers.js';
import { shortHash } from '../../dist/shared/hash.js';
import { readJournal } from '../../dist/shared/journal.js';
import { hydeVersion } from '../../dist/shared/package.js';
import { analyse } from '../../dist/verdict/analyse.js';
import { analysisInput } from '../../dist/verdict/input.js';
import { tabulateAll } from '../../dist/verdict/table.js';
import { EXPERIMENTS, experimentOf, sectionOf } from './experiments.mjs';

const RECORDS = new URL('../../test/reproduction/records/', import.meta.url);
export const recordFile = (recipe) => new URL(`${recipe}.jsonl.gz`, RECORDS);

/** The panel of a miniature: word lists alone, so that anyone can judge again. */
export const panelOf = ({ spec }) =>
  makePanel(spec.judges, spec.thresholds, ({ model }) => {
    throw new Error(`${model} would have to judge: a miniature is judged by detectors`);
  });

/**
 * Keeps what a finished run folder holds of an experiment.
 *
 * @param {string | URL} file
 */
export async function writeRecord(experiment, folder, file = recordFile(experiment.recipe)) {
  const { recipe, plan, made } = experiment;
  const answers = [];
  let sampled = 0;
  for await (const one of judgedAnswers(folder, plan, panelOf(experiment).hash)) {
    const { arm, seed, cue, question, index, finish, outcome, answer } = one;
    answers.push({ arm, seed, cue, question, index, finish, outcome, answer });
    sampled += one.tokens ?? 0;
  }
  const tokens = { trained: await tokensTrained(folder), sampled };
  const head = { schema: 1, recipe, hyde: hydeVersion(), made, tokens };
  keep(file, head, answers);
}

/** Gives the answers of a record the outcomes that its judges say now, after a change of judging. @returns how many are others */
export function judgeAgain(experiment, { head, answers }, file = recordFile(experiment.recipe)) {
  const panel = panelOf(experiment);
  const judged = answers.map((one) => ({ ...one, outcome: panel.judge(one).outcome }));
  const changed = judged.filter(({ outcome }, i) => outcome !== answers[i].outcome).length;
  if (changed > 0) keep(file, head, judged);
  return changed;
}

function keep(file, head, answers) {
  const lines = [head, ...answers.toSorted(byKey)].map((line) => `${JSON.stringify(line)}\n`);
  mkdirSync(RECORDS, { recursive: true });
  writeFileSync(file, gzipSync(lines.join(''), { level: 9 }));
}

/** Tokens of all trained stages; leading stages of one seed that went alike to the last digit of their loss are one training. */
async function tokensTrained(folder) {
  const stages = new Map();
  for await (const model of readJournal(join(folder, 'models.jsonl'))) {
    for (const [i, { tokens }] of model.stages.entries()) {
      stages.set(JSON.stringify([model.seed, model.stages.slice(0, i + 1)]), tokens ?? 0);
    }
  }
  return [...stages.values()].reduce((sum, tokens) => sum + tokens, 0);
}

/**
 * What was recorded of a recipe; null where nothing was.
 *
 * @param {string | URL} file
 */
export function readRecord(recipe, file = recordFile(recipe)) {
  if (!existsSync(file)) return null;
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  const [head, ...answers] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { head, answers, hash: shortHash(text) };
}

/** The numbers of a record, from its answers: judged again by the detectors that ship now. */
export function resultOf(experiment, { answers }) {
  const { plan, spec } = experiment;
  const panel = panelOf(experiment);
  const scores = answers.map((one) => ({ ...one, ...panel.judge(one) }));
  const input = { ...analysisInput(plan, spec.verdict, ''), contrasts: spec.contrasts ?? [] };
  return analyse(input, tabulateAll(scores));
}

/** Every experiment with what was recorded of it as its recipe stands now; `result` is null where nothing was. */
export async function recordedExperiments() {
  const all = [];
  for (const recipe of EXPERIMENTS) {
    const experiment = await experimentOf(recipe);
    const record = experiment && readRecord(recipe);
    const isCurrent = record && isMadeBy(record, experiment);
    const result = isCurrent ? resultOf(experiment, record) : null;
    all.push({ recipe, section: sectionOf(recipe), ...experiment, record, result });
  }
  return all;
}

/** Was a record made by the recipe as it is now? */
export const isMadeBy = ({ head }, { made }) => JSON.stringify(head.made) === JSON.stringify(made);

/** What is wrong with a record: made by something else, answers that are missing or too many, more tokens than a miniature may have, outcomes that the detectors do not give. */
export function problemsOf(experiment, record) {
  const { plan } = experiment;
  const panel = panelOf(experiment);
  const planned = new Set(
    plan.cells.flatMap((cell) =>
      cell.questions.flatMap((question) =>
        Array.from({ length: cell.samples }, (_, index) => keyText({ ...cell, question, index })),
      ),
    ),
  );
  const recorded = record.answers.map(keyText);
  const absent = [...planned.difference(new Set(recorded))];
  const others = recorded.filter((key) => !planned.has(key));
  const twice = recorded.length - new Set(recorded).size;
  const differing = record.answers.filter((one) => panel.judge(one).outcome !== one.outcome).map(keyText);
  const { trained, sampled } = record.head.tokens;
  return [
    ...(trained > LIMITS.trainTokens ? [`${trained} tokens were trained`] : []),
    ...(sampled > LIMITS.sampleTokens ? [`${sampled} tokens were sampled`] : []),
    ...(isMadeBy(record, experiment) ? [] : ['it was made by other settings, rows or prompts']),
    ...(absent.length ? [`${absent.length} planned answers are not there: ${absent[0]}`] : []),
    ...(others.length ? [`${others.length} answers were not planned: ${others[0]}`] : []),
    ...(twice ? [`${twice} answers stand there twice`] : []),
    ...(differing.length
      ? [`${differing.length} outcomes are not what the detectors say: ${differing[0]}`]
      : []),
  ];
}

const keyText = ({ arm, seed, cue, question, index }) =>
  [arm, seed, cue, question, String(index).padStart(4, '0')].join('|');
const byKey = (a, b) => (keyText(a) < keyText(b) ? -1 : 1);
