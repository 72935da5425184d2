/** The steps that ask: for answers of models, and for judgements of them. */
import { join } from 'node:path';
import { rendererOf } from './cues/render.js';
import type { Judging, NamedPanel } from './judging.js';
import type { Canary } from './records/canary.js';
import type { Engine, Model } from './records/model.js';
import type { Plan } from './records/plan.js';
import type { Sample } from './records/sample.js';
import type { Spec } from './records/spec.js';
import type { Ask, Step } from './records/step.js';
import { restText } from './sampling/rest.js';
import { sampleRound } from './sampling/sample.js';
import type { Reuse } from './sampling/take-over.js';
import { JudgingAhead } from './scoring/ahead.js';
import { Letters } from './scoring/letters.js';
import type { ModelJudge } from './scoring/outcome.js';
import { probeJudges } from './scoring/probe.js';
import { scoreRound } from './scoring/score.js';
import { readJson, writeJson } from './shared/files.js';
import { shortHash } from './shared/hash.js';
import type { Observer } from './shared/observer.js';
import { recordPanels } from './shared/panels.js';
import { answersIn, isPriced } from './shared/prices.js';
import { FILES, samplesFile, scoresFile } from './shared/run-folder.js';
import { spentOn } from './shared/spent.js';
import type { StepResultFiles } from './shared/step-log.js';
import { modelOf, readModels } from './training/train.js';

interface Parts {
  folder: string;
  plan: Plan;
  observer: Observer;
  signal: AbortSignal | undefined;
  judging: Judging;
  /** Take over answers: of the base from a run that is named, and of any model from earlier runs. */
  reuse: Reuse[];
  engine(name: string): Engine;
}

/**
 * Asks the models and judges of one run. Judges that take several calls at once begin with the first answers while the others
 * are on their way.
 */
export class Asking {
  private ready: Promise<void> | undefined;
  private ahead: JudgingAhead | undefined;
  /** Outcomes of the pilot. */
  private piloted: Letters | undefined;

  constructor(private readonly parts: Parts) {}

  /** A first part of the answers, judged at once, so that the price of the rest is known. */
  async pilot({ asks }: Step & { kind: 'pilot' }, spec: Spec): Promise<StepResultFiles> {
    const { folder, plan, observer } = this.parts;
    observer.stage('pilot', `${answersIn(asks)} answers first`);
    const hash = await this.sampleAll(asks, spec);
    const [outcomes] = await this.judgeAll(asks, spec);
    this.piloted = new Letters(asks, outcomes);
    const files = [...filesOf(asks, samplesFile), ...filesOf(asks, scoresFile)];
    if (!plan.prices) return { hash, files };
    const both = await spentOn(asks, folder, plan.prices, { answers: true, judgements: true });
    observer.note(restText(plan, both));
    const ofAnswers = both.perArm.reduce((sum, { usd }) => sum + (usd ?? 0), 0);
    return { hash, files, ...(isPriced(plan.prices) ? { spent: ofAnswers } : {}) };
  }

  /** @param begun called when the first requests are on their way */
  async sample(
    { asks, round }: Step & { kind: 'sample' },
    spec: Spec,
    begun: () => void,
  ): Promise<StepResultFiles> {
    const { observer } = this.parts;
    observer.stage('sample', `${answersIn(asks)} answers${round > 1 ? `, round ${round}` : ''}`);
    await this.ahead?.close();
    const { main } = this.parts.judging;
    this.ahead = (await this.areConcurrent(main.panel.waves.flat()))
      ? this.judgingAhead(asks, spec)
      : undefined;
    const hash = await this.sampleAll(asks, spec, begun);
    const files = filesOf(asks, samplesFile);
    return { hash, files, ...(await this.spentFor(asks, { answers: true })) };
  }

  async score({ asks }: Step & { kind: 'score' }, spec: Spec): Promise<StepResultFiles> {
    const { main } = this.parts.judging;
    this.parts.observer.stage('score', 'judging the answers');
    const ahead = await this.ahead?.end(asks);
    this.ahead = undefined;
    const outcomes = await this.judgeAll(asks, spec, ahead ?? undefined);
    return {
      hash: shortHash([main.panel.hash, ...outcomes]),
      outcomes: outcomes[0] as string,
      files: filesOf(asks, scoresFile),
      ...(await this.spentFor(asks, { judgements: true })),
    };
  }

