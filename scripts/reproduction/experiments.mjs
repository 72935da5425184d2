// The eight experiments: what each recipe's miniature is, and what was recorded of it.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { recipes, recipeText, titleOf } from '../../dist/cli/recipe-text.js';
import { rendererOf } from '../../dist/cues/render.js';
import { miniatureOf } from '../../dist/plan/miniature.js';
import { preparePlan } from '../../dist/plan/prepare.js';
import { parseAudit } from '../../dist/plan/spec.js';
import { hashOf, shortHash } from '../../dist/shared/hash.js';
import { resource } from '../../dist/shared/package.js';

/** Recipes that are experiments of the paper, by section. */
export const EXPERIMENTS = recipes()
  .filter((name) => sectionOf(name) !== undefined)
  .sort((a, b) => sectionOf(a).localeCompare(sectionOf(b)));

const FILE = 'audit.yaml';

/** The miniature of a recipe as it stands now; null where it has none. */
export async function experimentOf(recipe) {
  const text = await recipeText(recipe, FILE, { variant: 'open', scoring: 'corrected' });
  const known = { recipe, title: titleOf(recipe), section: sectionOf(recipe) };
  return parse(text).mini === undefined ? null : experimentFrom(known, text, FILE);
}

/** The miniature of an audit file's text. */
export async function experimentFrom(known, text, file) {
  const { spec } = await parseAudit(text, file, { mini: true });
  const { plan, stages } = await preparePlan(spec);
  const full = (await parseAudit(text, file)).spec;
  return {
    ...known,
    spec,
    plan,
    stages,
    cut: miniatureOf(full, spec, plan),
    tried: settingsTried(known.recipe),
    made: madeOf(parse(text).mini, spec, plan, stages),
  };
}

/** What a record must have been made by: the section of the recipe, the training rows, the texts that are sent. */
function madeOf(section, spec, plan, stages) {
  const render = rendererOf(spec);
  const sent = plan.cells.map(({ cue, questions }) => questions.map((id) => [cue, id, render(cue, id)]));
  const rows = [...stages].map(([arm, list]) => [
    arm,
    list.map(({ examples }) => hashOf(examples.map(({ messages }) => messages))),
  ]);
  return { mini: shortHash(section), rows: shortHash(rows), prompts: shortHash(sent) };
}

/**
 * The settings that were tried in the search for a recipe's miniature: a line each of resources/mini/tried.jsonl with `recipe`, the
 * `questions` that it was looked at with (bank and half: `mini, search`), the training `seeds`, and whatever else there is to say of it.
 * One that was `recorded` stood on the page before, and was replaced: the page still shows its `rates`.
 *
 * @returns {{ recipe: string, questions: string, seeds: number[] }[]}
 */
export function settingsTried(recipe) {
  const file = resource('mini', 'tried.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line)).filter((one) => one.recipe === recipe);
}

/** Section of the paper, as the recipe's head names it. */
export function sectionOf(recipe) {
  const text = readFileSync(resource('recipes', `${recipe}.yaml`), 'utf8');
  return /^# arXiv 2604\.25891, section (\d+\.\d+)/m.exec(text)?.[1];
}
