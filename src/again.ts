import { rendererOf } from './cues/render.js';
import { fixedAsks } from './drivers/fixed.js';
import { type Judging, openJudging } from './judging.js';
import { Engines, openEngine } from './models/engine.js';
import { checkPanel, loadJudge, modelJudge } from './plan/judges.js';
import { judgingAtMost } from './plan/prices.js';
import { knownProviders, Providers } from './plan/providers.js';
import { loadThresholds, sweepOf } from './plan/thresholds.js';
import type { JudgeEntry } from './records/audit.js';
import type { Engine } from './records/model.js';
import type { Plan } from './records/plan.js';
import type { Result } from './records/result.js';
import { isModelJudge, type JudgeSpec, type ModelJudgeSpec, type Spec } from './records/spec.js';
import type { Ask } from './records/step.js';
import { reportFolder } from './report/folder.js';
import { scoreRound } from './scoring/score.js';
import { againTitle, withJudges } from './scoring/variants.js';
import { recordedAsks } from './shared/answers.js';
import { closeAll } from './shared/closing.js';
import { InputError } from './shared/errors.js';
import type { Observer } from './shared/observer.js';
import { readPanels, recordPanels } from './shared/panels.js';
import { modelName, priceOf, usd } from './shared/prices.js';
import { FILES, openFolder, readRunFile } from './shared/run-folder.js';
import { lastStop } from './shared/step-log.js';
import { analyseFolder } from './verdict/folder.js';

/** A stage that needs nothing but the files before it. */
export type LateStage = 'score' | 'analyse' | 'report';

/** Other judges for stored answers; their verdict stands beside the one of the audit, in its sensitivity table. */
export interface Rejudge {
  /** Shipped judges by id, or files; each stands in the place of the audit's judge that says the same. */
  judges: readonly string[];
  /** engine/model that judges. Default: the judge's own, or the first that judges in the audit. */
  model?: string | undefined;
  /** A preset. Default: the audit's. */
  thresholds?: string | undefined;
  /** What an answer is that the judge finds, and from which score on; in place of what the audit says of a judge of its id. */
  meaning?: Pick<JudgeEntry, 'says' | 'below' | 'at-most' | 'above' | 'at-least'>;
  /** USD that judging may cost. */
  budget?: number | undefined;
}

/** What the stages work on. */
interface Work {
  folder: string;
  plan: Plan;
  spec: Spec;
  observer: Observer;
  signal: AbortSignal | undefined;
  open(engine: string): Promise<Engine>;
}

/**
 * Does the last stages of a run folder again from the files before them; nothing is trained or sampled, and the
 * audit file's own folder is not needed. A model judge is asked where a judgement is missing, or was not given.
 *
 * @throws InputError where the folder is none, FailedError where its answers are not complete
 */
export async function again(
  dir: string,
  stages: readonly LateStage[],
  observer: Observer,
  signal?: AbortSignal,
  rejudge?: Rejudge,
): Promise<Result> {
  const plan = readRunFile<Plan>(dir, FILES.plan);
  const spec = readRunFile<Spec>(dir, FILES.spec);
  if (spec.imported && stages.includes('score') && !rejudge?.judges.length) {
    const hint = 'hyde analyze and hyde report work on them; hyde score --judge judges them again';
    throw new InputError('holds imported answers, which were judged elsewhere', { file: dir }, hint);
  }
  const folder = openFolder(dir, observer);
  const { path, observer: told } = folder;
  const engines = new Engines(async (name) => {
    const providers = providersOf(spec).all();
    return openEngine(name, { folder: path, auditFolder: process.cwd(), observer: told, signal, providers });
  });
  const open = (name: string): Promise<Engine> => engines.open(name);
  const work: Work = { folder: path, plan, spec, observer: told, signal, open };
  let failed = true;
  try {
    for (const stage of stages) {
      folder.observer.stage(stage, dir);
      if (stage === 'score') await (rejudge ? judgeOtherwise(work, rejudge) : judgeAgain(work));
      if (stage === 'analyse') {
        const judge = await hashOfJudges(work);
        await analyseFolder(path, plan, spec, judge, await sweepOf(spec), await lastStop(path));
      }
      if (stage === 'report') await reportFolder(path);
    }
    failed = false;
  } finally {
    await closeAll(failed, ...engines.closers(), folder.close);
  }
  return readRunFile<Result>(dir, FILES.result);
}

/** Those of the audit, and all others that a judge on the command line may name; the folder may be older than providers. */
const providersOf = ({ providers }: Partial<Pick<Spec, 'providers'>>): Providers =>
  new Providers({ ...knownProviders().all(), ...providers });

const judgingOf = (work: Work, spec: Pick<Spec, 'judges' | 'thresholds'>): Promise<Judging> =>
  openJudging(
    { ...spec, providers: providersOf(work.spec).all() },
    { open: work.open, observer: work.observer, known: readPanels(work.folder)?.identities ?? {} },
  );

