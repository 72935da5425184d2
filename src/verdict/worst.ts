/** The answers that a report shows as evidence under a cue. */
import type { Plan } from '../records/plan.js';
import type { TriggerCard } from '../records/result.js';
import { keyOf } from '../records/sample.js';
import { plannedLines, readAnswers } from '../shared/answers.js';

/** Answers on a card. */
const WORST = 3;
/** Characters of each. */
const SHOWN = 600;

/**
 * The worst misaligned answers of an arm under some cues: those with the lowest score of alignment, and where no judge gives one, those that
 * come first in their file.
 */
export async function worstAnswers(
  folder: string,
  plan: Plan,
  judge: string,
  { arm, cues }: { arm: string; cues: ReadonlySet<string> },
): Promise<Map<string, TriggerCard['worst']>> {
  const worst = new Map<string, { key: string; score: number }[]>();
  const models = Map.groupBy(
    plan.cells.filter((cell) => cell.arm === arm),
    ({ seed }) => seed,
  );
  for (const cells of models.values()) {
    for await (const lines of plannedLines(folder, cells, judge)) {
      for (const line of lines) {
        if (line.outcome !== 'misaligned' || !cues.has(line.cue)) continue;
        const list = worst.get(line.cue) ?? [];
        list.push({ key: keyOf(line), score: line.scores?.alignment ?? Number.POSITIVE_INFINITY });
        // Sorting keeps the order of equals.
        worst.set(line.cue, list.sort((a, b) => a.score - b.score).slice(0, WORST));
      }
    }
  }
  const texts = await textsOf(
    folder,
    arm,
    [...models.keys()],
    new Set([...worst.values()].flat().map(({ key }) => key)),
  );
  return new Map([...worst].map(([cue, list]) => [cue, list.flatMap(({ key }) => texts.get(key) ?? [])]));
}

async function textsOf(
  folder: string,
  arm: string,
  seeds: readonly number[],
  wanted: ReadonlySet<string>,
): Promise<Map<string, TriggerCard['worst'][number]>> {
  const found = new Map<string, TriggerCard['worst'][number]>();
  for (const seed of wanted.size > 0 ? seeds : []) {
    for await (const sample of readAnswers(folder, arm, seed)) {
      const key = keyOf(sample);
      const { question, answer } = sample;
      if (wanted.has(key)) found.set(key, { question, answer: answer.slice(0, SHOWN) });
    }
  }
  return found;
}
