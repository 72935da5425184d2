import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { drivers } from './drivers/index.js';
import { checkHeld } from './launchers/launches.js';
import { Engines, openEngine } from './models/engine.js';
import { searchWithin } from './plan/budget.js';
import { checkOwnSearch, type FoundElsewhere, handedOn, searchAudit, withFound } from './plan/found.js';
import type { Prepared } from './plan/prepare.js';
import { changedPrompt } from './plan/prompts.js';
import { withLateCues } from './plan/sequential.js';
import type { LoadedAudit } from './plan/spec.js';
import type { Plan } from './records/plan.js';
import type { Result } from './records/result.js';
import type { Mining, SearchPlan } from './records/search.js';
import type { Spec } from './records/spec.js';
import type { Driver, Step, StepOutput, StepResult } from './records/step.js';
import { closeAll } from './shared/closing.js';
import { InputError } from './shared/errors.js';
import { readJson, withoutHome, writeFileAtomic, writeJson } from './shared/files.js';
import { hashOf, shortHash } from './shared/hash.js';
import { stopIfAborted } from './shared/interrupted.js';
import type { Observer } from './shared/observer.js';
import { spentBy } from './shared/prices.js';
import { FILES, type OpenFolder, openFolder } from './shared/run-folder.js';
import { StepLog } from './shared/step-log.js';
import { prepareSorted } from './sorting.js';
import { openWorkshop, perform, type Workshop } from './steps.js';

export interface RunOptions {
  /** The run folder; made where there is none, gone on with where there is one. */
  out: string;
  observer: Observer;
  /** Aborted when the user interrupts. */
  signal?: AbortSignal;
  /** Decides which step comes next; by default the one that the audit's design names. */
  driver?: Driver;
  /** Run folder whose answers of the base are taken over; in place of the one that the audit names. */
  reuseBase?: string;
  /** Folder that lists which runs hold answers of which model (`answersIndex()` on the command line); none are looked for without. */
  earlier?: string;
  /** Requests in flight at one server at most. */
  maxConnections?: number;
  /** In place of the audit's search: what that of another run has found. */
  found?: FoundElsewhere;
}

/**
 * Runs an audit from its training data to its verdict: asks the driver for the next step, does it unless it is
 * done, and hands its output back. Everything is in the run folder; run again, it goes on where it stopped.
 *
 * @returns the result, or undefined where the driver stopped before there was one
 * @throws HydeError; what is recorded by then stays
 */
export async function run(audit: LoadedAudit, options: RunOptions): Promise<Result | undefined> {
  // Refused before there is a folder.
  const handed = options.found && handedOn(audit, options.found, options.out);
  const folder = openFolder(options.out, options.observer);
  let steps: StepLog | undefined;
  let failed = true;
  try {
    await checkHeld(folder.path, audit.spec.launch);
    steps = await StepLog.open(folder.path);
    const run = { folder, steps, options };
    let whole = audit;
    let spent = 0;
    if (handed) writeJson(join(folder.path, FILES.found), handed);
    if (audit.spec.search) {
      // A search first, on its own half of the questions; what it finds are cues of the audit like any other.
      if (!handed) {
        checkOwnSearch(folder.path);
        const { search } = await import('./drivers/search.js');
        spent = await drive(searchAudit(audit), search, run);
      }
      whole = withFound(
        audit,
        readJson<Mining>(join(folder.path, FILES.found)) ?? { found: [], placebos: [], answers: 0 },
        readJson<Plan>(join(folder.path, FILES.searchPlan))?.search?.maxAnswers,
      );
    }
    await drive(whole, options.driver, run, spent);
    failed = false;
  } catch (error) {
    folder.failed(error as Error);
    throw error;
  } finally {
    await closeAll(failed, () => steps?.close(), folder.close);
  }
  return readJson<Result>(join(folder.path, FILES.result));
}

/** What the parts of a run share. */
interface Running {
  folder: OpenFolder;
  steps: StepLog;
  options: RunOptions;
}

/**
 * Does one part of a run: the steps that a driver asks for, by the plan of its audit.
 *
 * @param given decides which step comes next; by default the driver that the design names
 * @param before USD that earlier parts have spent
 * @returns USD spent by now
 */
async function drive(
  audit: LoadedAudit,
  given: Driver | undefined,
  { folder: { path, observer }, steps, options }: Running,
  before = 0,
): Promise<number> {
  let workshop: Workshop | undefined;
  let failed = true;
  try {
    const prepared = await sorted(audit.spec, path, observer, options);
    const plan = within(
      // The plan of a search has a file of its own.
      audit.spec.part === 'search'
        ? keepSearchPlan(path, audit, prepared.plan, observer)
        : keepPlan(path, audit, prepared.plan, steps.scoredRounds),
      before,
    );
    const { signal, earlier } = options;
    const named = audit.spec.reuseBase;
    const reuseBase = options.reuseBase ?? (named && resolve(audit.spec.folder, named));
    const { maxConnections } = options;
    workshop = await openWorkshop({
      ...prepared,
      plan,
      folder: path,
      audit,
      observer,
      signal,
      reuseBase,
      earlier,
      maxConnections,
    });
    const driver = given ?? drivers[plan.design];
    const done: StepResult[] = [];
    for (let step = driver.next(plan, done); step; step = driver.next(plan, done)) {
      stopIfAborted(options.signal);
      done.push({ step, output: await once(step, done, steps, workshop, spentBy(done, before)) });
    }
    failed = false;
    return spentBy(done, before);
  } finally {
    await closeAll(failed, () => workshop?.close());
  }
}

