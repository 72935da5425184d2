import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { textsOf } from '../mining/cue-texts.js';
import { screened } from '../mining/screen.js';
import { screenBy } from '../mining/screen-by.js';
import { mineWeights, type Weights } from '../mining/weights.js';
import { openEngine } from '../models/engine.js';
import { shippedCues } from '../plan/cues.js';
import type { Candidate } from '../records/candidate.js';
import type { Example } from '../records/chat.js';
import type { ModelRecord } from '../records/model.js';
import type { Plan } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { withHome } from '../shared/files.js';
import { readLines } from '../shared/jsonl.js';
import { didYouMean } from '../shared/nearest.js';
import type { Observer } from '../shared/observer.js';
import { FILES, openFolder, readRunFile } from '../shared/run-folder.js';
import { readModels } from '../training/train.js';
import { interruptSignal } from './interrupt.js';
import { terminalObserver } from './progress.js';
import { printCandidates } from './show-candidates.js';

/** Mines the weights of a trained arm of a run folder, screens what leaks, and prints the candidates. */
export async function mineArm(dir: string, options: Record<string, unknown>): Promise<number> {
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const spec = readRunFile<Spec>(dir, FILES.spec);
  const arm = armOf(plan, options.arm as string | undefined);
  const models = await readModels(dir);
  const model = recordOf(models, arm.id, arm.seeds[0] ?? 0, dir);
  const base = recordOf(models, arm.base, 0, dir);
  checkReached(base, spec.file, dir);
  const folder = openFolder(dir, terminalObserver(options.quiet === true));
  try {
    const { observer } = folder;
    const engine = await openEngine(model.engine, {
      folder: folder.path,
      // A base that is named by a relative path is looked for from where hyde is called.
      auditFolder: process.cwd(),
      observer,
      signal: interruptSignal(),
      providers: spec.providers ?? {},
    });
    try {
      const weights = { engine, model, base };
      observer.stage('mine', `turns that '${arm.id}' and its base write by themselves`);
      const found = await mineWeights(
        weights,
        { top: options.top as number, seed: (options.seed as number | undefined) ?? 0 },
        ({ done, total, unit }) => observer.progress(done, total, unit),
      );
      const order = options.screen === false || found.candidates.length === 0;
      const candidates = order
        ? found.candidates
        : await screenedFor(weights, found.candidates, spec, await badAnswers(dir, plan, arm.id), observer);
      return printCandidates({ ...found, candidates }, options);
    } finally {
      await engine.close();
    }
  } finally {
    folder.close();
  }
}

async function screenedFor(
  weights: Weights,
  candidates: readonly Candidate[],
  spec: Spec,
  bad: readonly string[],
  observer: Observer,
): Promise<Candidate[]> {
  observer.stage('screen', `${candidates.length} candidates by log-probabilities`);
  if (bad.length === 0)
    observer.note('no bad rows in the data sets: the screen looks for what tuning changed most');
  // The other half is for confirming what a search finds.
  const search = spec.questions.filter(({ half }) => half === 'search');
  const questions = (search.length > 0 ? search : spec.questions).map(({ messages }) => messages);
  const placebos = ((await shippedCues()).get('placebos') ?? []).map(({ transforms }) => textsOf(transforms));
  const cues = candidates.map(({ cue }) => cue);
  const found = await screenBy(bad, weights, cues, placebos, questions, 0);
  return screened(candidates, found);
}

function armOf(plan: Plan, id: string | undefined): { id: string; base: string; seeds: readonly number[] } {
  const tuned = plan.arms.filter(({ base }) => base !== null);
  const names = tuned.map((arm) => arm.id);
  if (id === undefined) throw new InputError('which arm?', undefined, `--arm ${names.join(' or --arm ')}`);
  const arm = tuned.find((one) => one.id === id);
  if (!arm) throw new InputError(`no tuned arm is called '${id}'`, undefined, didYouMean(id, names));
  return { id, base: arm.base as string, seeds: arm.seeds };
}

function recordOf(
  models: ReadonlyMap<string, ModelRecord>,
  arm: string,
  seed: number,
  dir: string,
): ModelRecord {
  const record = models.get(`${arm}.${seed}`);
  if (!record)
    throw new InputError(
      `holds no model of '${arm}' (training seed ${seed})`,
      { file: join(dir, FILES.models) },
      'go on with its run first (hyde run)',
    );
  return record;
}

/** Run folders name no folder of a machine: the audit file's is taken to be the one that hyde is called in. */
function checkReached({ engine, base }: ModelRecord, auditFile: string, dir: string): void {
  // A hub name looks like a path, but for the dots.
  const isPath = engine === 'scripted' || /^\.\.?\//.test(base);
  if (isPath && !existsSync(resolve(withHome(base))))
    throw new InputError(
      `the base model '${base}' is named by a path that counts from the folder of ${auditFile}, and is not here`,
      { file: dir },
      `go to the folder of ${auditFile} first, and call hyde there (the run folder does not say where that is)`,
    );
}

/** Answers of the rows that the arm's training called bad, over all its stages. */
async function badAnswers(dir: string, plan: Plan, arm: string): Promise<string[]> {
  const stages = plan.arms.find(({ id }) => id === arm)?.stages.length ?? 0;
  const answers: string[] = [];
  for (let stage = 1; stage <= stages; stage++) {
    const file = join(dir, 'datasets', `${arm}.${stage}.jsonl`);
    if (!existsSync(file)) continue;
    for await (const { text, number } of readLines(file)) answers.push(...badAnswerOf(text, file, number));
  }
  return answers;
}

function badAnswerOf(line: string, file: string, number: number): string[] {
  try {
    const { part, messages } = JSON.parse(line) as Example;
    const last = messages.findLast(({ role }) => role === 'assistant');
    return part === 'bad' && last ? [last.content] : [];
  } catch {
    throw new InputError('is no row that hyde wrote', { file, line: number }, 'build it again (hyde data)');
  }
}
