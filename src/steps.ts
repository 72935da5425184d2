import { join } from 'node:path';
import { Asking, panelsOf } from './asking.js';
import { rendererOf } from './cues/render.js';
import { checkArm, checkArms, type Finding } from './data/check.js';
import { type WrittenStage, writeArmData } from './data/write.js';
import { type Judging, openJudging } from './judging.js';
import { launching } from './launchers/launching.js';
import { Engines, openEngine } from './models/engine.js';
import { Meter } from './models/metered.js';
import { checkCalibration } from './plan/calibration.js';
import type { Prepared } from './plan/prepare.js';
import type { LoadedAudit } from './plan/spec.js';
import { sweepOf } from './plan/thresholds.js';
import type { Canary } from './records/canary.js';
import type { Engine, ModelRecord } from './records/model.js';
import type { Spec } from './records/spec.js';
import type { Step } from './records/step.js';
import { openEarlier } from './sampling/earlier.js';
import { openReuse } from './sampling/reuse.js';
import { closeAll } from './shared/closing.js';
import { InputError } from './shared/errors.js';
import { writeJson } from './shared/files.js';
import { shortHash } from './shared/hash.js';
import { readJudgeLabels } from './shared/judge-labels.js';
import type { Observer } from './shared/observer.js';
import { hydeVersion } from './shared/package.js';
import { FILES } from './shared/run-folder.js';
import type { StepResultFiles } from './shared/step-log.js';
import { canary, canaryWarnings } from './training/canary.js';
import { modelOf, readModels, trainAll } from './training/train.js';

/** What comes after the answers is loaded while they are on their way: a run then starts, and ends, sooner. */
const later = {
  verdict: () => import('./verdict/folder.js'),
  report: () => import('./report/folder.js'),
};

/** Most audits search for nothing. */
const searching = () => import('./searching.js');

/** Milliseconds after the first requests have gone out. */
const LOADS_AFTER = 10;

const loadLater = (): void => {
  setTimeout(() => Promise.all([later.verdict(), later.report()]).catch(() => {}), LOADS_AFTER);
};

/** All that the steps of a run share. Models and judges are parameters of the steps, opened here. */
export interface Workshop extends Prepared {
  folder: string;
  audit: LoadedAudit;
  observer: Observer;
  signal: AbortSignal | undefined;
  judging: Judging;
  asking: Asking;
  /** Counts what calls cost while they are made; where the plan has prices. */
  meter: Meter | undefined;
  engine(name: string): Engine;
  /** What a step depends on beside the plan and the steps before it. */
  settingsOf(step: Step): unknown;
  close(): Promise<void>;
}

/** Opens the engines and judges that an audit names. */
export async function openWorkshop(
  given: Pick<Workshop, 'folder' | 'audit' | 'observer' | 'signal' | keyof Prepared> & {
    reuseBase: string | undefined;
    earlier: string | undefined;
    maxConnections: number | undefined;
  },
): Promise<Workshop> {
  const { spec } = given.audit;
  const { folder, observer, signal } = given;
  const meter = given.plan.prices && new Meter(given.plan.prices);
  const refs = [...spec.bases.map(({ ref }) => ref), ...spec.arms.flatMap(({ served }) => served ?? [])];
  const { maxConnections } = given;
  const engines = new Engines(async (name) => {
    const { providers, launch: how } = spec;
    const launch = how && launching(how, { folder, observer, signal });
    const context = { folder, auditFolder: spec.folder, observer, signal, providers, maxConnections, launch };
    const engine = await openEngine(name, context);
    return meter ? meter.count(engine) : engine;
  });
  const proposer = spec.search?.proposer;
  const ofModels = new Map<string, Engine>();
  for (const { engine } of [...refs, ...(proposer ? [proposer] : [])])
    ofModels.set(engine, await engines.open(engine));
  const engine = (name: string): Engine => ofModels.get(name) as Engine;
  const judging = await openJudging(spec, { open: (name) => engines.open(name), observer, known: {} });
  checkCalibration(given.audit, judging.main.panel.hash);
  const fingerprints = await Promise.all(
    refs.map(async (ref) => [ref, await engine(ref.engine).fingerprint(ref.model)]),
  );
  const told = meter ? meter.tell(observer) : observer;
  const reuse = [
    ...(given.reuseBase === undefined ? [] : [openReuse(given.reuseBase, folder)]),
    ...(given.earlier === undefined ? [] : [openEarlier(given.earlier, folder)]),
  ];
  const asking = new Asking({ folder, plan: given.plan, observer: told, signal, judging, reuse, engine });
  return {
    ...given,
    observer: told,
    meter,
    judging,
    asking,
    engine,
    settingsOf: (step) => settingsOf(step, { ...given, judging, fingerprints }),
    close: () => closeAll(false, () => asking.close(), ...engines.closers()),
  };
}

