import type { CliCommand } from './command.js';

export const cancel: CliCommand = {
  name: 'cancel',
  summary: 'cancels the fine-tunes of a run folder that a launcher still has',
  args: [['<dir>', 'run folder']],
  options: [],
  async action([dir], options) {
    const { cancelJobs } = await import('../cancel-jobs.js');
    return cancelJobs(dir as string, options);
  },
};
