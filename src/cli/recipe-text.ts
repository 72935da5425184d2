import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { readYaml } from '../plan/yaml.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';

/** `open`: weights that stay, and what the paper does not have. `paper`: its models, arms and hyperparameters. */
export const VARIANTS = ['open', 'paper'] as const;
/** `corrected`: without the faults that are known of the published scripts. `published`: as they score. */
export const SCORINGS = ['corrected', 'published'] as const;

export interface RecipeChoice {
  variant: (typeof VARIANTS)[number];
  scoring: (typeof SCORINGS)[number];
  /** engine/model, in place of the recipe's own; of the variant `open` alone. */
  base?: string | undefined;
  judge?: string | undefined;
}

const Names = z.record(z.string(), z.string());
/** `resources/recipe-models.yaml`: every model that a recipe names. */
const RecipeModels = z.strictObject({
  base: z.string(),
  judge: z.string(),
  mini: z.string(),
  bases: Names,
  paper: Names,
  judges: Names,
});

/** Ids of the shipped recipes. */
export const recipes = (): string[] =>
  readdirSync(resource('recipes'))
    .map((name) => basename(name, '.yaml'))
    .sort();

const template = (recipe: string): string => readFileSync(resource('recipes', `${recipe}.yaml`), 'utf8');

/** What a recipe is about: the first line of its own. */
export const titleOf = (recipe: string): string => template(recipe).split('\n')[1]?.replace(/^# /, '') ?? '';

/**
 * The audit file of a recipe. Blocks between `# {word}` and `# {end}` stand for one variant or scoring alone, or for one of each; `{name}` is
 * the audit file's path or a model.
 *
 * @param file the audit file's path, for the commands in its comments
 * @throws InputError where there is no such recipe, or it does not have what was chosen
 */
export async function recipeText(recipe: string, file: string, choice: RecipeChoice): Promise<string> {
  if (!recipes().includes(recipe)) {
    throw new InputError(`no recipe is called '${recipe}'`, undefined, didYouMean(recipe, recipes()));
  }
  const text = template(recipe);
  const { variant, scoring, base, judge } = choice;
  if (variant === 'paper' && !/# \{paper( \w+)?\}/.test(text)) {
    throw new InputError(`the recipe '${recipe}' is not an experiment of the paper, and has one variant`);
  }
  if (scoring === 'published' && !/# \{(\w+ )?published\}/.test(text)) {
    throw new InputError(
      `no fault is known in the published scoring of '${recipe}', so there is one scoring`,
    );
  }
  if (base !== undefined && !text.includes('{base}'))
    throw new InputError(`the recipe '${recipe}' takes no --base`);
  if (judge !== undefined && !text.includes('{judge}'))
    throw new InputError(`the recipe '${recipe}' takes no --judge`);
  if (variant === 'paper' && (base ?? judge) !== undefined) {
    throw new InputError('--base and --judge are for the variant open; paper has the models of the paper');
  }
  const values: Record<string, string> = { ...(await modelsOf(recipe, choice)), file };
  return filled(withoutBlocks(text, [variant, scoring]), values);
}

async function modelsOf(
  recipe: string,
  { variant, base, judge }: RecipeChoice,
): Promise<Record<string, string>> {
  const path = resource('recipe-models.yaml');
  const { value } = await readYaml(path, RecipeModels, 'recipe-models.yaml');
  if (variant === 'paper') {
    return {
      ...value.paper,
      mini: value.mini,
      judge: value.paper[value.judges[recipe] ?? 'gpt-4o'] as string,
    };
  }
  return {
    base: (base && quoted(base)) ?? value.bases[recipe] ?? value.base,
    judge: (judge && quoted(judge)) ?? value.judge,
    mini: value.mini,
  };
}

/** A JSON string is a YAML string, whatever is in it. */
export const quoted = (text: string): string => JSON.stringify(text);

/** A text with its `{name}` filled in; a name without a value stays. */
export const filled = (text: string, values: Record<string, string>): string =>
  text.replace(/\{([a-z0-9-]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );

function withoutBlocks(text: string, chosen: readonly string[]): string {
  let block: string | null = null;
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const marker = /^ *# \{((?:open|paper|corrected|published| )+|end)\}$/.exec(line)?.[1];
    if (marker !== undefined) block = marker === 'end' ? null : marker;
    else if (block === null || block.split(' ').every((word) => chosen.includes(word))) lines.push(line);
  }
  return lines.join('\n');
}