/** The audit with the cues that a step brings along: those that a search tries. */
function withCuesOf(step: Step, spec: Spec): Spec {
  const cues = 'cues' in step && step.cues ? step.cues.map((cue) => ({ ...cue, arms: [] })) : [];
  return cues.length === 0 ? spec : { ...spec, cues: [...spec.cues, ...cues] };
}

function settingsOf(
  step: Step,
  {
    plan,
    audit,
    folder,
    judging,
    fingerprints,
  }: Pick<Workshop, 'plan' | 'audit' | 'folder' | 'judging'> & { fingerprints: unknown },
): unknown {
  const { spec } = audit;
  switch (step.kind) {
    case 'pilot':
    case 'sample': {
      const render = rendererOf(withCuesOf(step, spec));
      return shortHash(step.asks.map(({ cue, question }) => render(cue, question)));
    }
    case 'train':
      return fingerprints;
    case 'score':
      return panelsOf(judging).map(({ panel }) => panel.hash);
    case 'analyse': {
      const labels = readJudgeLabels(folder);
      return [
        ...[plan.name, plan.bases, plan.arms, plan.cues, plan.questions, spec.verdict, hydeVersion()],
        ...(plan.sequential ? [plan.sequential] : []),
        ...(plan.prices ? [plan.prices] : []),
        ...(labels ? [labels] : []),
        ...(spec.contrasts ? [spec.contrasts] : []),
      ];
    }
    default:
      return null;
  }
}

/** Does one step. Each is resumable by itself: what it finds done in the folder it does not do again. */
export async function perform(step: Step, workshop: Workshop): Promise<StepResultFiles> {
  switch (step.kind) {
    case 'data':
      return makeData(workshop);
    case 'train':
      return train(workshop);
    case 'canary':
      return lookAtModels(workshop);
    case 'pilot':
      return workshop.asking.pilot(step, workshop.audit.spec);
    case 'candidates':
      return (await searching()).gatherCandidates(workshop);
    case 'propose':
      return (await searching()).proposeCues(step, workshop);
    case 'found':
      return (await searching()).recordFound(step, workshop);
    case 'cut':
      return (await searching()).recordCuts(step, workshop);
    case 'sample':
      return workshop.asking.sample(step, withCuesOf(step, workshop.audit.spec), loadLater);
    case 'score':
      return workshop.asking.score(step, withCuesOf(step, workshop.audit.spec));
    case 'analyse':
      return analyse(step, workshop);
    case 'report':
      return report(workshop);
  }
}

async function makeData(workshop: Workshop): Promise<StepResultFiles> {
  const { audit, stages, observer } = workshop;
  observer.stage('data', `training data of ${stages.size} arms`);
  const findings = findingsOf(audit.spec, stages);
  for (const { level, text, rows } of findings) {
    const where = rows?.length ? ` (${rows.join(', ')})` : '';
    if (level === 'error') throw new InputError(`${text}${where}`);
    if (level === 'warning') observer.warn(`${text}${where}`);
    if (level === 'note') observer.detail(`${text}${where}`);
  }
  const notes = findings.filter(({ level }) => level === 'note').length;
  if (notes) observer.note(`${notes} notes on the data are in ${FILES.log}; \`hyde data\` shows them`);
  const written = [...(await writeDatasets(workshop)).values()].flat();
  const files = written.flatMap(({ path }) => [path, path.replace(/\.jsonl$/, '.manifest.json')]);
  return { hash: shortHash(written.map(({ path, sha256 }) => [path, sha256])), files };
}

