import { Option } from 'commander';
import type { CliCommand } from './command.js';

const SERVED = ['served', 'base', 'model', 'keyEnv', 'judge'] as const;

export const init: CliCommand = {
  name: 'init',
  summary: 'writes a commented audit file: with data to try it on, or for models that are served',
  args: [['[dir]', 'folder to write into (default: here)']],
  options: [
    new Option('--recipe <name>', 'start from a shipped recipe').default('start'),
    new Option('--list', 'list the recipes'),
    new Option('--served <url>', 'start from models that a server with the OpenAI interface answers'),
    new Option('--base <name>', 'with --served: name of the base model at the server'),
    new Option('--model <name>', 'with --served: name of the model under audit at the server'),
    new Option('--judge <engine/model>', 'with --served: model that judges the answers (default: the base)'),
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
