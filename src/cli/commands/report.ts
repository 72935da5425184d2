import type { CliCommand } from './command.js';

export const report: CliCommand = {
  name: 'report',
  summary: 'writes report.html, report.md and answers.csv of a run folder again',
  args: [['<dir>', 'run folder']],
  options: [],
  async action([dir], options) {
    const { runAgain } = await import('../again.js');
    return runAgain(dir as string, ['report'], options);
  },
};
