import type { CliCommand } from './command.js';

export const status: CliCommand = {
  name: 'status',
  summary: 'what is done in a run folder, and what is left',
  args: [['<dir>', 'run folder']],
  options: [],
  async action([dir], options) {
    const { showStatus } = await import('../show-status.js');
    return showStatus(dir as string, options);
  },
};
