import { join } from 'node:path';
import { rendererOf } from './cues/render.js';
import { checkArm, checkArms, type Finding } from './data/check.js';
import { type WrittenStage, writeArmData } from './data/write.js';
import { type Judging, type NamedPanel, openJudging } from './judging.js';
import { launching } from './launchers/launching.js';
import { openEngine } from './models/engine.js';
import { Meter } from './models/metered.js';
import { checkCalibration } from './plan/calibration.js';
import type { Prepared } from './plan/prepare.js';
import type { LoadedAudit } from './plan/spec.js';
import { sweepOf } from './plan/thresholds.js';
import type { Canary } from './records/canary.js';
import type { Engine, Model, ModelRecord } from './records/model.js';
import type { Spec } from './records/spec.js';
import type { Ask, Step } from './records/step.js';
import { openEarlier } from './sampling/earlier.js';
import { restText } from './sampling/rest.js';
import { openReuse } from './sampling/reuse.js';
import { sampleRound } from './sampling/sample.js';
import type { Reuse } from './sampling/take-over.js';
import { probeJudges } from './scoring/probe.js';
import { scoreRound } from './scoring/score.js';
import { gatherCandidates, recordFound } from './searching.js';
import { InputError } from './shared/errors.js';
import { writeJson } from './shared/files.js';
import { shortHash } from './shared/hash.js';
import { readJudgeLabels } from './shared/judge-labels.js';
import type { Observer } from './shared/observer.js';
import { hydeVersion } from './shared/package.js';
import { recordPanels } from './shared/panels.js';
import { answersIn, isPriced } from './shared/prices.js';
import { FILES, samplesFile, scoresFile } from './shared/run-folder.js';
import { spentOn } from './shared/spent.js';
import type { StepResultFiles } from './shared/step-log.js';
import { canary, canaryWarnings } from './training/canary.js';
import { modelOf, readModels, trainAll } from './training/train.js';

/** What comes after the answers is loaded while they are on their way: a run then starts, and ends, sooner. */
const later = {
  verdict: () => import('./verdict/folder.js'),
  report: () => import('./report/folder.js'),
};

/** Milliseconds after the first requests have gone out. */
const LOADS_AFTER = 10;

/** All that the steps of a run share. Models and judges are parameters of the steps, opened here. */
export interface Workshop extends Prepared {
  folder: string;
  audit: LoadedAudit;
  observer: Observer;
  signal: AbortSignal | undefined;
  judging: Judging;
  /** Take over answers: of the base from a run that is named, and of any model from earlier runs. */
  reuse: Reuse[];
  /** Counts what calls cost while they are made; where the plan has prices. */
  meter: Meter | undefined;
  engine(name: string): Engine;
  /** What a step depends on beside the plan and the steps before it. */
  settingsOf(step: Step): unknown;
  close(): Promise<void>;
}

/** Opens the engines and judges that an audit names. */
export async function openWorkshop(
  given: Pick<Workshop, 'folder' | 'audit' | 'observer' | 'signal' | 'plan' | 'stages' | 'reader'> & {
    reuseBase: string | undefined;
    earlier: string | undefined;
    maxConnections: number | undefined;
  },
): Promise<Workshop> {
  const { spec } = given.audit;
  const { folder, observer, signal } = given;
  const meter = given.plan.prices && new Meter(given.plan.prices);
  const refs = [...spec.bases.map(({ ref }) => ref), ...spec.arms.flatMap(({ served }) => served ?? [])];
  const engines = new Map<string, Engine>();
  const { maxConnections } = given;
  const open = async (name: string): Promise<Engine> => {
    const known = engines.get(name);
    if (known) return known;
    const { providers, launch: how } = spec;
    const launch = how && launching(how, { folder, observer, signal });
    const context = { folder, auditFolder: spec.folder, observer, signal, providers, maxConnections, launch };
    const engine = await openEngine(name, context);
    const counted = meter ? meter.count(engine) : engine;
    engines.set(name, counted);
    return counted;
  };
  for (const { engine } of refs) await open(engine);
  const judging = await openJudging(spec, { open, observer, known: {} });
  checkCalibration(given.audit, judging.main.panel.hash);
  const fingerprints = await Promise.all(
    refs.map(async (ref) => [ref, await (engines.get(ref.engine) as Engine).fingerprint(ref.model)]),
  );
  return {
    ...given,
    observer: meter ? meter.tell(observer) : observer,
    meter,
    judging,
    reuse: [
      ...(given.reuseBase === undefined ? [] : [openReuse(given.reuseBase, folder)]),
      ...(given.earlier === undefined ? [] : [openEarlier(given.earlier, folder)]),
    ],
    engine: (name) => engines.get(name) as Engine,
    settingsOf: (step) => settingsOf(step, { ...given, judging, fingerprints }),
    close: async () => {
      for (const engine of engines.values()) await engine.close();
    },
  };
}

/** The audit with the cues that a step brings along: those that a search tries. */
function withCuesOf(step: Step, audit: LoadedAudit): LoadedAudit {
  const cues = 'cues' in step && step.cues ? step.cues.map((cue) => ({ ...cue, arms: [] })) : [];
  return cues.length === 0
    ? audit
    : { ...audit, spec: { ...audit.spec, cues: [...audit.spec.cues, ...cues] } };
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
      const render = rendererOf(withCuesOf(step, audit).spec);
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
      ];
    }
    default:
      return null;
  }
}

