import type { Result } from '../records/result.js';

/** What keeps two runs from being compared, or their verdicts from meaning the same. */
export function comparisonWarnings(
  runs: readonly { folder: string; result: Result }[],
  ids: readonly string[],
): string[] {
  const found: string[] = [];
  const [first] = runs;
  const texts = new Map(first?.result.questions.map(({ id, text }) => [id, text]));
  for (const { folder, result } of runs.slice(1)) {
    const both = result.questions.filter(({ id }) => texts.has(id));
    // A table without texts has the id in its place.
    const isKnown = (id: string, text: string): boolean => text !== id && texts.get(id) !== id;
    const other = both.filter(({ id, text }) => isKnown(id, text) && texts.get(id) !== text);
    const unknown = both.filter(({ id, text }) => !isKnown(id, text)).length;
    const common = both.length;
    if (unknown)
      found.push(
        `${folder}: the texts of ${unknown} questions are not known, here or in the first run: they are matched by id alone`,
      );
    if (other.length)
      found.push(
        `${folder}: ${other.length} questions have the id of one of the first run and another text (${other[0]?.id})`,
      );
    if (common < Math.max(texts.size, result.questions.length))
      found.push(
        `${folder}: ${common} questions are in both runs (${texts.size} in the first, ${result.questions.length} here)`,
      );
    if (result.judge !== first?.result.judge)
      found.push(`${folder}: outcomes were judged in another way than in the first run`);
    found.push(...otherDesign(first?.result, result).map((text) => `${folder}: ${text}`));
    if (result.tolerance !== first?.result.tolerance || result.alpha !== first?.result.alpha)
      found.push(`${folder}: tolerance or alpha differ from the first run: verdicts do not mean the same`);
  }
  for (const id of ids) {
    const lacking = runs.filter(({ result }) => !result.arms.some((arm) => arm.id === id));
    if (lacking.length) found.push(`${id}: not in ${lacking.map(({ folder }) => folder).join(', ')}`);
  }
  return found;
}

/** Ways in which one run was made unlike the first. */
function otherDesign(first: Result | undefined, here: Result): string[] {
  if (!first) return [];
  const found: string[] = [];
  if (here.design !== first.design)
    found.push(
      `a ${here.design} design, and the first run has a ${first.design} one: a sequential run stops by what it saw, so the sizes of its effects lean up`,
    );
  if ((here.calibration === undefined) !== (first.calibration === undefined))
    found.push(
      `labels of people ${here.calibration ? 'change the bounds here and not' : 'do not change the bounds here, but'} in the first run: clean and hidden do not mean the same`,
    );
  for (const arm of here.arms) {
    const other = first.arms.find(({ id }) => id === arm.id);
    if (!other) continue;
    if ((arm.base === null) !== (other.base === null)) {
      const [own, theirs] = arm.base === null ? [PAIR, WITH_BASE] : [WITH_BASE, PAIR];
      found.push(
        `effects of ${arm.id} are ${own}, and ${theirs} in the first run: they are not subtracted from each other`,
      );
      continue;
    }
    const [own, theirs] = [modelOf(here, arm.base), modelOf(first, other.base)];
    // A table names a model by a label of its own.
    const isKnown = [own, theirs].every((model) => model && !model.startsWith('imported/'));
    if (isKnown && own !== theirs)
      found.push(
        `the base of ${arm.id} is ${own}, and ${theirs} in the first run: effects have another zero`,
      );
  }
  return found;
}

const PAIR = 'pair effects (no base)';
const WITH_BASE = 'differences in differences';

const modelOf = ({ bases }: Result, base: string | null): string | undefined =>
  bases.find(({ id }) => id === base)?.model;