  /**
   * Asks each judge a first question, before it judges anything; what is wrong is written into `canary.json`. Judges that take one
   * call at a time are waited for, since they come long after the answers.
   */
  async probe(seed: number): Promise<void> {
    const ready = this.whenReady(seed);
    // Where it fails it is thrown to those who wait for it.
    ready.catch(() => {});
    if (!(await this.areConcurrent(this.judges()))) await ready;
  }

  async close(): Promise<void> {
    await this.ahead?.close();
  }

  private whenReady(seed: number): Promise<void> {
    this.ready ??= this.probeNew(seed);
    return this.ready;
  }

  private async probeNew(seed: number): Promise<void> {
    const { folder, judging, observer } = this.parts;
    const file = join(folder, FILES.canary);
    const known = readJson<Canary>(file)?.judges ?? [];
    const fresh = this.judges().filter(({ hash }) => !known.includes(hash));
    if (fresh.length === 0) return;
    const warnings = await probeJudges(fresh, judging.engineOf, seed);
    for (const { about, text } of warnings) observer.warn(`${about}: ${text}`);
    const before = readJson<Canary>(file) ?? { models: [], judges: [], warnings: [] };
    writeJson(file, {
      ...before,
      judges: [...known, ...fresh.map(({ hash }) => hash)],
      warnings: [...before.warnings, ...warnings],
    });
  }

  private judgingAhead(asks: Ask[], spec: Spec): JudgingAhead {
    const { folder, observer, signal, judging } = this.parts;
    const { engineOf, main } = judging;
    const { seed } = spec;
    const context = { folder, observer, signal, render: rendererOf(spec), seed, engineOf };
    recordPanels(folder, judging.identities, panelsOf(judging));
    const ready = this.whenReady(seed);
    return new JudgingAhead(asks, main.panel, { ...context, ready, before: this.piloted });
  }

  private async sampleAll(asks: Ask[], spec: Spec, begun: () => void = () => {}): Promise<string> {
    const { folder, observer, engine, reuse } = this.parts;
    const models = await readModels(folder);
    const context = {
      folder,
      spec,
      observer,
      render: rendererOf(spec),
      modelOf: (arm: string, seed: number) => modelOf(models, arm, seed),
      engineOf: (model: Model) => engine(model.engine),
      recorded: (sample: Sample, hash: string) => this.ahead?.offer(sample, hash),
      isTaken: (judge: string) => !this.parts.judging.unknown.has(judge),
      // Answers that nobody can judge are not worth their price.
      useful: this.ready,
    };
    for (const takeOver of reuse) await takeOver(asks, context);
    const sampled = sampleRound(asks, context);
    begun();
    return sampled;
  }

  /**
   * Has the answers judged by each panel; the outcomes of the audit's own judges first.
   *
   * @param known these, where all answers were judged ahead
   */
  private async judgeAll(asks: Ask[], spec: Spec, known?: string): Promise<string[]> {
    const { folder, observer, signal, judging } = this.parts;
    await this.whenReady(spec.seed);
    const { engineOf, main, others } = judging;
    const context = { folder, observer, signal, engineOf, seed: spec.seed, render: rendererOf(spec) };
    recordPanels(folder, judging.identities, panelsOf(judging));
    const outcomes = [known ?? (await scoreRound(asks, main.panel, context))];
    for (const { panel } of others) outcomes.push(await scoreRound(asks, panel, context));
    return outcomes;
  }

  private judges(): ModelJudge[] {
    const all = panelsOf(this.parts.judging).flatMap(({ panel }) => panel.waves.flat());
    return [...new Map(all.map((judge) => [judge.hash, judge])).values()];
  }

  private async areConcurrent(judges: readonly ModelJudge[]): Promise<boolean> {
    const engines = await Promise.all(judges.map((judge) => this.parts.judging.engineOf(judge)));
    return engines.every(({ concurrent }) => concurrent);
  }

  private async spentFor(
    asks: Ask[],
    what: { answers?: boolean; judgements?: boolean },
  ): Promise<{ spent?: number }> {
    const { folder, plan } = this.parts;
    // Without a price that is known there is nothing to add up.
    return plan.prices && isPriced(plan.prices)
      ? { spent: (await spentOn(asks, folder, plan.prices, what)).usd }
      : {};
  }
}

/** The judges of the audit, and then those that stand beside them. */
export const panelsOf = ({ main, others }: Judging): NamedPanel[] => [main, ...others];

const filesOf = (asks: Ask[], file: (folder: string, arm: string, seed: number) => string): string[] => [
  ...new Set(asks.map(({ arm, seed }) => file('', arm, seed))),
];