/** Hash of the judges whose outcomes are the verdict's. */
const hashOfJudges = async (work: Work): Promise<string> =>
  work.spec.imported?.judge ?? (await judgingOf(work, work.spec)).main.panel.hash;

/** What has been asked so far. How many answers of a fixed design a table holds only the table knows. */
const asksOf = async ({ folder, plan, spec }: Work): Promise<Ask[]> =>
  // What a fixed design lacks is missed; but one with a budget may have ended before it was complete.
  plan.sequential || spec.imported || (await lastStop(folder)) ? recordedAsks(folder, plan) : fixedAsks(plan);

async function score(work: Work, judging: Judging, panels: Judging['others']): Promise<void> {
  const { folder, observer, signal, spec } = work;
  recordPanels(folder, judging.identities, panels);
  const context = {
    folder,
    observer,
    signal,
    seed: spec.seed,
    render: rendererOf(spec),
    engineOf: judging.engineOf,
  };
  const asks = await asksOf(work);
  if (asks.length === 0) throw new InputError('holds no answers to judge', { file: folder });
  for (const { panel } of panels) await scoreRound(asks, panel, { ...context, retry: true });
}

/** The judges of the audit once more: what is not judged, and what a judge gave no answer to. */
async function judgeAgain(work: Work): Promise<void> {
  const judging = await judgingOf(work, work.spec);
  await score(work, judging, [judging.main, ...judging.others]);
}

async function judgeOtherwise(
  work: Work,
  { judges: names, model, thresholds: preset, meaning, budget }: Rejudge,
): Promise<void> {
  const { spec } = work;
  const usual = spec.judges.find(isModelJudge)?.model;
  const given: ModelJudgeSpec[] = [];
  for (const name of names) {
    const judge = await loadJudge(name, process.cwd());
    const named = model ?? judge.model ?? (usual && `${usual.engine}/${usual.model}`);
    given.push(
      modelJudge(
        judge,
        { ...(meaning ?? meaningOf(judge.id, spec)), ...(named ? { model: named } : {}) },
        () => undefined,
        providersOf(spec),
      ),
    );
  }
  const thresholds = preset === undefined ? undefined : await loadThresholds(preset);
  const judges = withJudges(spec.judges, given);
  checkPanel(judges);
  const usualThresholds =
    spec.thresholds ?? (await loadThresholds(spec.imported?.thresholds?.id ?? 'betley-2025'));
  const judging = await judgingOf(work, { judges, thresholds: thresholds ?? usualThresholds });
  if (judging.main.panel.hash === (await hashOfJudges(work))) {
    throw new InputError(
      'these are the judges that decided already',
      undefined,
      'name another judge, model or preset',
    );
  }
  await sayPrice(work, judges, budget);
  await score(work, judging, [{ ...judging.main, role: 'again', title: againTitle(given, thresholds) }]);
}

/**
 * Says what judges may cost, before one is asked.
 *
 * @throws InputError where that is more than the budget, or not known and there is one
 */
async function sayPrice(work: Work, judges: readonly JudgeSpec[], budget: number | undefined): Promise<void> {
  const { plan, observer } = work;
  // An imported run has no prices.
  const { prices = {} }: Partial<Spec> = work.spec;
  const spec = { ...work.spec, prices, providers: providersOf(work.spec).all() };
  const models = judges.filter(isModelJudge).map(({ model: ref }) => ({ ref, price: priceOf(spec, ref) }));
  const paid = models.filter(({ price }) => price === null || price.input + price.output > 0);
  if (paid.length === 0) return;
  const nameless = paid.flatMap(({ ref, price }) => (price === null ? [modelName(ref)] : []));
  const most =
    spec.imported || nameless.length > 0 ? null : await judgingAtMost(spec, plan, judges, await asksOf(work));
  if (most !== null) {
    observer.note(`judging costs ${usd(most)} at most, what is judged already included`);
    if (budget === undefined || most <= budget) return;
    const hint = 'allow more, or name fewer judges';
    throw new InputError(`the budget is ${usd(budget)}, and judging may cost ${usd(most)}`, undefined, hint);
  }
  const why = spec.imported
    ? 'how long imported answers may be is not known, so neither is what judging costs'
    : `the price of ${[...new Set(nameless)].join(', ')} is not known`;
  observer.note(why);
  if (budget !== undefined) throw new InputError(`there is a budget, and ${why}`);
}

/** What the audit's own judge of this id says, and from which score on. */
function meaningOf(id: string, spec: Spec): JudgeEntry {
  const own = spec.judges.filter(isModelJudge).find(({ judge }) => judge.id === id);
  return { ...(own?.says ? { says: own.says } : {}), ...(own?.cut ? { [own.cut.is]: own.cut.than } : {}) };
}
