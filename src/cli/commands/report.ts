import { Option } from 'commander';
import type { CliCommand } from './command.js';

export const report: CliCommand = {
  name: 'report',
  summary: 'writes report.html, report.md and answers.csv of a run folder again',
  args: [['<dir>', 'run folder']],
  options: [new Option('--junit', 'write junit.xml too: what the gate says, as test cases')],
  async action([dir], options) {
    if (options.junit) {
      const { writeJunit } = await import('../gate-folder.js');
      await writeJunit(dir as string);
    }
    const { runAgain } = await import('../again.js');
    return runAgain(dir as string, ['report'], options);
  },
};
