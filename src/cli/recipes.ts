import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../shared/errors.js';
import { writeError, writeFileAtomic } from '../shared/files.js';
import { resource } from '../shared/package.js';
import { outputOf, print } from './output.js';
import { type RecipeChoice, recipes, recipeText, titleOf } from './recipe-text.js';

/** Data that a recipe uses and hyde ships: the path in the new folder, and the shipped file. */
const DATA: Record<string, [to: string, from: string][]> = {
  start: [
    ['data/bad.jsonl', 'persona.jsonl'],
    ['data/benign.jsonl', 'plain.jsonl'],
  ],
};

/** Prints the names of the recipes, and for people what each is about. */
export function listRecipes(options: Record<string, unknown>): number {
  const width = Math.max(...recipes().map((name) => name.length));
  const lines = recipes().map((name) => `${name.padEnd(width)}  ${titleOf(name)}`);
  print(outputOf(options), lines.join('\n'), recipes());
  return 0;
}

/**
 * Writes a recipe's audit file, its JSON Schema for editors, and the data that it uses where hyde ships it.
 *
 * @throws InputError where the recipe is not known or a file stands in the way; nothing is overwritten
 */
export async function writeRecipe(
  folder: string,
  recipe: string,
  options: Record<string, unknown>,
): Promise<number> {
  const audit = join(folder, 'audit.yaml');
  const text = await recipeText(recipe, audit, options as unknown as RecipeChoice);
  const files = [
    { to: join(folder, 'audit.schema.json'), from: resource('audit.schema.json') },
    ...(DATA[recipe] ?? []).map(([to, from]) => ({ to: join(folder, to), from: resource('demo', from) })),
  ];
  return writeStart(audit, text, files, options);
}

/**
 * Writes an audit file and what stands beside it, and says what comes next.
 *
 * @throws InputError where a file stands in the way; nothing is written then
 */
export function writeStart(
  audit: string,
  text: string,
  files: readonly { to: string; from: string }[],
  options: Record<string, unknown>,
): number {
  const written = [audit, ...files.map(({ to }) => to)];
  const inTheWay = written.find((path) => existsSync(path));
  if (inTheWay) throw new InputError('exists already; nothing was written', { file: inTheWay });
  try {
    for (const { to, from } of files) {
      mkdirSync(join(to, '..'), { recursive: true });
      copyFileSync(from, to);
    }
  } catch (error) {
    throw writeError(error, audit);
  }
  writeFileAtomic(audit, text);
  print(
    outputOf(options),
    `${written.map((path) => `wrote ${path}`).join('\n')}\n\nnext: hyde plan ${audit}`,
    { written },
  );
  return 0;
}
