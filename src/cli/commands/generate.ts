import { Option } from 'commander';
import { mini, seed } from '../options.js';
import type { CliCommand } from './command.js';

export const generate: CliCommand = {
  name: 'generate',
  summary:
    "has a model write training rows, as the audit's `generate` says; run again, it goes on where it stopped",
  args: [['<audit>', 'audit file (YAML)']],
  options: [mini(), seed(), new Option('--dry-run', 'only say how many answers it would ask for')],
  async action([audit], options) {
    const { runGenerate } = await import('../run-generate.js');
    return runGenerate(audit as string, options);
  },
};
