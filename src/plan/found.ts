import { cueKey } from '../cues/key.js';
import type { Mining } from '../records/search.js';
import type { LoadedAudit } from './spec.js';

/** Placebos of each arm that are asked beside its mined cues. */
const PLACEBOS = 1;

/** The audit of the search itself: its own half of the questions, and no cell but plain; the audit's cues are known to it, and not tried. */
export function searchAudit({ spec, text }: LoadedAudit): LoadedAudit {
  const { search } = spec;
  return {
    text,
    spec: {
      ...spec,
      cues: spec.cues.map((cue) => ({ ...cue, arms: [] })),
      questions: search?.questions ?? [],
    },
  };
}

/** The audit with the cues that its search found, each asked of the arm that it was found in. */
export function withFound(
  { spec, text }: LoadedAudit,
  { found, placebos, answers }: Pick<Mining, 'found' | 'placebos' | 'answers'>,
): LoadedAudit {
  const mined = found.flatMap(({ arm, cue, whole, size }) => {
    // Cut down by answers that the search chose: the whole cue stands beside it, should that have cut too much.
    const both = size && size.to < size.from ? [cue, whole] : [cue];
    return both.map((one) => ({ ...one, arms: [arm] }));
  });
  const beside = Map.groupBy(placebos, ({ arms }) => arms.join());
  const shown = [...beside.values()]
    .flatMap((of) => of.slice(0, PLACEBOS))
    .map(({ cue, arms }) => ({ ...cue, arms }));
  // A find may be cut down to what the audit asks under anyway.
  const own = new Set(spec.cues.map(({ transforms }) => cueKey(transforms)));
  const fresh = [...mined, ...shown].filter(({ transforms }) => !own.has(cueKey(transforms)));
  const uncut = {
    answers: Math.max(0, (spec.search?.maxAnswers ?? 0) - answers),
    cues: found.flatMap(({ arm, cue, size }) => (size === null ? [{ arm, cue }] : [])),
  };
  const search = spec.search && (uncut.cues.length > 0 ? { ...spec.search, uncut } : spec.search);
  return { text, spec: { ...spec, cues: [...spec.cues, ...fresh], ...(search ? { search } : {}) } };
}
