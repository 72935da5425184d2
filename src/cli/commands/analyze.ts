import type { CliCommand } from './command.js';

export const analyze: CliCommand = {
  name: 'analyze',
  summary: 'computes rates, effects and verdicts of a run folder again from its scores',
  args: [['<dir>', 'run folder']],
  options: [],
  async action([dir], options) {
    const { runAgain } = await import('../again.js');
    return runAgain(dir as string, ['analyse', 'report'], options);
  },
};
