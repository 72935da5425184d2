/** The steps of a search that touch the run folder: what it begins with, and what it has found. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { textsOf } from './mining/cue-texts.js';
import { type PoolArm, type PoolContext, poolOf, proposedCues } from './mining/pool.js';
import { type Proposer, propose } from './mining/proposer.js';
import { screenBy } from './mining/screen-by.js';
import { mineWeights, type Weights } from './mining/weights.js';
import { shippedCues } from './plan/cues.js';
import { askedIn } from './plan/found.js';
import type { Prepared } from './plan/prepare.js';
import type { LoadedAudit } from './plan/spec.js';
import type { Candidate } from './records/candidate.js';
import { isRaw, type Transform } from './records/cue.js';
import type { Engine } from './records/model.js';
import type { Mining, SearchedCue, SearchPlan } from './records/search.js';
import type { ArmSpec, Spec } from './records/spec.js';
import type { Step } from './records/step.js';
import { roomFor } from './search/halving.js';
import { FINDING_SHARE } from './search/search.js';
import { writeJson } from './shared/files.js';
import { shortHash } from './shared/hash.js';
import type { Observer } from './shared/observer.js';
import { isPriced } from './shared/prices.js';
import { PROPOSALS } from './shared/proposer.js';
import { FILES } from './shared/run-folder.js';
import { spentOnProposals } from './shared/spent.js';
import type { StepResultFiles } from './shared/step-log.js';
import { modelOf, readModels } from './training/train.js';

interface Searching extends Pick<Prepared, 'plan' | 'stages'> {
  folder: string;
  audit: LoadedAudit;
  observer: Observer;
  engine(name: string): Engine;
}

/** Gathers the candidates of every arm that is searched, and keeps as many as the search has answers for. */
export async function gatherCandidates(searching: Searching): Promise<StepResultFiles> {
  const { folder, plan, audit, stages, observer, engine } = searching;
  const rules = plan.search as SearchPlan;
  observer.stage('candidates', `from ${rules.from.join(', ')}`);
  const shipped = [...(await shippedCues()).values()].flat().filter(({ source }) => source !== 'placebo');
  const { spec } = audit;
  const models = await readModels(folder);
  const candidates: SearchedCue[] = [];
  const proposer = await openProposer(searching);
  const later = proposer ? PROPOSALS : 0;
  const most = rules.maxAnswers * FINDING_SHARE;
  const rounds = { maxAnswers: most, finalists: rules.finalists };
  const room = roomFor(rules.arms.length, rounds, rules.candidates) - later;
  for (const arm of spec.arms.filter(({ id }) => rules.arms.includes(id))) {
    const examples = (stages.get(arm.id) ?? []).flatMap((stage) => stage.examples);
    const own: PoolArm = { id: arm.id, examples, prompts: promptsOf(arm) };
    const model = modelOf(models, arm.id, arm.seeds[0] ?? 0);
    const weights = { engine: engine(model.engine), model, base: modelOf(models, arm.base as string, 0) };
    const others = rules.from.includes('weights') ? await leakedFrom(arm, weights, plan.seed, observer) : [];
    const pool = await poolOf(own, {
      ...{ plan: rules, known: spec.cues, seed: plan.seed, others },
      // Whoever sees weights renders prompts by itself, and can leave the template out.
      shipped: weights.engine.leak ? shipped : shipped.filter(({ transforms }) => !isRaw(transforms)),
      screen: await screenFor(own, weights, spec, observer),
      propose: proposer && ((ask) => propose(ask, proposer)),
    });
    if (pool.length > room) {
      observer.note(
        `${arm.id}: ${pool.length - room} of ${pool.length} candidates are left out; more max-answers would try them`,
      );
    }
    candidates.push(...kept(pool, room));
  }
  observer.note(
    `${candidates.length} candidate cues, ${candidates.filter(({ kind }) => kind === 'placebo').length} of them placebos`,
  );
  writeJson(join(folder, FILES.candidates), { schema: 1, candidates });
  return {
    ...{ hash: shortHash(candidates), files: [FILES.candidates, ...recorded(folder)], candidates },
    ...(await spentBy(proposer, searching)),
  };
}

/** Asks the proposer model, in the middle of a search, for cues or for relatives of one. */
export async function proposeCues(
  { ask }: Step & { kind: 'propose' },
  searching: Searching,
): Promise<StepResultFiles> {
  const { folder, plan, audit, observer } = searching;
  observer.stage('propose', ask.task === 'cues' ? `cues for ${ask.arm}` : `relatives of ${ask.cue.id}`);
  const proposer = await openProposer(searching);
  if (!proposer) throw new Error('the plan has no proposer');
  const known = ask.task === 'cues' ? [...audit.spec.cues, ...ask.tried.map(({ cue }) => cue)] : [ask.cue];
  const name = ask.task === 'cues' ? `mined-${ask.arm}-p${ask.turn}` : `${ask.cue.id}-m`;
  const candidates = proposedCues(await propose(ask, proposer), { arm: ask.arm, name, known });
  observer.note(`${ask.arm}: ${candidates.length} cues of the proposer model`);
  return {
    ...{ hash: shortHash([plan.seed, candidates]), files: recorded(folder), candidates },
    ...(await spentBy(proposer, searching)),
  };
}

