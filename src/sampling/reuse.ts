import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Model, ModelRecord } from '../records/model.js';
import { Sample } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { readAnswers } from '../shared/answers.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { Journal, readJournal } from '../shared/journal.js';
import { noteOrigin, type Origin } from '../shared/reused.js';
import { FILES, readRunFile, samplesFile } from '../shared/run-folder.js';
import { requestId } from './requests.js';
import type { SampleContext } from './sample.js';

/** Takes over what another run's base answered to the same requests, as far as asks of a round still want it. */
export type Reuse = (asks: readonly Ask[], context: SampleContext) => Promise<void>;

/**
 * Opens the run folder whose answers of the base are taken over. An answer is taken where its request is the same:
 * model identity, messages, sampling and seed; whatever its outcome, a failed one too, and once. It is judged again.
 *
 * @throws InputError where it is no run folder, or the run's own; a run that has begun learns that when it asks
 */
export function openReuse(source: string, into: string): Reuse {
  if (!existsSync(join(into, FILES.models))) originOf(source, into);
  let said = false;
  return async (asks, context) => {
    const bases = new Set(context.spec.bases.map(({ id }) => id));
    const groups = Map.groupBy(
      asks.filter(({ arm }) => bases.has(arm)),
      ({ arm }) => arm,
    );
    const seen = new Set<string>();
    let [wanted, taken] = [0, 0];
    for (const [arm, group] of groups) {
      const model = context.modelOf(arm, 0);
      // Two bases that are one model would both get the same answers, as if they were independent.
      if (seen.has(model.identity)) continue;
      seen.add(model.identity);
      const open = await openAnswers(group, model, context);
      const count = [...open.values()].reduce((sum, cell) => sum + cell.indices.size, 0);
      if (count === 0) continue;
      wanted += count;
      taken += await takeOver(source, into, arm, model, open);
    }
    if (wanted === 0 || (said && taken === 0)) return;
    const shown = withoutHome(source);
    if (taken > 0) context.observer.note(`${taken} of ${wanted} answers of the base are taken from ${shown}`);
    else context.observer.warn(`no answer of the base is taken from ${shown}: ${await why(source, seen)}`);
    said = true;
  };
}

/** A cell's request with the indices that are not recorded yet. */
interface OpenCell {
  cue: string;
  question: string;
  indices: Set<number>;
}

async function openAnswers(
  asks: readonly Ask[],
  model: Model,
  { folder, spec, render }: SampleContext,
): Promise<Map<string, OpenCell>> {
  const cells = new Map<string, OpenCell>();
  for (const { cue, question, from, to } of asks) {
    const id = requestId(model, render(cue, question), spec, 'audit');
    const cell = cells.get(id) ?? { cue, question, indices: new Set<number>() };
    cells.set(id, cell);
    for (let index = from; index < to; index++) cell.indices.add(index);
  }
  const { arm, seed } = asks[0] as Ask;
  for await (const { request, index } of readJournal<Sample>(samplesFile(folder, arm, seed))) {
    cells.get(request)?.indices.delete(index);
  }
  return cells;
}

/** Copies the answers that are wanted, and returns how many. */
async function takeOver(
  source: string,
  into: string,
  arm: string,
  model: Model,
  open: Map<string, OpenCell>,
): Promise<number> {
  const { origin, bases } = originOf(source, into);
  let journal: Journal | undefined;
  let taken = 0;
  try {
    for (const base of bases) {
      for await (const line of readAnswers(source, base, 0)) {
        const cell = open.get(line.request);
        if (!cell?.indices.has(line.index) || line.model !== model.identity) continue;
        const { cue, question } = cell;
        const parsed = Sample.safeParse({ ...line, arm, seed: 0, cue, question });
        if (!parsed.success) {
          throw new InputError('holds an answer that is no record of hyde', {
            file: withoutHome(samplesFile(source, base, 0)),
          });
        }
        cell.indices.delete(line.index);
        if (!journal) {
          noteOrigin(into, origin);
          journal = new Journal(samplesFile(into, arm, 0));
        }
        // What an answer was taken over from before is kept: its first run is where it was given.
        const { meta } = parsed.data;
        journal.append({ ...parsed.data, meta: { reused: origin, ...meta } });
        taken++;
      }
    }
  } finally {
    journal?.close();
  }
  return taken;
}

/** A base's id as file names have it; the folder may come from anybody. */
const BASE_ID = /^base(@[a-z0-9-]+)?$/;

/** What is needed of the other run's plan. */
const SourcePlan = z.object({
  hash: z.string(),
  name: z.string(),
  bases: z.array(z.object({ id: z.string() })),
});

function originOf(source: string, into: string): { origin: Origin; bases: string[] } {
  const parsed = SourcePlan.safeParse(readRunFile<unknown>(source, FILES.plan));
  if (!parsed.success)
    throw new InputError(`holds a ${FILES.plan} that is none`, { file: withoutHome(source) });
  const { hash, name, bases } = parsed.data;
  if (existsSync(into) && realpathSync(source) === realpathSync(into)) {
    throw new InputError('answers of the base cannot be taken over from the run itself', { file: source });
  }
  return {
    origin: { plan: hash, name },
    bases: bases.map(({ id }) => id).filter((id) => BASE_ID.test(id)),
  };
}

/** Why nothing fits. */
async function why(source: string, wanted: ReadonlySet<string>): Promise<string> {
  for await (const { arm, identity } of readJournal<ModelRecord>(join(source, FILES.models))) {
    if (BASE_ID.test(arm) && wanted.has(identity))
      return 'it was asked other texts, or with other sampling or another seed';
  }
  return 'its base is another model';
}
