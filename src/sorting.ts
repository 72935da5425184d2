/** Training rows that a judge sorts, before a run plans with those that stay. */
import { type JudgeIdentities, type Unjudged, Verdicts, verdictsFile } from './data/verdicts.js';
import { identify } from './judging.js';
import { type Prepared, preparePlan } from './plan/prepare.js';
import type { Engine } from './records/model.js';
import type { JudgedRow, RowVerdict, SortBy } from './records/row-judge.js';
import type { RowJudge, Spec } from './records/spec.js';
import { parametersOf, requestOf } from './scoring/ask.js';
import { readJudgement } from './scoring/reading.js';
import { FailedError } from './shared/errors.js';
import { Journal } from './shared/journal.js';
import type { Observer } from './shared/observer.js';
import { modelName } from './shared/prices.js';

export interface SortingContext {
  /** Opens an engine, or hands out the one that is open. */
  open(engine: string): Promise<Engine>;
  observer: Observer;
}

/**
 * The plan of a spec with a verdict for every row that a filter shows to a judge; those that are missing are asked for, and
 * recorded as they come.
 *
 * @throws FailedError where a judge gave no answer for some rows; what is recorded stays
 */
export async function prepareSorted(spec: Spec, context: SortingContext): Promise<Prepared> {
  const prepared = await preparePlan(spec);
  if (prepared.unjudged.length === 0) return prepared;
  const judges = [...new Set(prepared.unjudged.map(({ judge }) => judge))];
  const identities = await identitiesOf(judges, spec, context);
  // What these judges said with other weights is asked anew: one set of rows has one judge.
  const { unjudged } = await preparePlan(spec, { identities });
  await judgeRows(unjudged, identities, spec, context);
  return preparePlan(spec, { identities });
}

/**
 * What a judge says of answers that may become rows: its word for each, or `unreadable`. What is recorded is not asked again.
 *
 * @throws FailedError as above
 */
export async function wordsOf(
  by: SortBy,
  rows: readonly JudgedRow[],
  spec: Spec,
  context: SortingContext,
): Promise<string[]> {
  const identities = await identitiesOf(spec.rowJudges ?? [], spec, context);
  const verdicts = await Verdicts.open(spec, identities);
  verdicts.wordsOf(by, rows);
  await judgeRows([...verdicts.missing.values()], identities, spec, context);
  return (await Verdicts.open(spec, identities)).wordsOf(by, rows) as string[];
}

/** The identity of each judge's model, by `engine/model`. */
async function identitiesOf(
  judges: readonly RowJudge[],
  { providers }: Pick<Spec, 'providers'>,
  context: SortingContext,
): Promise<JudgeIdentities> {
  const identities: Record<string, string> = {};
  for (const { model } of judges)
    identities[modelName(model)] ??= (await identify(model, providers, context)).identity;
  return identities;
}

/** Asks for the verdicts of rows and records each as it comes. @throws FailedError where some are missing in the end */
async function judgeRows(
  unjudged: readonly Unjudged[],
  identities: JudgeIdentities,
  spec: Pick<Spec, 'folder' | 'file' | 'seed'>,
  context: SortingContext,
): Promise<void> {
  for (const [judge, rows] of Map.groupBy(unjudged, (one) => one.judge)) {
    await judgeBy(judge, rows, identities[modelName(judge.model)] as string, spec, context);
  }
}

async function judgeBy(
  { judge, model }: RowJudge,
  rows: readonly Unjudged[],
  identity: string,
  spec: Pick<Spec, 'folder' | 'file' | 'seed'>,
  { open, observer }: SortingContext,
): Promise<void> {
  const name = modelName(model);
  observer.stage('sort', `${rows.length} training rows by ${judge.id} (${name})`);
  const by = {
    hash: '',
    judge,
    ref: model,
    model: { engine: model.engine, base: model.model, adapter: null, identity },
  };
  const requests = rows.map(({ row }) => requestOf(by, row.asked, row.answer, spec.seed));
  const keys = new Map<string, string[]>();
  for (const [i, { id }] of requests.entries()) {
    keys.set(id, [...(keys.get(id) ?? []), (rows[i] as Unjudged).key]);
  }
  const once = [...new Map(requests.map((request) => [request.id, request])).values()];
  const engine = await open(model.engine);
  const journal = new Journal(verdictsFile(spec), { perTurn: true });
  let done = 0;
  try {
    for await (const answer of engine.sample(by.model, once, parametersOf(by), () => {})) {
      if (answer.finish === 'failed') {
        observer.detail(`no verdict: ${answer.reason ?? 'no reason given'}`);
        continue;
      }
      const { option, reason } = readJudgement(judge, answer);
      const meta = { at: new Date().toISOString(), ...(answer.usage ? { usage: answer.usage } : {}) };
      for (const key of keys.get(answer.id) ?? []) {
        const said = { option, ...(reason === undefined ? {} : { reason }), text: answer.text };
        const verdict: RowVerdict = { key, judge: judge.id, model: name, identity, ...said, meta };
        journal.append(verdict);
        done++;
      }
      observer.progress(done, rows.length, 'rows');
    }
  } finally {
    journal.close();
  }
  if (done < rows.length) {
    throw new FailedError(
      `${name} gave no verdict on ${rows.length - done} of ${rows.length} training rows`,
      'run the same command again: it asks for these alone',
    );
  }
}
