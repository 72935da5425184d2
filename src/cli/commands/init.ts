import { Option } from 'commander';
import type { CliCommand } from './command.js';

export const init: CliCommand = {
  name: 'init',
  summary: 'writes a commented audit file, with data to try it on',
  args: [['[dir]', 'folder to write into (default: here)']],
  options: [
    new Option('--recipe <name>', 'start from a shipped recipe').default('start'),
    new Option('--list', 'list the recipes'),
  ],
  async action([dir], options) {
    const { writeRecipe, listRecipes } = await import('../recipes.js');
    return options.list ? listRecipes(options) : writeRecipe(dir ?? '.', String(options.recipe), options);
  },
};