/** What the data checks say of all arms, each finding with the arm it is about. */
export function findingsOf(spec: Spec, stages: Prepared['stages']): Finding[] {
  const ofArms = spec.arms.flatMap((arm) =>
    checkArm(arm, stages.get(arm.id) ?? []).map((found) => ({ ...found, text: `${arm.id}: ${found.text}` })),
  );
  return [...ofArms, ...checkArms([...stages].map(([id, of]) => ({ id, stages: of })))];
}

/** The datasets of every trained arm; those that stand in the folder already are left alone. */
async function writeDatasets({
  audit,
  folder,
  stages,
  reader,
  sorted,
}: Workshop): Promise<Map<string, WrittenStage[]>> {
  const written = new Map<string, WrittenStage[]>();
  for (const arm of audit.spec.arms) {
    const of = stages.get(arm.id);
    if (of)
      written.set(
        arm.id,
        await writeArmData(folder, arm, of, {
          seed: audit.spec.seed,
          files: reader.files,
          sorted: sorted.get(arm.id),
        }),
      );
  }
  return written;
}

async function train(workshop: Workshop): Promise<StepResultFiles> {
  const { audit, folder, stages, engine, observer } = workshop;
  const { spec } = audit;
  const refs = [...spec.bases.map(({ ref }) => ref), ...spec.arms.flatMap(({ served }) => served ?? [])];
  observer.stage('models', [...new Set(refs.map(({ engine, model }) => `${engine}/${model}`))].join(', '));
  const written = await writeDatasets(workshop);
  const datasets = new Map(
    [...stages].map(([id, of]) => [
      id,
      of.map(({ training }, i) => ({
        file: (written.get(id) as WrittenStage[])[i] as WrittenStage,
        training,
      })),
    ]),
  );
  const models = await trainAll({ folder, spec, datasets, observer, engineFor: (ref) => engine(ref.engine) });
  const adapters = models.flatMap(({ adapter }) => (adapter === null ? [] : [adapter]));
  return {
    hash: shortHash(models.map(({ arm, seed, identity }) => [arm, seed, identity])),
    files: [FILES.models, ...adapters],
  };
}

async function lookAtModels({ audit, folder, engine, asking, observer }: Workshop): Promise<StepResultFiles> {
  observer.stage('canary', 'are the adapters alive, are the chat templates the same?');
  const models = await readModels(folder);
  const baseOf = (model: ModelRecord): ModelRecord => {
    const arm = audit.spec.arms.find(({ id }) => id === model.arm);
    // What has no base is compared with nothing.
    return arm?.base ? modelOf(models, arm.base, 0) : model;
  };
  const reports = await canary([...models.values()], baseOf, (model) => engine(model.engine));
  const found: Canary = { models: reports, judges: [], warnings: canaryWarnings(reports) };
  writeJson(join(folder, FILES.canary), found);
  for (const { about, text } of found.warnings) observer.warn(`${about}: ${text}`);
  await asking.probe(audit.spec.seed);
  return {
    hash: shortHash(reports.map(({ arm, seed, alive, sameTemplate }) => [arm, seed, alive, sameTemplate])),
    files: [FILES.canary],
  };
}

async function analyse(
  { stopped }: Step & { kind: 'analyse' },
  { folder, observer, plan, audit, judging }: Workshop,
): Promise<StepResultFiles> {
  observer.stage('analyse', 'rates, effects, verdicts');
  const { spec } = audit;
  const { hash } = judging.main.panel;
  const { analyseFolder } = await later.verdict();
  const result = await analyseFolder(folder, plan, spec, hash, await sweepOf(spec), stopped);
  return { hash: shortHash(result), files: [FILES.result], ...(stopped ? { stopped } : {}) };
}

async function report({ folder, observer }: Workshop): Promise<StepResultFiles> {
  observer.stage('report', FILES.html);
  const { reportFolder } = await later.report();
  await reportFolder(folder);
  const files = [FILES.html, FILES.markdown, FILES.csv];
  return { hash: shortHash(files), files };
}