/** Does one step. Each is resumable by itself: what it finds done in the folder it does not do again. */
export function perform(step: Step, workshop: Workshop): Promise<StepResultFiles> {
  switch (step.kind) {
    case 'data':
      return makeData(workshop);
    case 'train':
      return train(workshop);
    case 'canary':
      return lookAtModels(workshop);
    case 'pilot':
      return pilot(step, workshop);
    case 'candidates':
      return gatherCandidates(workshop);
    case 'found':
      return recordFound(step, workshop);
    case 'sample':
      return sample(step, { ...workshop, audit: withCuesOf(step, workshop.audit) });
    case 'score':
      return score(step, { ...workshop, audit: withCuesOf(step, workshop.audit) });
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
}: Workshop): Promise<Map<string, WrittenStage[]>> {
  const written = new Map<string, WrittenStage[]>();
  for (const arm of audit.spec.arms) {
    const of = stages.get(arm.id);
    if (of)
      written.set(
        arm.id,
        await writeArmData(folder, arm, of, { seed: audit.spec.seed, files: reader.files }),
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

async function lookAtModels({
  audit,
  folder,
  engine,
  judging,
  observer,
}: Workshop): Promise<StepResultFiles> {
  observer.stage('canary', 'are the adapters alive, are the chat templates the same?');
  const models = await readModels(folder);
  const baseOf = (model: ModelRecord): ModelRecord => {
    const arm = audit.spec.arms.find(({ id }) => id === model.arm);
    // What has no base is compared with nothing.
    return arm?.base ? modelOf(models, arm.base, 0) : model;
  };
  const reports = await canary([...models.values()], baseOf, (model) => engine(model.engine));
  const judges = panelsOf(judging).flatMap(({ panel }) => panel.waves.flat());
  const probed = await probeJudges(judges, judging.engineOf, audit.spec.seed);
  const found: Canary = { models: reports, warnings: [...canaryWarnings(reports), ...probed] };
  writeJson(join(folder, FILES.canary), found);
  for (const { about, text } of found.warnings) observer.warn(`${about}: ${text}`);
  return {
    hash: shortHash(reports.map(({ arm, seed, alive, sameTemplate }) => [arm, seed, alive, sameTemplate])),
    files: [FILES.canary],
  };
}

async function pilot(step: Step & { kind: 'pilot' }, workshop: Workshop): Promise<StepResultFiles> {
  const { folder, plan, observer } = workshop;
  observer.stage('pilot', `${answersIn(step.asks)} answers first`);
  const hash = await ask(step.asks, workshop);
  await judge(step.asks, workshop);
  const files = [...filesOf(step.asks, samplesFile), ...filesOf(step.asks, scoresFile)];
  if (!plan.prices) return { hash, files };
  const both = await spentOn(step.asks, folder, plan.prices, { answers: true, judgements: true });
  observer.note(restText(plan, both));
  const ofAnswers = both.perArm.reduce((sum, { usd }) => sum + (usd ?? 0), 0);
  return { hash, files, ...(isPriced(plan.prices) ? { spent: ofAnswers } : {}) };
}

async function sample(step: Step & { kind: 'sample' }, workshop: Workshop): Promise<StepResultFiles> {
  const round = step.round > 1 ? `, round ${step.round}` : '';
  workshop.observer.stage('sample', `${answersIn(step.asks)} answers${round}`);
  const hash = await ask(step.asks, workshop);
  const files = filesOf(step.asks, samplesFile);
  return { hash, files, ...(await spentFor(step.asks, workshop, { answers: true })) };
}

async function ask(asks: Ask[], { audit, folder, engine, observer, reuse }: Workshop): Promise<string> {
  const models = await readModels(folder);
  const context = {
    folder,
    spec: audit.spec,
    observer,
    render: rendererOf(audit.spec),
    modelOf: (arm: string, seed: number) => modelOf(models, arm, seed),
    engineOf: (model: Model) => engine(model.engine),
  };
  for (const takeOver of reuse) await takeOver(asks, context);
  const sampled = sampleRound(asks, context);
  setTimeout(() => Promise.all([later.verdict(), later.report()]).catch(() => {}), LOADS_AFTER);
  return sampled;
}

async function score(step: Step & { kind: 'score' }, workshop: Workshop): Promise<StepResultFiles> {
  workshop.observer.stage('score', 'judging the answers');
  const outcomes = await judge(step.asks, workshop);
  return {
    hash: shortHash([workshop.judging.main.panel.hash, ...outcomes]),
    outcomes: outcomes[0] as string,
    files: filesOf(step.asks, scoresFile),
    ...(await spentFor(step.asks, workshop, { judgements: true })),
  };
}

/** Has the answers judged by each panel; the outcomes of the audit's own judges first. */
async function judge(asks: Ask[], { folder, judging, audit, observer, signal }: Workshop): Promise<string[]> {
  const { spec } = audit;
  const { engineOf } = judging;
  const context = { folder, observer, signal, engineOf, seed: spec.seed, render: rendererOf(spec) };
  recordPanels(folder, judging.identities, panelsOf(judging));
  const outcomes: string[] = [];
  for (const { panel } of panelsOf(judging)) outcomes.push(await scoreRound(asks, panel, context));
  return outcomes;
}

async function spentFor(
  asks: Ask[],
  { folder, plan }: Workshop,
  what: { answers?: boolean; judgements?: boolean },
): Promise<{ spent?: number }> {
  // Without a price that is known there is nothing to add up.
  return plan.prices && isPriced(plan.prices)
    ? { spent: (await spentOn(asks, folder, plan.prices, what)).usd }
    : {};
}

/** The judges of the audit, and then those that stand beside them. */
const panelsOf = ({ main, others }: Judging): NamedPanel[] => [main, ...others];

const filesOf = (asks: Ask[], file: (folder: string, arm: string, seed: number) => string): string[] => [
  ...new Set(asks.map(({ arm, seed }) => file('', arm, seed))),
];

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
