import { GateRules, ruleProblems } from '../records/gate.js';
import type { Spec } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { type Located, readYaml } from './yaml.js';

/**
 * The rules of an audit file, after every id in them was found among its arms and cues (placebos included).
 *
 * @throws InputError with the place of the first id that is not known, and the nearest one that is
 */
export function checkRules(
  audit: Located<unknown>,
  rules: GateRules,
  arms: Spec['arms'],
  cues: Spec['cues'],
): GateRules {
  const named = arms.map(({ id }) => ({
    id,
    cues: cues.filter((cue) => cue.arms.includes(id)).map((cue) => cue.id),
  }));
  refuse(rules, named, true, (path) => audit.place(['gate', ...path]));
  return rules;
}

/** Arms and cues of a result, as far as a file of rules is checked against them. */
interface NamedResult {
  arms?: { id?: string; cues?: { id?: string }[] }[];
}

/**
 * Reads a file of rules: what stands under `gate:` in an audit file, as a file of its own.
 *
 * @param result the result that the rules are for; ids are looked up in it where it is readable
 * @throws InputError with file, line and column
 */
export async function readRules(path: string, result: unknown): Promise<GateRules> {
  const rules = await readYaml(path, GateRules);
  const arms = (result as NamedResult | null)?.arms;
  if (Array.isArray(arms)) {
    const named = arms.map((arm) => ({
      id: String(arm?.id),
      cues: Array.isArray(arm?.cues) ? arm.cues.map((cue) => String(cue?.id)) : [],
    }));
    refuse(rules.value, named, false, rules.place);
  }
  return rules.value;
}

function refuse(
  rules: GateRules,
  arms: { id: string; cues: string[] }[],
  required: boolean,
  place: (path: (string | number)[]) => Place,
): void {
  const problem = ruleProblems(rules, arms, required)[0];
  if (!problem) return;
  const { path, text, id, known } = problem;
  throw new InputError(text, place(path), known.length === 0 ? undefined : didYouMean(id, known));
}
