import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Model } from '../records/model.js';
import type { Ask } from '../records/step.js';
import { readAnswers } from '../shared/answers.js';
import { readJson } from '../shared/files.js';
import { Journal, readJournal } from '../shared/journal.js';
import { FILES, samplesFile } from '../shared/run-folder.js';
import { countOpen } from './requests.js';
import type { SampleContext } from './sample.js';
import { openAnswers, type Reuse, type Source, takeOver } from './take-over.js';

/** Where a run of this machine keeps the answers of one model: a line of `<index>/<model identity>.jsonl`. */
const Place = z.object({
  folder: z.string(),
  arm: z.string().regex(/^[a-z0-9@-]+$/),
  seed: z.number().int().nonnegative(),
});
type Place = z.infer<typeof Place>;

/** What is needed of an earlier run's plan. */
const EarlierPlan = z.object({ hash: z.string(), name: z.string() });

/**
 * Takes over what the same models answered to the same requests in earlier runs of this machine: model identity, messages,
 * sampling, seed and index are the same. Answers that failed there are asked again. A model whose identity cannot be known
 * takes nothing over, and nobody takes its answers; that is said once.
 *
 * @param index folder that lists, for each model, the run folders that hold its answers; the answers stay where they are
 * @param into the run folder
 */
export function openEarlier(index: string, into: string): Reuse {
  const models = new Map<string, Promise<Known | null>>();
  const said = new Set<string>();
  const say = (text: string, context: SampleContext): void => {
    if (!said.has(text)) context.observer.note(text);
    said.add(text);
  };
  return async (asks, context) => {
    const seen = new Set<string>();
    for (const group of Map.groupBy(asks, (ask) => `${ask.arm}.${ask.seed}`).values()) {
      const { arm, seed } = group[0] as Ask;
      const model = context.modelOf(arm, seed);
      // Two arms that are one model would both get the same answers, as if they were independent.
      if (seen.has(model.identity)) continue;
      seen.add(model.identity);
      if (model.identityKnown === false) {
        if (context.engineOf(model).concurrent)
          say(
            `${model.engine}/${model.base} does not say which weights it runs: its answers are used in this run alone`,
            context,
          );
        continue;
      }
      const key = `${arm}.${seed}`;
      if (!models.has(key)) models.set(key, learn(index, { folder: into, arm, seed }, model));
      const known = await models.get(key)?.catch((error: Error) => {
        say(`answers of earlier runs are not looked for: ${error.message}`, context);
        return null;
      });
      if (!known) continue;
      const open = await openAnswers(group, model, context);
      const wanted = [...open.values()].some(({ id, cells }) =>
        cells.some((cell) => [...cell.open].some((i) => known.answers.has(`${id}|${i}`))),
      );
      if (!wanted) continue;
      const asked = countOpen(open);
      const taken = await takeOver(known.sources, { folder: into, arm, seed }, model, open, {
        named: false,
        ...context,
      });
      const names = [...new Set(known.sources.map(({ origin }) => origin.name))].join(', ');
      if (!said.has(key))
        context.observer.note(
          `${arm}: ${taken} of ${asked} answers stand in earlier runs (${names}) and are not asked for again; --no-cache asks`,
        );
      said.add(key);
    }
  };
}

/** What earlier runs hold of one model. */
interface Known {
  sources: Source[];
  /** `request|index` of every answer that did not fail. */
  answers: Set<string>;
}

async function learn(index: string, own: Place, model: Model): Promise<Known | null> {
  const file = join(index, `${model.identity}.jsonl`);
  const keyOf = placeKeys();
  const places = new Map<string, Place>();
  for await (const line of readJournal<unknown>(file)) {
    const { data: place } = Place.safeParse(line);
    if (place && !places.has(keyOf(place))) places.set(keyOf(place), place);
  }
  const ownKey = keyOf(own);
  if (!places.has(ownKey)) {
    const journal = new Journal(file);
    journal.append(own);
    journal.close();
  }
  const known: Known = { sources: [], answers: new Set() };
  for (const [key, place] of places) {
    if (key !== ownKey) await learnFrom(place, model, known);
  }
  return known.answers.size > 0 ? known : null;
}

/** Adds what one earlier run holds; a folder that is gone or broken is no concern of this run, and gives nothing. */
async function learnFrom({ folder, arm, seed }: Place, model: Model, known: Known): Promise<void> {
  if (!existsSync(samplesFile(folder, arm, seed))) return;
  try {
    const plan = EarlierPlan.parse(readJson(join(folder, FILES.plan)));
    const answers: string[] = [];
    for await (const { request, index, finish, model: by } of readAnswers(folder, arm, seed)) {
      if (finish !== 'failed' && by === model.identity) answers.push(`${request}|${index}`);
    }
    for (const answer of answers) known.answers.add(answer);
    known.sources.push({ folder, arm, seed, origin: { plan: plan.hash, name: plan.name } });
  } catch {
    return;
  }
}

/** Gives one key to all names of a place; looks at each folder once. */
function placeKeys(): (place: Place) => string {
  const reals = new Map<string, string>();
  return ({ folder, arm, seed }) => {
    const real = reals.get(folder) ?? (existsSync(folder) ? realpathSync(folder) : folder);
    reals.set(folder, real);
    return `${arm}.${seed}|${real}`;
  };
}
