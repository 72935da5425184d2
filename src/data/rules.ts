import type { DropRule } from '../records/interventions.js';
import { compileDetector, type Detect } from '../shared/detect.js';
import type { DataContext } from './stage.js';

/** Whether one of the rules finds something in a text; without rules none does. */
export async function anyOf(
  rules: readonly DropRule[] = [],
  detector: DataContext['detector'],
): Promise<Detect> {
  const each = await Promise.all(
    rules.map(async ({ detector: name, ...condition }) =>
      compileDetector(name === undefined ? { id: 'rule', all: [condition] } : await detector(name)),
    ),
  );
  return (text) => each.some((finds) => finds(text));
}