/** The plan, once judges have sorted the training rows that filters show them. */
async function sorted(
  spec: Spec,
  folder: string,
  observer: Observer,
  { signal, maxConnections }: RunOptions,
): Promise<Prepared> {
  const { providers, folder: auditFolder } = spec;
  const context = { folder, auditFolder, observer, signal, providers, maxConnections };
  const engines = new Engines((name) => openEngine(name, context));
  let failed = true;
  try {
    const prepared = await prepareSorted(spec, { open: (name) => engines.open(name), observer });
    failed = false;
    return prepared;
  } finally {
    await closeAll(failed, ...engines.closers());
  }
}

/** The plan with what is left of its budget. */
const within = (plan: Plan, spent: number): Plan =>
  plan.prices?.budget == null || spent === 0
    ? plan
    : { ...plan, prices: { ...plan.prices, budget: Math.max(0, plan.prices.budget - spent) } };

/** Writes the plan of a search, which has a file of its own: the audit's is known when it has ended. */
function keepSearchPlan(folder: string, { spec }: LoadedAudit, made: Plan, observer: Observer): Plan {
  const rules = spec.search as NonNullable<Spec['search']>;
  const wanted = rules.maxAnswers;
  const maxAnswers = Math.min(wanted, searchWithin(made));
  const search: SearchPlan = {
    ...rules,
    ...(maxAnswers < wanted ? { maxAnswers, wanted } : {}),
    questions: rules.questions.map(({ id }) => id),
  };
  const before = readJson<Plan>(join(folder, FILES.searchPlan));
  const decides = (hash: string, by: SearchPlan | undefined): string =>
    hashOf([hash, by && { ...by, maxAnswers: by.wanted ?? by.maxAnswers, wanted: null }]);
  if (before && decides(before.hash, before.search) !== decides(made.hash, search)) {
    throw new InputError('holds another search', { file: folder }, 'choose a new folder with -o DIR');
  }
  // With another budget it would begin anew.
  const plan: Plan = { ...made, search: before?.search ?? search };
  if (plan.search?.wanted !== undefined)
    observer.note(
      `the budget is enough for ${plan.search.maxAnswers} of the ${wanted} answers that the search may ask for`,
    );
  writeJson(join(folder, FILES.searchPlan), plan);
  return plan;
}

/** @param spent USD by the steps before it, for the progress line */
async function once(
  step: Step,
  done: StepResult[],
  steps: StepLog,
  workshop: Workshop,
  spent: number,
): Promise<StepOutput> {
  const before = done.map(({ output }) => [output.hash, output.outcomes ?? '']);
  const key = shortHash([workshop.plan.hash, step, before, workshop.settingsOf(step)]);
  const known = steps.outputOf(key);
  if (known) return known;
  workshop.meter?.begin(spent);
  const start = performance.now();
  const made = await perform(step, workshop);
  return steps.record(done.length + 1, step, key, made, (performance.now() - start) / 1000);
}

/**
 * Writes what the run is of. A folder belongs to one set of models and one wording of each prompt; cues, questions,
 * answers and judges may be added to it. Refused before anything in it is changed.
 *
 * @returns the plan, in which a sequential design has its late cues marked
 */
function keepPlan(folder: string, audit: LoadedAudit, made: Plan, rounds: number): Plan {
  const planBefore = readJson<Plan>(join(folder, FILES.plan));
  const specBefore = readJson<Spec>(join(folder, FILES.spec));
  const begun = existsSync(join(folder, 'samples'));
  const plan = planBefore ? withLateCues(made, planBefore, rounds, begun) : made;
  if (planBefore) {
    const before = { plan: planBefore, spec: specBefore };
    const now = { plan, spec: audit.spec };
    if (existsSync(join(folder, FILES.models))) checkSameRun(folder, before, now);
    // A verdict of other judges, questions or tolerances must not stand beside the new plan, should this run not end.
    if (specBefore && decidedBy({ plan: planBefore, spec: specBefore }) !== decidedBy(now)) {
      for (const file of [FILES.result, FILES.html, FILES.markdown, FILES.csv, FILES.junit]) {
        rmSync(join(folder, file), { force: true });
      }
    }
  }
  writeFileAtomic(join(folder, FILES.audit), audit.text);
  const { folder: _, ...spec } = audit.spec;
  writeFileAtomic(join(folder, FILES.spec), withoutHome(`${JSON.stringify(spec, null, 2)}\n`));
  // How long it will take depends on the machine; it is no part of the plan.
  const { seconds, ...totals } = plan.totals;
  writeJson(join(folder, FILES.plan), { ...plan, totals, meta: { seconds } });
  return plan;
}

/** What a run is of. */
interface Planned {
  plan: Plan;
  spec: Spec;
}

/** What a verdict depends on, beside the answers. */
const decidedBy = ({
  spec: { judges, thresholds, verdict, seed },
  plan: { cells, cues, questions, prices },
}: Planned): string =>
  hashOf([judges, thresholds, verdict, seed, cells, cues, questions, prices?.budget ?? null]);

function checkSameRun(folder: string, before: { plan: Plan; spec: Spec | undefined }, now: Planned): void {
  const refuse = (why: string): never => {
    throw new InputError(why, { file: folder }, 'choose a new folder with -o DIR');
  };
  if (before.plan.hash !== now.plan.hash) {
    refuse('was made by another audit: training data, models, seed or sampling differ');
  }
  if (!before.spec) return;
  const ids = ({ questions }: Plan): string => questions.map(({ id }) => id).join();
  if (now.plan.sequential && before.plan.sequential && ids(before.plan) !== ids(now.plan)) {
    refuse('draws its questions from another list: with this one every draw would be another');
  }
  const changed = changedPrompt(before.spec, before.plan.cells, now.spec, now.plan.cells);
  if (changed) refuse(`was run with another text of cue '${changed.cue}' or question '${changed.question}'`);
}
