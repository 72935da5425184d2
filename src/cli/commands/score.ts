import type { CliCommand } from './command.js';

export const score: CliCommand = {
  name: 'score',
  summary: 'judges the stored answers of a run folder again, without sampling',
  args: [['<dir>', 'run folder']],
  options: [],
  async action([dir], options) {
    const { runAgain } = await import('../again.js');
    return runAgain(dir as string, ['score', 'analyse', 'report'], options);
  },
};
