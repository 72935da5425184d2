import type { Ask, StepResult } from '../records/step.js';

/** The outcome letters of a scored round, by `arm|seed|cue|question|index`. */
export function lettersOf(
  { asks }: { asks: readonly Ask[] },
  { step, output }: StepResult,
): (key: string) => string | undefined {
  const letters = output.outcomes ?? '';
  const byKey = new Map<string, string>();
  let at = 0;
  for (const { arm, seed, cue, question, from, to } of asks) {
    for (let index = from; index < to; index++) {
      byKey.set(`${arm}|${seed}|${cue}|${question}|${index}`, letters[at++] as string);
    }
  }
  if (at !== letters.length) {
    throw new Error(`step '${step.kind}' has ${letters.length} outcomes for ${at} answers`);
  }
  return (key) => byKey.get(key);
}
