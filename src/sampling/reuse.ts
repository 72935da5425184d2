import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelRecord } from '../records/model.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { readJournal } from '../shared/journal.js';
import type { Origin } from '../shared/reused.js';
import { FILES, readRunFile } from '../shared/run-folder.js';
import { countOpen } from './requests.js';
import { openAnswers, type Reuse, takeOver } from './take-over.js';

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
      const count = countOpen(open);
      if (count === 0) continue;
      wanted += count;
      const { origin, bases } = originOf(source, into);
      const sources = bases.map((id) => ({ folder: source, arm: id, seed: 0, origin }));
      taken += await takeOver(sources, { folder: into, arm, seed: 0 }, model, open, {
        named: true,
        ...context,
      });
    }
    if (wanted === 0 || (said && taken === 0)) return;
    const shown = withoutHome(source);
    if (taken > 0) context.observer.note(`${taken} of ${wanted} answers of the base are taken from ${shown}`);
    else context.observer.warn(`no answer of the base is taken from ${shown}: ${await why(source, seen)}`);
    said = true;
  };
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
