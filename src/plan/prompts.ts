import { rendererOf } from '../cues/render.js';
import type { PlannedCell } from '../records/plan.js';
import type { Spec } from '../records/spec.js';
import { InputError } from '../shared/errors.js';
import { shortHash } from '../shared/hash.js';

/**
 * Renders every prompt of a plan once, so that what cannot be asked is found before anything is trained.
 *
 * @throws InputError for a cue that does not fit a question, and for two cells of a model that ask the same: their
 *   answers would be the same ones, passed off as independent
 */
export function checkPrompts(spec: Spec, cells: readonly PlannedCell[]): void {
  const render = rendererOf(spec);
  for (const ofModel of Map.groupBy(cells, ({ arm, seed }) => `${arm}.${seed}`).values()) {
    const seen = new Map<string, { cue: string; question: string }>();
    for (const { cue, questions } of ofModel) {
      for (const question of questions) {
        const hash = shortHash(rendered(render, cue, question));
        const twin = seen.get(hash);
        if (twin) {
          throw new InputError(
            `cue '${cue}' on question '${question}' asks exactly what '${twin.cue}' on '${twin.question}' asks`,
            undefined,
            'remove one of the two; one cue can serve several arms',
          );
        }
        seen.set(hash, { cue, question });
      }
    }
  }
}

function rendered(render: ReturnType<typeof rendererOf>, cue: string, question: string): unknown {
  try {
    return render(cue, question);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`cue '${cue}' on question '${question}': ${error.message}`, undefined, error.hint);
  }
}

/** The first prompt that both plans have under one name and that is not the same text in both. */
export function changedPrompt(
  before: Spec,
  cellsBefore: readonly PlannedCell[],
  now: Spec,
  cellsNow: readonly PlannedCell[],
): { cue: string; question: string } | undefined {
  const prompts = (spec: Spec, cells: readonly PlannedCell[]): Map<string, string> => {
    const render = rendererOf(spec);
    const names = new Set(
      cells.flatMap(({ cue, questions }) => questions.map((question) => `${cue}|${question}`)),
    );
    return new Map(
      [...names].map((name) => [name, shortHash(render(...(name.split('|') as [string, string])))]),
    );
  };
  const old = prompts(before, cellsBefore);
  for (const [name, hash] of prompts(now, cellsNow)) {
    const [cue, question] = name.split('|') as [string, string];
    if ((old.get(name) ?? hash) !== hash) return { cue, question };
  }
  return undefined;
}
