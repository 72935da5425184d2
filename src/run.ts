import { join } from 'node:path';
import { drivers } from './drivers/index.js';
import { preparePlan } from './plan/prepare.js';
import { withLateCues } from './plan/sequential.js';
import type { LoadedAudit } from './plan/spec.js';
import type { Plan } from './records/plan.js';
import type { Result } from './records/result.js';
import type { Driver, Step, StepOutput, StepResult } from './records/step.js';
import { InputError } from './shared/errors.js';
import { readJson, writeFileAtomic, writeJson } from './shared/files.js';
import { shortHash } from './shared/hash.js';
import type { Observer } from './shared/observer.js';
import { FILES, openFolder } from './shared/run-folder.js';
import { StepLog } from './shared/step-log.js';
import { openWorkshop, perform, type Workshop } from './steps.js';

export interface RunOptions {
  /** The run folder; made where there is none, gone on with where there is one. */
  out: string;
  observer: Observer;
  /** Aborted when the user interrupts. */
  signal?: AbortSignal;
  /** Decides which step comes next; by default the one that the audit's design names. */
  driver?: Driver;
}

/**
 * Runs an audit from its training data to its verdict: asks the driver for the next step, does it unless it is
 * done, and hands its output back. Everything is in the run folder; run again, it goes on where it stopped.
 *
 * @returns the result, or undefined where the driver stopped before there was one
 * @throws HydeError; what is recorded by then stays
 */
export async function run(audit: LoadedAudit, options: RunOptions): Promise<Result | undefined> {
  const folder = openFolder(options.out, options.observer);
  let steps: StepLog | undefined;
  let workshop: Workshop | undefined;
  try {
    const prepared = await preparePlan(audit.spec);
    steps = await StepLog.open(folder.path);
    const plan = keepPlan(folder.path, audit, prepared.plan, steps.scoredRounds);
    const { path, observer } = folder;
    workshop = await openWorkshop({
      ...{ ...prepared, plan, folder: path, audit, observer },
      signal: options.signal,
    });
    const driver = options.driver ?? drivers[plan.design];
    const done: StepResult[] = [];
    for (let step = driver.next(plan, done); step; step = driver.next(plan, done)) {
      done.push({ step, output: await once(step, done, steps, workshop) });
    }
  } finally {
    await workshop?.close();
    steps?.close();
    folder.close();
  }
  return readJson<Result>(join(options.out, FILES.result));
}

async function once(step: Step, done: StepResult[], steps: StepLog, workshop: Workshop): Promise<StepOutput> {
  const before = done.map(({ output }) => [output.hash, output.outcomes ?? '']);
  const key = shortHash([workshop.plan.hash, step, before, workshop.settingsOf(step)]);
  const known = steps.outputOf(key);
  if (known) return known;
  const start = performance.now();
  const made = await perform(step, workshop);
  return steps.record(done.length + 1, step, key, made, (performance.now() - start) / 1000);
}

/**
 * A run folder belongs to one set of models; cues, questions, answers and judges may still be added to it.
 *
 * @returns the plan, in which a sequential design has its late cues marked
 */
function keepPlan(folder: string, audit: LoadedAudit, made: Plan, rounds: number): Plan {
  const before = readJson<Plan>(join(folder, FILES.plan));
  const plan = before ? withLateCues(made, before, rounds) : made;
  if (before && before.hash !== plan.hash) {
    throw new InputError(
      'was made by another audit: training data, models, seed or sampling differ',
      { file: folder },
      'choose a new folder with -o DIR',
    );
  }
  writeFileAtomic(join(folder, FILES.audit), audit.text);
  const { folder: _, ...spec } = audit.spec;
  writeJson(join(folder, FILES.spec), spec);
  writeJson(join(folder, FILES.plan), plan);
  return plan;
}
