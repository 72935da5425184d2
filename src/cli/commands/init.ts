import { Option } from 'commander';
import type { CliCommand } from './command.js';

const SERVED = ['served', 'model', 'keyEnv'] as const;

export const init: CliCommand = {
  name: 'init',
  summary: 'writes a commented audit file: with data to try it on, or for models that are served',
  args: [['[dir]', 'folder to write into (default: here)']],
  options: [
    new Option('--recipe <name>', 'start from a shipped recipe').default('start'),
    new Option('--list', 'list the recipes'),
    new Option('--variant <name>', 'of a recipe: models that stay, or those of the paper')
      .choices(['open', 'paper'])
      .default('open'),
    new Option(
      '--scoring <name>',
      'of a recipe: without the faults known of the published scripts, or as they score',
    )
      .choices(['corrected', 'published'])
      .default('corrected'),
    new Option(
      '--judge <engine/model>',
      'of a recipe, or with --served: model that judges (--served: the base unless given)',
    ),
    new Option('--served <url>', 'start from models that a server with the OpenAI interface answers'),
    new Option(
      '--base <name>',
      'of a recipe: engine/model to tune; with --served: name of the base model at the server',
    ),
    new Option('--model <name>', 'with --served: name of the model under audit at the server'),
    new Option('--key-env <name>', "with --served: environment variable that holds the server's key"),
  ],
  async action([dir], options) {
    if (SERVED.some((name) => options[name] !== undefined)) {
      const { writeServed } = await import('../init-served.js');
      return writeServed(dir ?? '.', options);
    }
    const { writeRecipe, listRecipes } = await import('../recipes.js');
    return options.list ? listRecipes(options) : writeRecipe(dir ?? '.', String(options.recipe), options);
  },
};
