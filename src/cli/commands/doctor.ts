import { mini } from '../options.js';
import type { CliCommand } from './command.js';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'what is installed, which keys are set, what is missing, and how to get it',
  args: [
    [
      '[audit]',
      'audit file (YAML) or the name of a recipe: also the keys, models and training files that it needs',
    ],
  ],
  options: [mini()],
  async action([audit], options) {
    const { examine } = await import('../examine.js');
    return examine(audit, options);
  },
};
