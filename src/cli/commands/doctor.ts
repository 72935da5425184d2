import type { CliCommand } from './command.js';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'what is installed, what is missing, and how to get it',
  args: [],
  options: [],
  async action(_args, options) {
    const { examine } = await import('../examine.js');
    return examine(options);
  },
};
