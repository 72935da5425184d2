import { fixedAsks } from './drivers/fixed.js';
import type { Plan } from './records/plan.js';
import type { Result } from './records/result.js';
import type { Spec } from './records/spec.js';
import { reportFolder } from './report/folder.js';
import { detectorPanel } from './scoring/judge.js';
import { scoreRound } from './scoring/score.js';
import { recordedAsks } from './shared/answers.js';
import { InputError } from './shared/errors.js';
import type { Observer } from './shared/observer.js';
import { FILES, openFolder, readRunFile } from './shared/run-folder.js';
import { lastStop } from './shared/step-log.js';
import { analyseFolder } from './verdict/folder.js';

/** A stage that needs nothing but the files before it. */
export type LateStage = 'score' | 'analyse' | 'report';

/**
 * Does the last stages of a run folder again from the files before them; nothing is trained or sampled, and the
 * audit file's own folder is not needed.
 *
 * @throws InputError where the folder is none, FailedError where its answers are not complete
 */
export async function again(
  dir: string,
  stages: readonly LateStage[],
  observer: Observer,
  signal?: AbortSignal,
): Promise<Result> {
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const spec = readRunFile<Spec>(dir, FILES.spec);
  if (spec.imported && stages.includes('score')) {
    const hint = 'hyde analyze and hyde report work on them';
    throw new InputError('holds imported answers, which were judged elsewhere', { file: dir }, hint);
  }
  const folder = openFolder(dir, observer);
  try {
    const panel = detectorPanel(spec.judges);
    for (const stage of stages) {
      folder.observer.stage(stage, dir);
      const { path } = folder;
      if (stage === 'score') {
        // What a fixed design lacks is missed; but one with a budget may have ended before it was complete.
        const asks =
          plan.sequential || (await lastStop(path)) ? await recordedAsks(path, plan) : fixedAsks(plan);
        await scoreRound(asks, panel, { folder: path, observer: folder.observer, signal });
      }
      if (stage === 'analyse') {
        await analyseFolder(path, plan, spec, spec.imported?.judge ?? panel.hash, await lastStop(path));
      }
      if (stage === 'report') await reportFolder(path);
    }
  } finally {
    folder.close();
  }
  return readRunFile<Result>(dir, FILES.result);
}
