/** The judges of a run, opened: which model stands behind each, and who is asked. */
import type { PanelRecord } from './records/judge.js';
import type { Engine, ModelDescription } from './records/model.js';
import { decides, isModelJudge, type JudgeSpec, type ModelRef, type Spec } from './records/spec.js';
import type { Thresholds } from './records/thresholds.js';
import type { ModelJudge } from './scoring/outcome.js';
import { type JudgePanel, makePanel } from './scoring/panel.js';
import { noticeOf } from './scoring/shutdown.js';
import { besideVariants, judgeTitle, type Variant } from './scoring/variants.js';
import { InputError } from './shared/errors.js';
import type { Observer } from './shared/observer.js';
import { modelName } from './shared/prices.js';

export type Identities = Readonly<Record<string, string>>;

/** A panel with what it is called. */
export interface NamedPanel extends Omit<PanelRecord, 'hash'> {
  panel: JudgePanel;
}

export interface Judging {
  /** Decides the verdict. */
  main: NamedPanel & { role: 'main' };
  /** Second models of the audit's judges: they judge the same answers, for the sensitivity table. */
  others: NamedPanel[];
  identities: Identities;
  /** Hashes of judges whose weights are not known: what they said in one run is of no use to another. */
  unknown: ReadonlySet<string>;
  engineOf(judge: ModelJudge): Promise<Engine>;
}

/** What judges are opened with. */
export interface JudgingContext {
  /** Opens an engine, or hands out the one that is open. */
  open(engine: string): Promise<Engine>;
  observer: Observer;
  /** Identities that were recorded: their models are not looked at before they have to be asked. */
  known: Identities;
}

/**
 * Looks up the model behind each judge, and warns of those that are about to be switched off.
 *
 * @throws InputError for a judge's model that is not there
 */
export async function openJudging(
  spec: Pick<Spec, 'judges' | 'thresholds'> & Partial<Pick<Spec, 'providers'>>,
  context: JudgingContext,
): Promise<Judging> {
  const identities: Record<string, string> = {};
  const unknown = new Set<string>();
  for (const { model } of spec.judges.filter(isModelJudge)) {
    const name = modelName(model);
    if (identities[name] !== undefined) continue;
    const recorded = context.known[name];
    const found = recorded === undefined ? await identify(model, spec.providers ?? {}, context) : undefined;
    identities[name] = recorded ?? (found?.identity as string);
    if (found?.identityKnown === false) unknown.add(name);
  }
  const panelOf = (judges: readonly JudgeSpec[]): JudgePanel =>
    makePanel(judges, spec.thresholds, (ref) => identities[modelName(ref)] as string);
  const named = ({ title, judges }: Variant): NamedPanel => ({
    role: 'model',
    title,
    panel: panelOf(judges),
  });
  const main = panelOf(spec.judges);
  const others = besideVariants(spec.judges).map(named);
  const asked = [main, ...others.map(({ panel }) => panel)].flatMap(({ waves }) => waves.flat());
  return {
    main: { role: 'main', title: panelTitle(spec.judges, spec.thresholds), panel: main },
    others,
    identities,
    unknown: new Set(asked.filter(({ ref }) => unknown.has(modelName(ref))).map(({ hash }) => hash)),
    engineOf: (judge) => asRecorded(judge, context),
  };
}

/** The hash of the panel that decides, where no model has to be asked for it: of detectors alone; null otherwise. */
export function knownPanelHash({ judges, thresholds }: Pick<Spec, 'judges' | 'thresholds'>): string | null {
  if (judges.filter(decides).some(isModelJudge)) return null;
  return makePanel(judges, thresholds, () => '').hash;
}

/** What decided the verdict, in a line. */
function panelTitle(judges: readonly JudgeSpec[], thresholds: Thresholds): string {
  const main = judges.filter(decides);
  const names = main.map((judge) => (isModelJudge(judge) ? judgeTitle(judge) : judge.detector.id));
  const by = main.some((judge) => isModelJudge(judge) && judge.judge.measures) ? [thresholds.title] : [];
  return [...new Set([...names, ...by])].join(', ');
}

/**
 * Identity and whereabouts of a judge's model.
 *
 * @throws InputError where it is not there or was switched off, naming what works in its place where that is known
 */
export async function identify(
  ref: ModelRef,
  providers: Spec['providers'],
  { open, observer }: Pick<JudgingContext, 'open' | 'observer'>,
): Promise<ModelDescription> {
  const notice = noticeOf(ref, providers, new Date());
  if (notice?.isOff) throw new InputError(notice.text, undefined, notice.hint);
  if (notice) observer.warn([notice.text, notice.hint].filter(Boolean).join('; '));
  const engine = await open(ref.engine);
  try {
    return await engine.describe({ base: ref.model, adapter: null });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `the judge ${modelName(ref)}: ${error.message}`,
      undefined,
      notice?.hint ?? error.hint,
    );
  }
}

/** The engine of a judge whose identity was recorded: judgements of another model must not be put beside its own. */
async function asRecorded({ ref, model }: ModelJudge, context: JudgingContext): Promise<Engine> {
  const engine = await context.open(ref.engine);
  if (context.known[modelName(ref)] === undefined) return engine;
  const { identity } = await engine.describe({ base: ref.model, adapter: null });
  if (identity === model.identity) return engine;
  const hint = 'run the audit again: everything is then judged by the present one';
  throw new InputError(`${modelName(ref)} is another model than the one that judged before`, undefined, hint);
}