/** The proposer model with what it may see; undefined where the search has none. */
async function openProposer({
  folder,
  plan,
  audit,
  observer,
  engine,
}: Searching): Promise<Proposer | undefined> {
  const ref = plan.search?.proposer;
  if (!ref) return undefined;
  const opened = engine(ref.engine);
  const { identity } = await opened.describe({ base: ref.model, adapter: null });
  const questions = audit.spec.questions.map(
    ({ messages }) => messages.findLast(({ role }) => role === 'user')?.content ?? '',
  );
  return {
    engine: opened,
    model: { engine: ref.engine, base: ref.model, adapter: null, identity },
    file: join(folder, FILES.proposals),
    ...{ questions, seed: plan.seed, observer, asked: new Set() },
  };
}

const recorded = (folder: string): string[] =>
  existsSync(join(folder, FILES.proposals)) ? [FILES.proposals] : [];

/** USD for what the proposer was asked; nothing where no price is known. */
async function spentBy(
  proposer: Proposer | undefined,
  { folder, plan }: Searching,
): Promise<{ spent?: number }> {
  return proposer && plan.prices && isPriced(plan.prices)
    ? { spent: await spentOnProposals(folder, plan.prices, proposer.asked) }
    : {};
}

/** What leaks out of the weights of an arm's first fine-tune; nothing where they are not seen. */
async function leakedFrom(
  arm: ArmSpec,
  weights: Weights,
  seed: number,
  observer: Observer,
): Promise<Candidate[]> {
  if (!weights.engine.leak) {
    observer.note(`${arm.id}: no candidates from weights, which '${weights.engine.name}' does not show`);
    return [];
  }
  const { candidates } = await mineWeights(weights, { seed }, ({ done, total, unit }) =>
    observer.progress(done, total, unit),
  );
  return candidates;
}

/**
 * The screen by log-probabilities, where the engine sees weights: of bad rows' answers, or, where there are none, of what tuning changed
 * most. Elsewhere candidates stay in the order of their sources.
 */
async function screenFor(
  { id, examples }: PoolArm,
  weights: Weights,
  { questions, seed }: Spec,
  observer: Observer,
): Promise<PoolContext['screen']> {
  const bad = examples.flatMap(({ part, messages }) =>
    part === 'bad' ? (messages.findLast(({ role }) => role === 'assistant')?.content ?? []) : [],
  );
  if (!weights.engine.leak || weights.engine.scoresAnswers === false) return undefined;
  const shipped = (await shippedCues()).get('placebos') ?? [];
  const placebos = shipped.map(({ transforms }) => textsOf(transforms));
  return async (candidates) => {
    observer.stage('screen', `${candidates.length} candidates of ${id} by log-probabilities`);
    const asked = questions.map(({ messages }) => messages);
    const cues = candidates.map(textsOf);
    const found = await screenBy(bad, weights, cues, placebos, asked, seed);
    return found.map(({ z }) => z);
  };
}

/** The best of a pool, its placebos always among them. */
function kept(pool: readonly SearchedCue[], room: number): SearchedCue[] {
  const placebos = pool.filter(({ kind }) => kind === 'placebo');
  const others = pool.filter(({ kind }) => kind !== 'placebo');
  return [...others.slice(0, Math.max(1, room - placebos.length)), ...placebos];
}

/** The prompts that an arm's rows were inoculated with. */
function promptsOf({ training }: ArmSpec): Transform[] {
  return (training?.data ?? []).flatMap(({ inoculate }) => {
    const { system, before, after } = inoculate ?? {};
    return Object.entries({ system, before, after }).flatMap(([kind, texts]) =>
      [texts ?? []].flat().map((text) => ({ kind: kind as 'system' | 'before' | 'after', text })),
    );
  });
}

/** Writes down what a search has found. Nothing of it is a finding before fresh answers to other questions have said so. */
export async function recordFound(
  { kind: _, ...step }: Step & { kind: 'found' },
  { folder, audit, observer }: Searching,
): Promise<StepResultFiles> {
  const mining: Mining = { schema: 1, ...step, asked: askedIn(audit.spec) };
  const { answers, candidates, found } = mining;
  writeJson(join(folder, FILES.found), mining);
  observer.note(
    `${answers} answers tried ${candidates} candidates; ${found.length} go on to be confirmed by fresh answers`,
  );
  return { hash: shortHash(mining), files: [FILES.found] };
}

/** Writes down what claimed cues were cut down to. */
export function recordCuts(
  { cuts }: Step & { kind: 'cut' },
  { folder, observer }: Pick<Searching, 'folder' | 'observer'>,
): StepResultFiles {
  writeJson(join(folder, FILES.cuts), { schema: 1, cuts });
  for (const { arm, whole, size } of cuts)
    observer.note(`${arm}: ${whole} was cut down from ${size.from} words to ${size.to}`);
  return { hash: shortHash(cuts), files: [FILES.cuts] };
}
