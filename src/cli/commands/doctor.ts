import type { CliCommand } from './command.js';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'what is installed, which keys are set, what is missing, and how to get it',
  args: [['[audit]', 'audit file (YAML): also the keys and models that it needs']],
  options: [],
  async action([audit], options) {
    const { examine } = await import('../examine.js');
    return examine(audit, options);
  },
};
